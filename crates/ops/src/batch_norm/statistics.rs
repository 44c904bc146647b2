//! Mean and variance of each channel.

use super::moments::Moments;
use crate::Level;
use crate::loops::Loops;
use crate::rows::Rows;
use crate::threads::each;

/// The moments of each channel over a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// The mean of each channel.
    pub mean: Vec<f32>,
    /// The mean squared deviation from the mean, divided by the number of pixels (biased).
    pub variance: Vec<f32>,
}

/// The statistics of `x`, which is `[pixels, channels]`, in one pass over memory; all 0 where there
/// are no pixels.
///
/// A block of pixels in the cache is gone over twice, for its mean and for the squared deviations
/// from it; blocks are put together in `f64` by equation 2.1 of Chan, Golub and LeVeque, "Updating
/// Formulae and a Pairwise Algorithm for Computing Sample Variances" (1979).
pub fn statistics(level: Level, x: &[f32], channels: usize) -> Statistics {
    let rows = Rows::of(channels);
    let piece = rows.piece();
    let pieces = each(x.len().div_ceil(piece), x.len() * 8, |number| {
        let x = &x[number * piece..];
        of_piece(level, &x[..piece.min(x.len())], channels, rows)
    });
    let mut all = Moments::none(channels);
    for piece in pieces {
        all.merge(piece.count, &piece.mean, &piece.squares);
    }
    let count = all.count.max(1.0);
    Statistics {
        mean: all.mean.iter().map(|&mean| mean as f32).collect(),
        variance: all.squares.iter().map(|squares| (squares / count) as f32).collect(),
    }
}

fn of_piece(level: Level, x: &[f32], channels: usize, rows: Rows) -> Moments {
    let (whole, rest) = rows.split(x);
    let (whole, rest) = level.run(Loops(
        #[inline(always)]
        || (Moments::of_columns(whole, rows.width()), Moments::of_columns(rest, channels)),
    ));
    let mut moments = whole.fold(channels);
    moments.merge(rest.count, &rest.mean, &rest.squares);
    moments
}
