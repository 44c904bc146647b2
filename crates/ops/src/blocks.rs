//! Short rows side by side: eight rows at a time, each one lane of the vectors that go over its numbers.
//!
//! One by one, rows of few numbers fill no vector, and each sum over a row waits for the one before.

use std::ops::SubAssign;

/// Rows that are taken together.
pub(crate) const LANES: usize = 8;

/// Numbers that a row may have.
pub(crate) const WIDEST: usize = 32;

/// A number of each row.
pub(crate) type Lanes<T> = [T; LANES];

/// Numbers of a row that become lanes before those of the next row do, so that wide tables are written while they are near.
const TILE: usize = 32;

/// Eight rows of `width` numbers, if there are so many.
#[inline(always)]
fn eight(rows: &[f32], width: usize) -> Option<[&[f32]; LANES]> {
    let mut each = rows.chunks_exact(width);
    let mut eight = [rows; LANES];
    for row in &mut eight {
        *row = &each.next()?[..width];
    }
    Some(eight)
}

/// Rows behind each other become lanes; lanes without a row are 0. The table is as long as a row.
#[inline(always)]
pub(crate) fn load<T: Copy + Default + From<f32>>(rows: &[f32], table: &mut [Lanes<T>]) {
    let width = table.len();
    if let Some(rows) = eight(rows, width) {
        let [a, b, c, d, e, f, g, h] = rows;
        for (place, to) in table.iter_mut().enumerate() {
            let lanes =
                [a[place], b[place], c[place], d[place], e[place], f[place], g[place], h[place]];
            for lane in 0..LANES {
                to[lane] = T::from(lanes[lane]);
            }
        }
        return;
    }
    table.fill([T::default(); LANES]);
    for (number, tile) in table.chunks_mut(TILE).enumerate() {
        for (lane, row) in rows.chunks_exact(width).enumerate().take(LANES) {
            for (to, from) in tile.iter_mut().zip(&row[number * TILE..]) {
                to[lane] = T::from(*from);
            }
        }
    }
}

/// The opposite of [`load`].
#[inline(always)]
pub(crate) fn unload<T: Copy>(table: &[Lanes<T>], rows: &mut [T]) {
    let width = table.len();
    for (number, tile) in table.chunks(TILE).enumerate() {
        for (lane, row) in rows.chunks_exact_mut(width).enumerate().take(LANES) {
            for (to, from) in row[number * TILE..].iter_mut().zip(tile) {
                *to = from[lane];
            }
        }
    }
}

/// Subtracts the largest number of each row, and tells it; `lowest` is below all. NaN is passed over.
#[inline(always)]
pub(crate) fn less_most<T: Copy + PartialOrd + SubAssign>(
    table: &mut [Lanes<T>],
    lowest: T,
) -> Lanes<T> {
    let mut most = [lowest; LANES];
    for numbers in &*table {
        for lane in 0..LANES {
            most[lane] = if numbers[lane] > most[lane] { numbers[lane] } else { most[lane] };
        }
    }
    for numbers in table {
        for lane in 0..LANES {
            numbers[lane] -= most[lane];
        }
    }
    most
}

/// The sum of each row.
#[inline(always)]
pub(crate) fn sum<T: Copy + Into<f64>>(table: &[Lanes<T>]) -> Lanes<f64> {
    let mut sums = [0.0; LANES];
    for numbers in table {
        for lane in 0..LANES {
            let number: f64 = numbers[lane].into();
            sums[lane] += number;
        }
    }
    sums
}

/// As `f32`.
#[inline(always)]
pub(crate) fn narrow(numbers: Lanes<f64>) -> Lanes<f32> {
    let mut narrow = [0.0; LANES];
    for lane in 0..LANES {
        narrow[lane] = numbers[lane] as f32;
    }
    narrow
}
