//! Pooling: the largest of a window of pixels, and the mean of all.

mod average;
mod max;
mod max_gradient;
mod shape;

pub use average::{average, average_gradient};
pub use max::max;
pub use max_gradient::max_gradient;
pub use shape::Shape;
