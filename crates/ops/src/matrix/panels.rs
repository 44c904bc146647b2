//! Matrices packed so that the innermost loops read them in one direction.

use super::tile::WIDTH;
use crate::memory::{Buffer, copy_few};
use crate::threads::each_chunk;

/// Panels that one piece of work packs: it reads a line in stretches of this many.
const GROUP: usize = 8;

/// Lines of a panel that a transposed side is written to at once: they stay in the first cache.
const LINES: usize = 128;

/// The work of a number that is packed, in multiply-adds.
const WORK: usize = 8;

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
        let mut panels = Self::dirty(lines, columns);
        let width = GROUP * WIDTH;
        each_chunk(&mut panels.values, width * lines, lines * columns * WORK, |group, panels| {
            let columns_of_group = group * width..columns.min((group + 1) * width);
            for (place, line) in values.chunks_exact(columns.max(1)).take(lines).enumerate() {
                set_line(panels, lines, place, &line[columns_of_group.clone()]);
            }
        });
        panels
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
        let length = WIDTH * lines;
        each_chunk(&mut panels.values, length, lines * columns * WORK, |number, panel| {
            let panel = panel.as_chunks_mut::<WIDTH>().0;
            let group = &values[number * length..values.len().min((number + 1) * length)];
            if group.len() < length {
                panel.as_flattened_mut().fill(0.0);
            }
            for (block, panel) in panel.chunks_mut(LINES).enumerate() {
                for (column, source) in group.chunks_exact(lines.max(1)).enumerate() {
                    for (target, &value) in panel.iter_mut().zip(&source[block * LINES..]) {
                        target[column] = value;
                    }
                }
            }
        });
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
        set_line(&mut self.values, self.lines, line, &row[..self.columns]);
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
}

/// Sets a line of panels of `lines` lines.
#[inline(always)]
fn set_line(panels: &mut [f32], lines: usize, line: usize, row: &[f32]) {
    let (whole, rest) = row.as_chunks::<WIDTH>();
    for (panel, part) in whole.iter().enumerate() {
        panels[(panel * lines + line) * WIDTH..][..WIDTH].copy_from_slice(part);
    }
    if !rest.is_empty() {
        let mut part = [0.0; WIDTH];
        copy_few(&mut part[..rest.len()], rest);
        panels[(whole.len() * lines + line) * WIDTH..][..WIDTH].copy_from_slice(&part);
    }
}
