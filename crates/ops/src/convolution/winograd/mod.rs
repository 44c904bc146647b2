//! 3x3 convolution with fewer multiplications: Winograd's F(2x2, 3x3), Lavin and Gray, "Fast
//! Algorithms for Convolutional Neural Networks" (2016), section 4.1.
//!
//! Two by two output pixels come from sixteen products instead of thirty-six. Input tiles and
//! weights are transformed to sixteen points, multiplied there as matrices over the channels, and
//! the products transformed back:
//!
//! `y = A^T [(G g G^T) . (B^T d B)] A`, and backwards `dg = G^T [(A dy A^T) . (B^T d B)] G`.

mod pass;
mod tiles;
mod transform;
mod weight_gradient;
mod weights;

use super::Shape;
use crate::Level;
use crate::matrix::WIDTH;
use pass::pass;
pub(crate) use weight_gradient::weight_gradient;
use weights::{Direction, Points};

/// Whether this form covers the shape and is the faster one.
pub(crate) fn wins(shape: &Shape) -> bool {
    let even = shape.output_height().is_multiple_of(2) && shape.output_width().is_multiple_of(2);
    let whole = shape.inputs.is_multiple_of(WIDTH) && shape.outputs.is_multiple_of(WIDTH);
    shape.kernel == 3 && shape.stride == 1 && shape.padding == 1 && even && whole
}

pub(crate) fn forward<F>(
    level: Level,
    shape: &Shape,
    input: &[f32],
    weights: &[f32],
    out: &mut [f32],
    finish: F,
) where
    F: Fn(usize, usize, &mut [f32]) + Send + Sync,
{
    let points = Points::of(level, shape, weights, Direction::Forward);
    pass(level, shape, input, &points, out, finish);
}

/// The gradient of the data is the convolution of the gradient with the weights turned round.
pub(crate) fn data_gradient(
    level: Level,
    shape: &Shape,
    weights: &[f32],
    gradient: &[f32],
    out: &mut [f32],
) {
    let points = Points::of(level, shape, weights, Direction::Backward);
    let turned = Shape { inputs: shape.outputs, outputs: shape.inputs, ..*shape };
    pass(level, &turned, gradient, &points, out, |_, _, _| ());
}
