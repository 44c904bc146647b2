//! Sums of outer products, as the gradients of weights are.

use pulp::{Simd, WithSimd};

use super::Panels;
use super::tile::{Sums, WIDTH, tiles, with_rows, with_vectors};
use crate::Level;
use crate::memory::Buffer;
use crate::threads::{each, each_chunk};

/// Multiply-adds below which packing costs more than it gives.
const WORTH_PACKING: usize = 1 << 20;

/// Columns for which packing the left side costs as much as it gives.
const FEW_COLUMNS: usize = 64;

/// Rows of the result in one piece of work, where nothing is packed.
const BLOCK: usize = 96;

/// Lines that are packed together, so that a strip and a panel of them stay in the first cache.
const LINES: usize = 192;

/// Rows of the result in one piece of work, where the right side is packed once for all of them.
const STRIP: usize = 32;

/// Pieces that a long sum is divided into. They round differently from one sum, so their number is
/// fixed.
const PIECES: usize = 8;

/// Adds `left^T right` to `out`, both sides packed.
struct PackedOuter<'a> {
    left: &'a Panels,
    right: &'a Panels,
    /// `[columns of left, columns of right]`
    out: &'a mut [f32],
}

impl WithSimd for PackedOuter<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        with_vectors!(S, V => self.run::<S, V>(simd));
    }
}

impl PackedOuter<'_> {
    #[inline(always)]
    fn run<S: Simd, const V: usize>(self, simd: S) {
        let (rows, columns) = (self.left.columns(), self.right.columns());
        for (number, right) in self.right.each().enumerate() {
            for (group, left) in self.left.each().enumerate() {
                let out = &mut self.out[group * WIDTH * columns..];
                let rows = WIDTH.min(rows - group * WIDTH);
                outer::<S, V>(simd, [left, right], rows, |first, sums| {
                    add(sums, &mut out[first * columns..], columns, number * WIDTH);
                });
            }
        }
    }
}

/// Adds `left^T right` to `out`, where all columns of the right side are one panel: what is packed would be
/// read once.
struct OuterOfLines<'a> {
    /// Line by line, each as long as `out` has rows.
    left: &'a [&'a [f32]],
    right: &'a Panels,
    /// `[rows, columns of right]`
    out: &'a mut [f32],
}

impl WithSimd for OuterOfLines<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        with_vectors!(S, V => self.run::<S, V>(simd));
    }
}

impl OuterOfLines<'_> {
    #[inline(always)]
    fn run<S: Simd, const V: usize>(self, simd: S) {
        let columns = self.right.columns();
        for right in self.right.each() {
            for (first, end) in tiles(self.out.len() / columns) {
                with_rows!(end - first, ROWS => {
                    let left = self.left.iter();
                    let left = left.filter_map(|line| line[first..].first_chunk::<ROWS>());
                    let mut sums = Sums::<S, ROWS, V>::zero(simd);
                    sums.add_outer(left.zip(right));
                    for (row, sums) in sums.tile().iter().enumerate() {
                        add(sums, &mut self.out[(first + row) * columns..], columns, 0);
                    }
                });
            }
        }
    }
}

/// The outer products of two panels, summed over their lines; `store` takes a row of the result.
#[inline(always)]
pub(crate) fn outer<S: Simd, const V: usize>(
    simd: S,
    [left, right]: [&[[f32; WIDTH]]; 2],
    rows: usize,
    mut store: impl FnMut(usize, &[f32; WIDTH]),
) {
    for (first, end) in tiles(rows) {
        with_rows!(end - first, ROWS => {
            let first = first.min(WIDTH - ROWS);
            let left = left.iter().filter_map(|line| line[first..].first_chunk::<ROWS>());
            let mut sums = Sums::<S, ROWS, V>::zero(simd);
            sums.add_outer(left.zip(right));
            for (row, sums) in sums.tile().iter().enumerate() {
                store(first + row, sums);
            }
        });
    }
}

/// Adds rows of `left^T right` to `out`, both sides as they are.
struct PlainOuter<'a> {
    left: &'a [f32],
    /// Numbers of a line of the left side.
    left_stride: usize,
    /// The first row of the result.
    first: usize,
    right: &'a [f32],
    /// Numbers of a line of the right side, a multiple of [`WIDTH`].
    right_stride: usize,
    out: &'a mut [f32],
    columns: usize,
}

impl WithSimd for PlainOuter<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        with_vectors!(S, V => self.run::<S, V>(simd));
    }
}

impl PlainOuter<'_> {
    #[inline(always)]
    fn run<S: Simd, const V: usize>(self, simd: S) {
        for column in (0..self.columns).step_by(WIDTH) {
            for (first, end) in tiles(self.out.len() / self.columns) {
                with_rows!(end - first, ROWS => {
                    let place = self.first + first;
                    let left = self.left.chunks_exact(self.left_stride);
                    let left = left.filter_map(|line| line[place..].first_chunk::<ROWS>());
                    let right = self.right.chunks_exact(self.right_stride);
                    let right = right.filter_map(|line| line[column..].first_chunk::<WIDTH>());
                    let mut sums = Sums::<S, ROWS, V>::zero(simd);
                    sums.add_outer(left.zip(right));
                    for (row, sums) in sums.tile().iter().enumerate() {
                        let out = &mut self.out[(first + row) * self.columns..];
                        add(sums, out, self.columns, column);
                    }
                });
            }
        }
    }
}

