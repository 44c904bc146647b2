//! The layers that the architectures are made of.

mod attention;
mod average_pool;
mod batch_norm;
mod convolution;
mod depthwise;
mod dropout;
mod grouped;
mod layer_norm;
mod linear;
mod normalised;

pub use attention::Attention;
pub(crate) use average_pool::average_pool;
pub use batch_norm::BatchNorm;
pub use convolution::Convolution;
pub use depthwise::DepthwiseConvolution;
pub use dropout::Dropout;
pub use grouped::{GroupedConvolution, channel_shuffle};
pub use layer_norm::LayerNorm;
pub use linear::Linear;
pub use normalised::NormalisedConvolution;
