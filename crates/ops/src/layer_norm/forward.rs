//! From the input to the output.

use super::{PIECE, WORK};
use crate::Level;
use crate::lanes::quick_sum;
use crate::loops::Loops;
use crate::threads::each_piece;

/// What the rows were normalised with, one number a row; the backward pass needs it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    /// The mean of the row.
    pub mean: Vec<f32>,
    /// `1 / sqrt(variance + epsilon)`.
    pub inverse_deviation: Vec<f32>,
}

/// Normalises each row of `x`, which is `[rows, width]`, and gives it a new deviation and mean:
///
/// `out = gamma (x - mean) / sqrt(variance + epsilon) + beta`
///
/// Mean and variance (divided by `width`, not by one less) are those of the row: Ba, Kiros and
/// Hinton (2016), equation 4. `gamma` and `beta` have `width` numbers. Sums are taken in `f32` for
/// four numbers and in `f64` beyond.
pub fn layer_norm(
    level: Level,
    x: &[f32],
    [gamma, beta]: [&[f32]; 2],
    epsilon: f64,
    out: &mut [f32],
) -> Statistics {
    let width = gamma.len().max(1);
    let work = x.len() * WORK;
    let mut mean = vec![0.0; x.len() / width];
    let mut inverse_deviation = mean.clone();
    let pieces = x.chunks(PIECE * width).zip(out.chunks_mut(PIECE * width));
    let pieces = pieces.zip(mean.chunks_mut(PIECE).zip(inverse_deviation.chunks_mut(PIECE)));
    each_piece(pieces.collect(), work, |((x, out), (mean, inverse)): (_, (&mut [_], &mut [_]))| {
        level.run(Loops(
            #[inline(always)]
            || {
                let rows = x.chunks_exact(width).zip(out.chunks_exact_mut(width));
                for ((x, out), (mean, inverse)) in rows.zip(mean.iter_mut().zip(inverse.iter_mut()))
                {
                    [*mean, *inverse] = statistics(x, epsilon);
                    normalise(x, [*mean, *inverse], [gamma, beta], out);
                }
            },
        ));
    });
    Statistics { mean, inverse_deviation }
}

/// The mean of a row and its inverse deviation.
#[inline(always)]
fn statistics(row: &[f32], epsilon: f64) -> [f32; 2] {
    let width = row.len() as f64;
    let mean = (quick_sum(row, |x| x) / width) as f32;
    let squares = quick_sum(row, |x| (x - mean) * (x - mean));
    [mean, (1.0 / (squares / width + epsilon).sqrt()) as f32]
}

#[inline(always)]
fn normalise(x: &[f32], [mean, inverse]: [f32; 2], [gamma, beta]: [&[f32]; 2], out: &mut [f32]) {
    for (((out, &x), &gamma), &beta) in out.iter_mut().zip(x).zip(gamma).zip(beta) {
        *out = (x - mean) * inverse * gamma + beta;
    }
}
