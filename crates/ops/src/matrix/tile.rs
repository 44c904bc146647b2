//! The two innermost loops that every product of matrices is made of.
//!
//! Both keep a tile of up to [`MOST_ROWS`] by [`WIDTH`] sums in registers. Lengths are checked once a
//! strip, not in the innermost loop.

#![allow(clippy::needless_range_loop, reason = "an iterator more is a closure more to be inlined")]

use pulp::Simd;

use crate::level::is_plain;

/// Columns of a tile, and of a panel of packed columns.
pub(crate) const WIDTH: usize = 16;

/// Rows of a tile: with two vectors of eight numbers a row, their sums, a line of the panel and a
/// factor fill the sixteen registers of AVX2.
pub(crate) const MOST_ROWS: usize = 6;

/// The sums of a tile.
pub(crate) type Tile<const ROWS: usize> = [[f32; WIDTH]; ROWS];

/// Divides rows into tiles of nearly the same height; gives the first row and the end of each.
#[inline(always)]
pub(crate) fn tiles(rows: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = rows.div_ceil(MOST_ROWS);
    let (height, higher) = (rows / count.max(1), rows % count.max(1));
    let mut first = 0;
    (0..count).map(move |tile| {
        let end = first + height + usize::from(tile < higher);
        (std::mem::replace(&mut first, end), end)
    })
}

/// Runs `$body` with the constant `$rows` set to the value of `$count`, from 1 to [`MOST_ROWS`].
macro_rules! with_rows {
    ($count:expr, $rows:ident => $body:expr) => {
        match $count {
            1 => {
                const $rows: usize = 1;
                $body
            }
            2 => {
                const $rows: usize = 2;
                $body
            }
            3 => {
                const $rows: usize = 3;
                $body
            }
            4 => {
                const $rows: usize = 4;
                $body
            }
            5 => {
                const $rows: usize = 5;
                $body
            }
            _ => {
                const $rows: usize = 6;
                $body
            }
        }
    };
}
pub(crate) use with_rows;

/// Runs `$body` with the constant `$vectors` set to the vectors of [`WIDTH`] numbers.
macro_rules! with_vectors {
    ($simd:ident, $vectors:ident => $body:expr) => {
        match $simd::F32_LANES {
            16 => {
                const $vectors: usize = 1;
                $body
            }
            8 => {
                const $vectors: usize = 2;
                $body
            }
            4 => {
                const $vectors: usize = 4;
                $body
            }
            _ => {
                const $vectors: usize = WIDTH;
                $body
            }
        }
    };
}
pub(crate) use with_vectors;

/// A tile in the registers of one instruction set, `V` vectors a row.
#[derive(Clone, Copy)]
pub(crate) struct Sums<S: Simd, const ROWS: usize, const V: usize> {
    simd: S,
    sums: [[S::f32s; V]; ROWS],
}

impl<S: Simd, const ROWS: usize, const V: usize> Sums<S, ROWS, V> {
    #[inline(always)]
    pub(crate) fn zero(simd: S) -> Self {
        Self { simd, sums: [[simd.splat_f32s(0.0); V]; ROWS] }
    }

    /// Adds `rows` times the lines of a panel: each row holds one number for each line.
    ///
    /// There is no closure in these loops: the compiler does not always put one into the function
    /// that is compiled for the instruction set.
    #[inline(always)]
    pub(crate) fn add_rows<'a>(
        &mut self,
        mut rows: [&[f32]; ROWS],
        lines: impl ExactSizeIterator<Item = &'a [f32; WIDTH]>,
    ) {
        for row in &mut rows {
            *row = &row[..lines.len()];
        }
        // A copy that lives in registers throughout the loop.
        let mut sums = *self;
        for (place, line) in lines.enumerate() {
            let line = vectors::<S, V>(line);
            for row in 0..ROWS {
                sums.add(row, rows[row][place], line);
            }
        }
        *self = sums;
    }

    /// Adds the outer product of every line's factors and numbers.
    #[inline(always)]
    pub(crate) fn add_outer<'a>(
        &mut self,
        lines: impl Iterator<Item = (&'a [f32; ROWS], &'a [f32; WIDTH])>,
    ) {
        let mut sums = *self;
        for (factors, line) in lines {
            let line = vectors::<S, V>(line);
            for row in 0..ROWS {
                sums.add(row, factors[row], line);
            }
        }
        *self = sums;
    }

    #[inline(always)]
    fn add(&mut self, row: usize, factor: f32, line: &[S::f32s; V]) {
        let factor = self.simd.splat_f32s(factor);
        for vector in 0..V {
            let sum = &mut self.sums[row][vector];
            *sum = multiply_add(self.simd, factor, line[vector], *sum);
        }
    }

    /// The sums as numbers.
    #[inline(always)]
    pub(crate) fn tile(self) -> Tile<ROWS> {
        let mut tile = [[0.0; WIDTH]; ROWS];
        for (row, sums) in tile.iter_mut().zip(self.sums) {
            for (vector, sum) in S::as_mut_simd_f32s(row).0.iter_mut().zip(sums) {
                *vector = sum;
            }
        }
        tile
    }
}

/// The vectors of a line; `V` of them are [`WIDTH`] numbers.
#[inline(always)]
fn vectors<S: Simd, const V: usize>(line: &[f32; WIDTH]) -> &[S::f32s; V] {
    match S::as_simd_f32s(line).0.first_chunk::<V>() {
        Some(vectors) => vectors,
        None => unreachable!("a line holds V vectors by the choice of V"),
    }
}

/// `factor * number + sum`, rounded once where the processor can do that.
#[inline(always)]
pub(crate) fn multiply_add<S: Simd>(
    simd: S,
    factor: S::f32s,
    number: S::f32s,
    sum: S::f32s,
) -> S::f32s {
    // Without an instruction for it, rounding once would be a call of a slow function.
    if is_plain::<S>() {
        simd.add_f32s(simd.mul_f32s(factor, number), sum)
    } else {
        simd.mul_add_e_f32s(factor, number, sum)
    }
}
