//! The softmax of rows of scores.

use crate::Level;
use crate::exponential::exp;
use crate::lanes::{largest, quick_sum, quick_sum_pairs};
use crate::loops::Loops;

/// Turns each row of `width` scores into the softmax of `scale` times the row.
pub(super) fn softmax(level: Level, scores: &mut [f32], width: usize, scale: f32) {
    level.run(Loops(
        #[inline(always)]
        || {
            for row in scores.chunks_exact_mut(width) {
                let most = largest(row);
                for score in &mut *row {
                    *score = exp((*score - most) * scale);
                }
                let share = (1.0 / quick_sum(row, |score| score)) as f32;
                for score in &mut *row {
                    *score *= share;
                }
            }
        },
    ));
}

/// Turns the gradient of each row of probabilities into that of its scores:
/// `scale p (dp - sum(p dp))`.
pub(super) fn softmax_backward(
    level: Level,
    probabilities: &[f32],
    gradient: &mut [f32],
    width: usize,
    scale: f32,
) {
    level.run(Loops(
        #[inline(always)]
        || {
            let rows = probabilities.chunks_exact(width).zip(gradient.chunks_exact_mut(width));
            for (probabilities, gradient) in rows {
                let mean = quick_sum_pairs(probabilities, gradient, |p, dp| p * dp) as f32;
                for (gradient, &p) in gradient.iter_mut().zip(probabilities) {
                    *gradient = scale * p * (*gradient - mean);
                }
            }
        },
    ));
}
