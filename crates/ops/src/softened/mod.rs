//! Losses of the softened probabilities of student and teacher, and their gradients.
//!
//! In `f64`: differences, ratios and tails of probabilities stand before the square of a temperature here, and none of
//! them may lose a digit that `f32` could show. Eight samples are taken at a time, one in each lane of the vectors
//! that go over the classes, whatever the number of classes. All slices of logits are `[samples, classes]`.

mod classes;
mod correlations;
mod first_classes;
mod made_up;
mod side;

use crate::blocks::LANES;
use crate::threads::each_piece;
pub use classes::{Class, Share, mean_over_samples};
pub use correlations::correlations;
pub use first_classes::{FirstClasses, divergence_from_first};
pub use made_up::{MadeUp, divergence_from_made_up};

/// Numbers of one piece of work, as far as eight rows are not longer.
const PIECE: usize = 1 << 12;

/// Multiplications and additions for one logit, about.
const WORK: usize = 64;

/// The sums of what `run` finds in pieces of the batch; it gets the number of the first sample, the logits, and where
/// their gradient is to be.
fn in_pieces<const SIDES: usize, const N: usize>(
    logits: [&[f32]; SIDES],
    classes: usize,
    gradient: &mut [f32],
    run: impl Fn(usize, [&[f32]; SIDES], &mut [f32]) -> [f64; N] + Send + Sync,
) -> [f64; N] {
    if classes == 0 || gradient.is_empty() {
        return [0.0; N];
    }
    let length = (PIECE / classes / LANES).max(1) * LANES * classes;
    if gradient.len() <= length {
        return run(0, logits, gradient);
    }
    let work = gradient.len() * WORK;
    let pieces = gradient.chunks_mut(length).enumerate().collect();
    let found = each_piece(pieces, work, |(number, gradient): (usize, &mut [f32])| {
        let start = number * length;
        let logits = logits.map(|side| &side[start..start + gradient.len()]);
        run(start / classes, logits, gradient)
    });
    found.into_iter().fold([0.0; N], |mut sums, found| {
        sums.iter_mut().zip(found).for_each(|(sum, value)| *sum += value);
        sums
    })
}
