//! Products of rows with packed columns.

use pulp::{Simd, WithSimd};

use super::Panels;
use super::tile::{MOST_ROWS, Sums, Tile, WIDTH, tiles, with_rows, with_vectors};
use crate::Level;
use crate::loops::inlined;
use crate::threads::each_chunk;

/// Rows of one piece of work, at most.
const BLOCK: usize = 96;

/// Rows of one piece of work, at least, where there are as many.
const FEWEST: usize = 24;

/// Rows that go through all panels together: they stay in the first cache, and what they give is written nearly in order.
const STRIP: usize = 4 * MOST_ROWS;

/// How many rows a piece of work of `rows` rows has. A row is the same sum wherever it lies, so this may
/// depend on the number of threads.
pub(super) fn block(rows: usize) -> usize {
    let threads = rayon::current_num_threads();
    let pieces = rows.div_ceil(BLOCK).next_multiple_of(threads).min(rows.div_ceil(FEWEST)).max(1);
    rows.div_ceil(pieces).next_multiple_of(MOST_ROWS)
}

/// Products of gathered rows with panels: output row `r` is the sum over taps of `row(r, tap)` times
/// the lines of the panels that belong to the tap.
pub(crate) struct RowsByPanels<'a, Row, Store> {
    /// Output rows.
    pub(crate) rows: usize,
    /// Parts that the lines of the panels are divided into, all of the same length.
    pub(crate) taps: usize,
    /// The right side, tap after tap.
    pub(crate) panels: &'a Panels,
    /// The left side of a row for a tap.
    pub(crate) row: Row,
    /// Takes the sums of a row from a column on.
    pub(crate) store: Store,
}

impl<'a, Row, Store> WithSimd for RowsByPanels<'a, Row, Store>
where
    Row: Fn(usize, usize) -> &'a [f32],
    Store: FnMut(usize, usize, &[f32]),
{
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        with_vectors!(S, V => self.run::<S, V>(simd));
    }
}

impl<'a, Row, Store> RowsByPanels<'a, Row, Store>
where
    Row: Fn(usize, usize) -> &'a [f32],
    Store: FnMut(usize, usize, &[f32]),
{
    #[inline(always)]
    fn run<S: Simd, const V: usize>(mut self, simd: S) {
        let mut gathered = Vec::with_capacity(STRIP * self.taps);
        for begin in (0..self.rows).step_by(STRIP) {
            gathered.clear();
            for (first, end) in tiles(STRIP.min(self.rows - begin)) {
                for tap in 0..self.taps {
                    gathered.extend((first..end).map(|row| (self.row)(begin + row, tap)));
                }
            }
            for (number, panel) in self.panels.each().enumerate() {
                let column = number * WIDTH;
                let width = WIDTH.min(self.panels.columns() - column);
                by_panel::<S, V>(simd, &gathered, self.taps, panel, |row, sums| match width {
                    // A length that the compiler knows: nothing is called to copy it. Forced into the loops around
                    // it, this closure takes registers from them: [128, 384] was a third slower.
                    WIDTH => (self.store)(begin + row, column, sums),
                    _ => (self.store)(begin + row, column, &sums[..width]),
                });
            }
        }
    }
}

/// Products of rows with one panel. `gathered` holds the parts of the rows tile by tile, within a
/// tile tap by tap.
#[inline(always)]
pub(crate) fn by_panel<S: Simd, const V: usize>(
    simd: S,
    gathered: &[&[f32]],
    taps: usize,
    panel: &[[f32; WIDTH]],
    mut store: impl FnMut(usize, &[f32; WIDTH]),
) {
    for (first, end) in tiles(gathered.len() / taps) {
        let gathered = &gathered[first * taps..end * taps];
        with_rows!(end - first, ROWS => {
            let tile = product::<S, ROWS, V>(simd, gathered.as_chunks::<ROWS>().0, panel);
            for (row, sums) in tile.iter().enumerate() {
                store(first + row, sums);
            }
        });
    }
}

/// One tile: the sum over the taps.
#[inline(always)]
fn product<S: Simd, const ROWS: usize, const V: usize>(
    simd: S,
    taps: &[[&[f32]; ROWS]],
    panel: &[[f32; WIDTH]],
) -> Tile<ROWS> {
    let mut sums = Sums::<S, ROWS, V>::zero(simd);
    let mut rest = panel;
    for rows in taps {
        let (lines, after) = rest.split_at(rows[0].len());
        sums.add_rows(*rows, lines.iter());
        rest = after;
    }
    sums.tile()
}

/// `out = left * right`, where `left` is `[rows, lines of right]`; `finish` takes each part of a row
/// when it is done: its place in the output, its first column, and its values.
pub fn multiply<F>(level: Level, left: &[f32], right: &Panels, out: &mut [f32], finish: F)
where
    F: Fn(usize, usize, &mut [f32]) + Send + Sync,
{
    let (inner, columns) = (right.lines(), right.columns());
    if columns == 0 || out.is_empty() {
        return;
    }
    let work = out.len() * inner;
    let rows = block(out.len() / columns);
    each_chunk(out, rows * columns, work, |block, out| {
        let first = block * rows;
        let left = &left[first * inner..];
        level.run(RowsByPanels {
            rows: out.len() / columns,
            taps: 1,
            panels: right,
            row: inlined(
                #[inline(always)]
                |row, _| &left[row * inner..][..inner],
            ),
            store: inlined(
                #[inline(always)]
                |row, column, sums: &[f32]| {
                    let place = row * columns + column;
                    let out = &mut out[place..][..sums.len()];
                    out.copy_from_slice(sums);
                    finish(first * columns + place, column, out);
                },
            ),
        });
    });
}
