//! The layers that the architectures are made of.

mod batch_norm;
mod convolution;
mod linear;

pub use batch_norm::BatchNorm;
pub use convolution::Convolution;
pub use linear::Linear;
