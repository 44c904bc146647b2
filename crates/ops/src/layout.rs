//! From channels first to channels last, and back.

use crate::Level;
use crate::loops::Loops;
use crate::threads::each_chunk;

/// Rows and columns that are transposed together.
const TILE: usize = 8;

/// `out`, `[batch, pixels, channels]`, becomes `x`, `[batch, channels, pixels]`, with its channels
/// last.
pub fn channels_last(level: Level, x: &[f32], [_, channels, pixels]: [usize; 3], out: &mut [f32]) {
    transpose_each(level, x, channels, pixels, out);
}

/// `out`, `[batch, channels, pixels]`, becomes `x`, `[batch, pixels, channels]`, with its channels
/// first; the shape is given in the order of `out`.
pub fn channels_first(level: Level, x: &[f32], [_, channels, pixels]: [usize; 3], out: &mut [f32]) {
    transpose_each(level, x, pixels, channels, out);
}

/// Transposes matrices of `rows` by `columns`, one after the other.
fn transpose_each(level: Level, x: &[f32], rows: usize, columns: usize, out: &mut [f32]) {
    let work = out.len() * 8;
    each_chunk(out, rows * columns, work, |number, out| {
        let x = &x[number * out.len()..][..out.len()];
        level.run(Loops(
            #[inline(always)]
            || transpose(x, rows, columns, out),
        ));
    });
}

#[inline(always)]
fn transpose(x: &[f32], rows: usize, columns: usize, out: &mut [f32]) {
    let (whole_rows, whole_columns) = (rows / TILE * TILE, columns / TILE * TILE);
    for column in (0..whole_columns).step_by(TILE) {
        for row in (0..whole_rows).step_by(TILE) {
            tile(&x[row * columns + column..], columns, &mut out[column * rows + row..], rows);
        }
    }
    for column in 0..columns {
        let begin = if column < whole_columns { whole_rows } else { 0 };
        for row in begin..rows {
            out[column * rows + row] = x[row * columns + column];
        }
    }
}

/// Transposes one tile.
#[inline(always)]
fn tile(x: &[f32], columns: usize, out: &mut [f32], rows: usize) {
    let mut lines = [[0.0; TILE]; TILE];
    for (row, line) in lines.iter_mut().enumerate() {
        line.copy_from_slice(&x[row * columns..][..TILE]);
    }
    for column in 0..TILE {
        let line: [f32; TILE] = std::array::from_fn(|row| lines[row][column]);
        out[column * rows..][..TILE].copy_from_slice(&line);
    }
}