/// Adds sums to a row from a column on, as far as there are columns.
#[inline(always)]
fn add(sums: &[f32; WIDTH], row: &mut [f32], columns: usize, column: usize) {
    let width = WIDTH.min(columns - column);
    for (out, sum) in row[column..][..width].iter_mut().zip(sums) {
        *out += sum;
    }
}

/// `out += left^T * right`, where `left` is `[lines, rows]`, `right` is `[lines, columns]` and `out`
/// is `[rows, columns]`.
pub fn multiply_transposed(
    level: Level,
    left: &[f32],
    right: &[f32],
    [lines, rows, columns]: [usize; 3],
    out: &mut [f32],
) {
    if lines == 0 || rows == 0 || columns == 0 {
        return;
    }
    let work = lines * rows * columns;
    if work < WORTH_PACKING || columns <= FEW_COLUMNS {
        let right_stride = columns.next_multiple_of(WIDTH);
        let padded = (right_stride != columns).then(|| pad(right, columns, right_stride));
        let right = padded.as_deref().unwrap_or(right);
        let block = BLOCK.min(rows);
        return each_chunk(out, block * columns, work, |number, out| {
            let first = number * block;
            let left_stride = rows;
            level.run(PlainOuter { left, left_stride, first, right, right_stride, out, columns });
        });
    }
    if rows >= 2 * STRIP && lines < PIECES * LINES {
        return outer_by_strips(level, left, right, [lines, rows, columns], out);
    }
    let line = |line: usize| &left[line * rows..][..rows];
    gathered_outer(level, right, [lines, rows, columns], 1, |_, number| line(number), out);
}

/// The same, where the result is large enough to be divided among threads: no sums of pieces are left to add up.
fn outer_by_strips(
    level: Level,
    left: &[f32],
    right: &[f32],
    [lines, rows, columns]: [usize; 3],
    out: &mut [f32],
) {
    let work = lines * rows * columns;
    let blocks = lines.div_ceil(LINES);
    let of_block = |block: usize| block * lines / blocks..(block + 1) * lines / blocks;
    let right = each(blocks, work, |block| {
        let lines = of_block(block);
        Panels::gather(
            columns,
            right[lines.start * columns..lines.end * columns].chunks_exact(columns),
        )
    });
    each_chunk(out, STRIP * columns, work, |strip, out| {
        let first = strip * STRIP;
        let width = out.len() / columns;
        for (block, right) in right.iter().enumerate() {
            let lines = of_block(block).map(|line| &left[line * rows + first..][..width]);
            let left = Panels::gather(width, lines);
            level.run(PackedOuter { left: &left, right, out });
        }
    });
}

/// As [`multiply_transposed`] for several left sides, one a tap, with the same right side; `line`
/// gives a line of the left side of a tap, and `out` is `[taps, rows, columns]`.
pub(crate) fn gathered_outer<'a>(
    level: Level,
    right: &[f32],
    [lines, rows, columns]: [usize; 3],
    taps: usize,
    line: impl Fn(usize, usize) -> &'a [f32] + Send + Sync,
    out: &mut [f32],
) {
    let pieces = lines.div_ceil(LINES).clamp(1, PIECES);
    let sums = each(pieces, taps * lines * rows * columns, |piece| {
        let mut sum = Buffer::zeros(taps * rows * columns);
        let (begin, end) = (piece * lines / pieces, (piece + 1) * lines / pieces);
        let blocks = (end - begin).div_ceil(LINES);
        for block in 0..blocks {
            let edge = |block| begin + block * (end - begin) / blocks;
            let (first, last) = (edge(block), edge(block + 1));
            let right = Panels::pack(&right[first * columns..], last - first, columns);
            for (tap, out) in sum.chunks_exact_mut(rows * columns).enumerate() {
                if columns <= WIDTH {
                    let left: Vec<_> = (first..last).map(|number| line(tap, number)).collect();
                    level.run(OuterOfLines { left: &left, right: &right, out });
                    continue;
                }
                let left = Panels::gather(rows, (first..last).map(|number| line(tap, number)));
                level.run(PackedOuter { left: &left, right: &right, out });
            }
        }
        sum
    });
    for sum in sums {
        for (out, sum) in out.iter_mut().zip(sum.iter()) {
            *out += sum;
        }
    }
}

fn pad(values: &[f32], columns: usize, stride: usize) -> Vec<f32> {
    let mut padded = vec![0.0; values.len() / columns * stride];
    for (target, source) in padded.chunks_exact_mut(stride).zip(values.chunks_exact(columns)) {
        target[..columns].copy_from_slice(source);
    }
    padded
}
