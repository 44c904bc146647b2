//! Cutout.

use random::Generator;

use super::rectangle::Rectangle;

/// A square of `side` pixels around a pixel of the image, each equally likely; what of it lies
/// outside is cut off: DeVries and Taylor, "Improved Regularization of Convolutional Neural
/// Networks with Cutout" (2017), section 3.2.
pub(super) fn draw(
    generator: &mut Generator,
    side: usize,
    [height, width]: [usize; 2],
) -> Rectangle {
    let mut range = |length: usize| {
        let centre = generator.below(length as u64) as usize;
        centre.saturating_sub(side / 2)..(centre + side).saturating_sub(side / 2)
    };
    Rectangle { rows: range(height), columns: range(width) }
}
