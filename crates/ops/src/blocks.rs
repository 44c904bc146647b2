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

/// Rows behind each other become lanes; lanes without a row are 0. The table is as long as a row.
#[inline(always)]
pub(crate) fn load<T: Copy + Default + From<f32>>(rows: &[f32], table: &mut [Lanes<T>]) {
    let width = table.len();
    if rows.len() < LANES * width {
        table.fill([T::default(); LANES]);
    }
    for (lane, row) in rows.chunks_exact(width).enumerate().take(LANES) {
        for (to, from) in table.iter_mut().zip(row) {
            to[lane] = T::from(*from);
        }
    }
}

/// The opposite of [`load`].
#[inline(always)]
pub(crate) fn unload<T: Copy>(table: &[Lanes<T>], rows: &mut [T]) {
    for (lane, row) in rows.chunks_exact_mut(table.len()).enumerate().take(LANES) {
        for (to, from) in row.iter_mut().zip(table) {
            *to = from[lane];
        }
    }
}

/// Subtracts the largest number of each row; `lowest` is below all. NaN is passed over.
#[inline(always)]
pub(crate) fn less_most<T: Copy + PartialOrd + SubAssign>(table: &mut [Lanes<T>], lowest: T) {
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
