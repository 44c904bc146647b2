//! The forward pass, which with turned weights is the gradient of the data as well.

use pulp::{Simd, WithSimd};

use super::super::Shape;
use super::tiles::Tiles;
use super::transform::{self, POINTS, array};
use super::weights::Points;
use crate::Level;
use crate::loops::inlined;
use crate::matrix::{WIDTH, by_panel, with_vectors};
use crate::memory::Buffer;
use crate::threads::each_chunk;

/// Numbers that the transformed input of one piece of work holds at one point, about: all points
/// together stay in the second cache.
const PIECE: usize = 6144;

/// Rows of tiles in one piece of work.
pub(crate) fn rows_of_piece(shape: &Shape, channels: usize) -> usize {
    (PIECE / channels.max(1)).div_ceil((shape.width / 2).max(1)).max(1)
}

pub(crate) fn pass<F>(
    level: Level,
    shape: &Shape,
    input: &[f32],
    points: &Points,
    out: &mut [f32],
    finish: F,
) where
    F: Fn(usize, usize, &mut [f32]) + Send + Sync,
{
    let tiles = Tiles::of(shape, input, shape.inputs);
    let rows = rows_of_piece(shape, shape.inputs);
    let chunk = rows * 2 * shape.width * shape.outputs;
    each_chunk(out, chunk, shape.work(), |number, out| {
        let first = number * rows * tiles.in_row();
        let finish = inlined(
            #[inline(always)]
            |place: usize, column: usize, out: &mut [f32]| {
                finish(number * chunk + place, column, out);
            },
        );
        level.run(Piece { tiles, first, points, outputs: shape.outputs, out, finish });
    });
}

/// The tiles of one piece of work.
struct Piece<'a, F> {
    tiles: Tiles<'a>,
    first: usize,
    points: &'a Points,
    outputs: usize,
    out: &'a mut [f32],
    finish: F,
}

impl<F: Fn(usize, usize, &mut [f32])> WithSimd for Piece<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        with_vectors!(S, V => self.run::<S, V>(simd));
    }
}

impl<F: Fn(usize, usize, &mut [f32])> Piece<'_, F> {
    #[inline(always)]
    fn run<S: Simd, const V: usize>(mut self, simd: S) {
        let count = self.out.len() / (4 * self.outputs);
        let channels = self.tiles.channels();
        let transformed = self.transformed(simd, count);
        let row = |point: usize, tile: usize| {
            &transformed[(tile * POINTS + point) * channels..][..channels]
        };
        let mut rows = Vec::with_capacity(POINTS * count);
        for point in 0..POINTS {
            rows.extend((0..count).map(|tile| row(point, tile)));
        }
        let mut products = Buffer::dirty(count * POINTS * WIDTH);
        for panel in 0..self.points.panels() {
            let products = products.as_chunks_mut::<WIDTH>().0;
            for (point, rows) in rows.chunks_exact(count).enumerate() {
                let lines = self.points.panel(panel, point);
                by_panel::<S, V>(simd, rows, 1, lines, |tile, sums| {
                    products[tile * POINTS + point] = *sums;
                });
            }
            for (tile, products) in products.as_chunks::<POINTS>().0.iter().enumerate() {
                self.write(simd, products, tile, panel * WIDTH);
            }
        }
    }

    /// The transformed tiles, `[tiles, points, channels]`.
    #[inline(always)]
    fn transformed<S: Simd>(&self, simd: S, count: usize) -> Buffer {
        let channels = self.tiles.channels();
        let mut out = Buffer::dirty(count * POINTS * channels);
        let mut border = Buffer::dirty(POINTS * channels);
        for (tile, out) in out.chunks_exact_mut(POINTS * channels).enumerate() {
            let rows = self.tiles.outer(self.first + tile, &mut border);
            let out = &mut S::as_mut_simd_f32s(out).0;
            let rows = array!(4, row => S::as_simd_f32s(rows[row]).0);
            let vectors = rows[0].len() / 4;
            for vector in 0..vectors {
                let pixels = array!(4, row => array!(4, column => {
                    rows[row][column * vectors + vector]
                }));
                let points = transform::input(simd, pixels);
                for (point, value) in points.as_flattened().iter().enumerate() {
                    out[point * vectors + vector] = *value;
                }
            }
        }
        out
    }

    /// Writes two by two pixels of one panel's channels.
    #[inline(always)]
    fn write<S: Simd>(
        &mut self,
        simd: S,
        products: &[[f32; WIDTH]; POINTS],
        tile: usize,
        column: usize,
    ) {
        let mut pixels = [[[0.0; WIDTH]; 2]; 2];
        for vector in 0..WIDTH / S::F32_LANES {
            let square = array!(4, row => array!(4, column => {
                S::as_simd_f32s(&products[4 * row + column]).0[vector]
            }));
            let found = transform::output(simd, square);
            for (pixel, value) in pixels.as_flattened_mut().iter_mut().zip(found.as_flattened()) {
                S::as_mut_simd_f32s(pixel).0[vector] = *value;
            }
        }
        let width = 2 * self.tiles.in_row();
        let (row, right) = (tile / self.tiles.in_row(), tile % self.tiles.in_row());
        let corner = 2 * (row * width + right);
        for (number, pixel) in pixels.as_flattened().iter().enumerate() {
            let place = (corner + number / 2 * width + number % 2) * self.outputs + column;
            let out = &mut self.out[place..][..WIDTH];
            out.copy_from_slice(pixel);
            (self.finish)(place, column, out);
        }
    }
}
