//! Products whose right side is small enough to be read as it is.

use pulp::{Simd, WithSimd};

use super::rows::block;
use super::tile::{Sums, WIDTH, tiles, with_rows, with_vectors};
use super::{Panels, multiply};
use crate::Level;
use crate::loops::inlined;
use crate::threads::each_chunk;

/// Numbers of the right side that stay in the second cache.
const SMALL: usize = 1 << 16;

/// Columns from which lines of the right side lie so far from each other that few of a panel's stay in the first
/// cache together, and rows from which it pays to pack it then.
const WIDE: usize = 128;
const MANY: usize = 96;

/// As [`multiply`], with a right side of `inner` by `columns` numbers, line by line. It is packed
/// only where that pays.
pub fn multiply_lines<F>(
    level: Level,
    left: &[f32],
    right: &[f32],
    [inner, columns]: [usize; 2],
    out: &mut [f32],
    finish: F,
) where
    F: Fn(usize, usize, &mut [f32]) + Send + Sync,
{
    let rows = out.len() / columns.max(1);
    let far = columns >= WIDE && rows >= MANY;
    if right.len() > SMALL || far || columns == 0 || !columns.is_multiple_of(WIDTH) {
        return multiply(level, left, &Panels::pack(right, inner, columns), out, finish);
    }
    let work = out.len() * inner;
    let rows = block(rows);
    each_chunk(out, rows * columns, work, |block, out| {
        let left = &left[block * rows * inner..];
        let first = block * rows * columns;
        let finish = inlined(
            #[inline(always)]
            |place, column, part: &mut [f32]| finish(first + place, column, part),
        );
        level.run(Lines { left, right, inner, columns, out, finish });
    });
}

struct Lines<'a, F> {
    left: &'a [f32],
    right: &'a [f32],
    inner: usize,
    columns: usize,
    out: &'a mut [f32],
    finish: F,
}

impl<F: Fn(usize, usize, &mut [f32])> WithSimd for Lines<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        with_vectors!(S, V => self.run::<S, V>(simd));
    }
}

impl<F: Fn(usize, usize, &mut [f32])> Lines<'_, F> {
    #[inline(always)]
    fn run<S: Simd, const V: usize>(self, simd: S) {
        let panels = self.columns / WIDTH;
        let right = self.right.as_chunks::<WIDTH>().0;
        for panel in 0..panels {
            for (first, end) in tiles(self.out.len() / self.columns) {
                with_rows!(end - first, ROWS => {
                    let mut rows = [self.left; ROWS];
                    for (number, row) in rows.iter_mut().enumerate() {
                        *row = &self.left[(first + number) * self.inner..][..self.inner];
                    }
                    let mut sums = Sums::<S, ROWS, V>::zero(simd);
                    sums.add_rows(rows, right.chunks_exact(panels).map(|line| &line[panel]));
                    for (row, sums) in sums.tile().iter().enumerate() {
                        let place = (first + row) * self.columns + panel * WIDTH;
                        let out = &mut self.out[place..][..WIDTH];
                        out.copy_from_slice(sums);
                        (self.finish)(place, panel * WIDTH, out);
                    }
                });
            }
        }
    }
}
