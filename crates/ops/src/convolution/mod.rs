//! Two-dimensional convolution, its gradients, and the fast form for 3x3 kernels.
//!
//! Weights are `[outputs, inputs, kernel, kernel]` as in PyTorch; images have their channels last.

mod direct;
mod forward_weights;
mod lines;
mod shape;
mod weights;
mod winograd;

pub use forward_weights::ForwardWeights;
pub use shape::Shape;

use crate::Level;
use forward_weights::Form;

/// The convolution, by weights that were made for its shape; `finish` takes each part of an output pixel when it is
/// done: its place in the output, its first channel, and its values. It needs `#[inline(always)]` to compute with
/// vectors.
pub fn forward<F>(
    level: Level,
    shape: &Shape,
    input: &[f32],
    weights: &ForwardWeights,
    out: &mut [f32],
    finish: F,
) where
    F: Fn(usize, usize, &mut [f32]) + Send + Sync,
{
    if shape.output_len() == 0 {
        return;
    }
    match &weights.0 {
        Form::Direct(panels) => direct::forward(level, shape, input, panels, out, finish),
        Form::Small(points) => winograd::forward(level, shape, input, points, out, finish),
        Form::Large(points) => winograd::forward(level, shape, input, points, out, finish),
    }
}

/// The gradient with respect to the input, given that with respect to the output.
pub fn data_gradient(
    level: Level,
    shape: &Shape,
    weights: &[f32],
    gradient: &[f32],
    out: &mut [f32],
) {
    if shape.output_len() == 0 {
        out.fill(0.0);
    } else if winograd::wins(shape) {
        winograd::data_gradient(level, shape, weights, gradient, out);
    } else {
        direct::data_gradient(level, shape, weights, gradient, out);
    }
}

/// The gradient with respect to the weights, given that with respect to the output.
pub fn weight_gradient(
    level: Level,
    shape: &Shape,
    input: &[f32],
    gradient: &[f32],
    out: &mut [f32],
) {
    if shape.output_len() == 0 {
        out.fill(0.0);
    } else if winograd::wins(shape) {
        winograd::weight_gradient(level, shape, input, gradient, out);
    } else {
        direct::weight_gradient(level, shape, input, gradient, out);
    }
}
