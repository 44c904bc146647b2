//! 3x3 convolution with fewer multiplications: Winograd's F(2x2, 3x3) and F(4x4, 3x3), Lavin and Gray, "Fast
//! Algorithms for Convolutional Neural Networks" (2016), section 4.
//!
//! Two by two output pixels come from sixteen products instead of thirty-six, four by four from thirty-six
//! instead of 144. Input tiles and weights are transformed to so many points, multiplied there as matrices over the
//! channels, and the products transformed back:
//!
//! `y = A^T [(G g G^T) . (B^T d B)] A`, and backwards `dg = G^T [(A dy A^T) . (B^T d B)] G`.
//!
//! `SIDE` is the side of the tile that is seen, 4 or 6; the output has two pixels less in both directions.

mod pass;
mod tiles;
mod transform;
mod weight_gradient;
mod weights;

use super::Shape;
use crate::Level;
use crate::matrix::WIDTH;
pub(super) use pass::pass as forward;
pub(super) use weights::{Direction, Points};

/// Whether this form covers the shape and is the faster one.
pub(crate) fn wins(shape: &Shape) -> bool {
    let even = shape.output_height().is_multiple_of(2) && shape.output_width().is_multiple_of(2);
    let whole = shape.inputs.is_multiple_of(WIDTH) && shape.outputs.is_multiple_of(WIDTH);
    shape.kernel == 3 && shape.stride == 1 && shape.padding == 1 && even && whole
}

/// Whether tiles of four by four output pixels fit, more than one in an image: with one, more time goes into the weights than
/// into the products. It depends on the image alone, so that what comes out for one does not depend on the number of images.
pub(crate) fn large(shape: &Shape) -> bool {
    let whole = shape.height.is_multiple_of(4) && shape.width.is_multiple_of(4);
    whole && shape.height * shape.width > 4 * 4
}

/// The gradient of the data is the convolution of the gradient with the weights turned round.
pub(crate) fn data_gradient(
    level: Level,
    shape: &Shape,
    weights: &[f32],
    gradient: &[f32],
    out: &mut [f32],
) {
    let turned = Shape { inputs: shape.outputs, outputs: shape.inputs, ..*shape };
    if large(shape) {
        let points = Points::<6>::of(level, shape, weights, Direction::Backward);
        forward(level, &turned, gradient, &points, out, |_, _, _| ());
    } else {
        let points = Points::<4>::of(level, shape, weights, Direction::Backward);
        forward(level, &turned, gradient, &points, out, |_, _, _| ());
    }
}

pub(crate) fn weight_gradient(
    level: Level,
    shape: &Shape,
    input: &[f32],
    gradient: &[f32],
    out: &mut [f32],
) {
    if large(shape) {
        weight_gradient::weight_gradient::<6>(level, shape, input, gradient, out);
    } else {
        weight_gradient::weight_gradient::<4>(level, shape, input, gradient, out);
    }
}
