/*!
The operations that training on a processor spends its time in, on plain slices of `f32`.

No tensor library is known here: shapes come as arguments, and the caller has checked them. Every
kernel runs at a [`Level`]: portable Rust, or the vector instructions that the processor has. Work
is shared among the threads of the one pool in pieces that do not depend on their number, and sums
run in a fixed order, so that results are the same bits at any number of threads.

Images are `[batch, height, width, channels]` throughout, channels running fastest.
*/

#![allow(clippy::indexing_slicing, reason = "innermost loops index within strips checked before")]

pub mod activation;
pub mod attention;
pub mod batch_norm;
mod blocks;
pub mod convolution;
pub mod decoupled;
pub mod depthwise;
pub mod embedding;
pub mod exponential;
pub mod gelu;
pub mod gram;
mod lanes;
pub mod layer_norm;
mod level;
mod loops;
pub mod matrix;
pub mod memory;
mod normal;
pub mod optimizer;
pub mod perceptron;
pub mod pooling;
mod rows;
pub mod soft_targets;
pub mod softened;
pub mod softmax;
pub mod sums;
mod threads;

pub use level::Level;
