//! Two-dimensional convolution of each channel with a kernel of its own.
//!
//! Weights are `[channels, kernel, kernel]`, as PyTorch's `[channels, 1, kernel, kernel]`; images have
//! their channels last. Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile
//! Vision Applications" (2017), equation 3.
//!
//! Every pass copies an image to a grid, which has its padding around it, one part for each offset
//! within a stride, and some channels at a time together, so that the innermost loops see neither edges
//! nor strides.

mod data_gradient;
mod forward;
mod grid;
mod lattice;
mod shape;
mod weight_gradient;

pub use data_gradient::data_gradient;
pub use forward::forward;
pub use shape::Shape;
pub use weight_gradient::weight_gradient;
