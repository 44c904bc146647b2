//! The layers that the architectures are made of.

mod attention;
mod batch_norm;
mod convolution;
mod depthwise;
mod layer_norm;
mod linear;

pub use attention::Attention;
pub use batch_norm::BatchNorm;
pub use convolution::Convolution;
pub use depthwise::DepthwiseConvolution;
pub use layer_norm::LayerNorm;
pub use linear::Linear;
