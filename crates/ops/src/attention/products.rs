//! Products of matrices whose rows are parts of longer lines.

use std::ops::Range;

use crate::Level;
use crate::matrix::{Panels, RowsByPanels, multiply_transposed};
use crate::memory::Buffer;

/// Some columns of a matrix.
#[derive(Clone)]
pub(super) struct Columns<'a> {
    pub(super) values: &'a [f32],
    /// Numbers of a line.
    pub(super) stride: usize,
    pub(super) columns: Range<usize>,
}

impl<'a> Columns<'a> {
    /// All columns of a matrix.
    pub(super) fn all(values: &'a [f32], stride: usize) -> Self {
        Self { values, stride, columns: 0..stride }
    }

    #[inline(always)]
    fn line(&self, line: usize) -> &'a [f32] {
        &self.values[line * self.stride..][self.columns.clone()]
    }

    fn lines(&self) -> impl ExactSizeIterator<Item = &'a [f32]> {
        (0..self.values.len() / self.stride).map(|line| self.line(line))
    }

    /// The columns by themselves.
    pub(super) fn gather(&self) -> Buffer {
        let width = self.columns.len();
        let mut gathered = Buffer::dirty(self.values.len() / self.stride * width);
        for (target, line) in gathered.chunks_exact_mut(width).zip(self.lines()) {
            target.copy_from_slice(line);
        }
        gathered
    }

    /// The columns as the right side of a product.
    pub(super) fn pack(&self) -> Panels {
        Panels::gather(self.columns.len(), self.lines())
    }

    /// The transposed columns as the right side of a product.
    pub(super) fn pack_transposed(&self) -> Panels {
        let lines = self.values.len() / self.stride;
        Panels::pack_transposed(&self.gather(), self.columns.len(), lines)
    }

    /// `left right`; sums are written into these columns of lines of `stride` numbers of `out`.
    pub(super) fn times(
        self,
        level: Level,
        panels: &Panels,
        (out, stride, columns): (&mut [f32], usize, Range<usize>),
    ) {
        level.run(RowsByPanels {
            rows: self.values.len() / self.stride,
            taps: 1,
            panels,
            row: |row, _| self.line(row),
            store: |row, column, sums: &[f32]| {
                out[row * stride + columns.start + column..][..sums.len()].copy_from_slice(sums);
            },
        });
    }
}

/// `left^T right` into columns of lines of `stride` numbers of `out`; `left` is `[lines, lines]`,
/// and `right` is `[lines, width]`.
pub(super) fn transposed_times(
    level: Level,
    left: &[f32],
    right: &[f32],
    (out, stride, columns): (&mut [f32], usize, Range<usize>),
) {
    let width = columns.len();
    let lines = right.len() / width;
    let mut product = Buffer::zeros(right.len());
    multiply_transposed(level, left, right, [lines, lines, width], &mut product);
    for (line, product) in out.chunks_exact_mut(stride).zip(product.chunks_exact(width)) {
        line[columns.clone()].copy_from_slice(product);
    }
}
