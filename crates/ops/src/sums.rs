//! Sums over everything but the channels, as the gradients of biases are.

use crate::Level;
use crate::loops::Loops;
use crate::rows::{Rows, add, sums_of_columns};
use crate::threads::each;

/// The sum of each column of `x`, which is `[rows, columns]`, or of each channel of images.
///
/// Sums of up to 64 rows are taken in `f32`, and added up in `f64`.
pub fn column_sums(level: Level, x: &[f32], columns: usize) -> Vec<f32> {
    let rows = Rows::of(columns);
    let piece = rows.piece();
    let pieces = each(x.len().div_ceil(piece), x.len() * 8, |number| {
        let x = &x[number * piece..];
        sums_of_piece(level, &x[..piece.min(x.len())], columns, rows)
    });
    let mut sums = vec![0.0; columns];
    for piece in pieces {
        add(&mut sums, &piece);
    }
    sums.into_iter().map(|sum| sum as f32).collect()
}

fn sums_of_piece(level: Level, x: &[f32], columns: usize, rows: Rows) -> Vec<f64> {
    let (whole, rest) = rows.split(x);
    let (whole, rest) = level.run(Loops(
        #[inline(always)]
        || (sums_of_columns(whole, rows.width()), sums_of_columns(rest, columns)),
    ));
    let mut sums = rows.fold(&whole);
    add(&mut sums, &rest);
    sums
}
