//! Matrices packed so that the innermost loops read them in one direction.

use super::tile::WIDTH;
use crate::memory::{Buffer, copy_few};

/// A matrix in panels of 16 columns: a panel holds its columns of every line, one line after the
/// other; columns beyond the last are 0.
#[derive(Debug, Default)]
pub struct Panels {
    values: Buffer,
    lines: usize,
    columns: usize,
}

impl Panels {
    /// Packs a matrix of `lines` by `columns`, line by line in `values`.
    pub fn pack(values: &[f32], lines: usize, columns: usize) -> Self {
        Self::gather(columns, values.chunks_exact(columns.max(1)).take(lines))
    }

    /// Packs lines of `columns` numbers that lie anywhere.
    pub(crate) fn gather<'a>(
        columns: usize,
        lines: impl ExactSizeIterator<Item = &'a [f32]>,
    ) -> Self {
        let mut panels = Self::dirty(lines.len(), columns);
        for (place, line) in lines.enumerate() {
            panels.set_line(place, line);
        }
        panels
    }

    /// Packs the transpose of `values`, which is `columns` by `lines`, line by line.
    pub fn pack_transposed(values: &[f32], lines: usize, columns: usize) -> Self {
        let mut panels = Self::dirty(lines, columns);
        for (group, panel) in values.chunks(WIDTH * lines.max(1)).zip(panels.each_mut()) {
            let panel = panel.as_chunks_mut::<WIDTH>().0;
            let count = group.len() / lines.max(1);
            if count < WIDTH {
                panel.as_flattened_mut().fill(0.0);
            }
            for (column, source) in group.chunks_exact(lines.max(1)).enumerate() {
                for (target, &value) in panel.iter_mut().zip(source) {
                    target[column] = value;
                }
            }
        }
        panels
    }

    /// A matrix whose lines are yet to be set.
    pub(crate) fn dirty(lines: usize, columns: usize) -> Self {
        let values = Buffer::dirty(lines * columns.next_multiple_of(WIDTH));
        Self { values, lines, columns }
    }

    /// Sets one line.
    #[inline(always)]
    pub(crate) fn set_line(&mut self, line: usize, row: &[f32]) {
        let (lines, values) = (self.lines, &mut *self.values);
        let (whole, rest) = row[..self.columns].as_chunks::<WIDTH>();
        for (panel, part) in whole.iter().enumerate() {
            values[(panel * lines + line) * WIDTH..][..WIDTH].copy_from_slice(part);
        }
        if !rest.is_empty() {
            let mut part = [0.0; WIDTH];
            copy_few(&mut part[..rest.len()], rest);
            values[(whole.len() * lines + line) * WIDTH..][..WIDTH].copy_from_slice(&part);
        }
    }

    /// Lines of the matrix.
    pub fn lines(&self) -> usize {
        self.lines
    }

    /// Columns of the matrix, padding not counted.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The panels from left to right.
    #[inline(always)]
    pub(crate) fn each(&self) -> impl Iterator<Item = &[[f32; WIDTH]]> {
        let lines = self.values.as_chunks::<WIDTH>().0;
        lines.chunks_exact(self.lines.max(1))
    }

    fn each_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        let panel = (self.lines * WIDTH).max(1);
        self.values.chunks_exact_mut(panel)
    }
}
