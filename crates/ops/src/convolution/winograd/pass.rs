//! The forward pass, which with turned weights is the gradient of the data as well.

#![allow(clippy::needless_range_loop, reason = "an iterator more is a closure more to be inlined")]

use pulp::{Simd, WithSimd};

use super::super::Shape;
use super::tiles::Tiles;
use super::transform;
use super::weights::Points;
use crate::Level;
use crate::loops::inlined;
use crate::matrix::{WIDTH, by_panel, with_vectors};
use crate::memory::Buffer;
use crate::threads::each_chunk;

/// Numbers that the transformed input of one piece of work holds, about: they stay near, and the weights are not read too often.
const PIECE: usize = 147_456;

/// Rows of tiles that hold about so many numbers at all points.
pub(crate) fn rows_of_tiles<const SIDE: usize>(
    shape: &Shape,
    channels: usize,
    numbers: usize,
) -> usize {
    let tiles = numbers / (Tiles::<SIDE>::SEEN * channels.max(1));
    tiles.div_ceil((shape.width / Tiles::<SIDE>::OUTPUT).max(1)).max(1)
}

pub(crate) fn pass<const SIDE: usize, F>(
    level: Level,
    shape: &Shape,
    input: &[f32],
    points: &Points<SIDE>,
    out: &mut [f32],
    finish: F,
) where
    F: Fn(usize, usize, &mut [f32]) + Send + Sync,
{
    let tiles = Tiles::of(shape, input, shape.inputs);
    let rows = rows_of_tiles::<SIDE>(shape, shape.inputs, PIECE);
    let chunk = rows * Tiles::<SIDE>::OUTPUT * shape.width * shape.outputs;
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
struct Piece<'a, const SIDE: usize, F> {
    tiles: Tiles<'a, SIDE>,
    first: usize,
    points: &'a Points<SIDE>,
    outputs: usize,
    out: &'a mut [f32],
    finish: F,
}

impl<const SIDE: usize, F: Fn(usize, usize, &mut [f32])> WithSimd for Piece<'_, SIDE, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        with_vectors!(S, V => self.run::<S, V>(simd));
    }
}

impl<const SIDE: usize, F: Fn(usize, usize, &mut [f32])> Piece<'_, SIDE, F> {
    const OUTPUT: usize = SIDE - 2;
    const POINTS: usize = SIDE * SIDE;

    #[inline(always)]
    fn run<S: Simd, const V: usize>(mut self, simd: S) {
        let count = self.out.len() / (Self::OUTPUT * Self::OUTPUT * self.outputs);
        let channels = self.tiles.channels();
        let transformed = self.transformed(simd, count);
        let row = |point: usize, tile: usize| {
            &transformed[(tile * Self::POINTS + point) * channels..][..channels]
        };
        let mut rows = Vec::with_capacity(Self::POINTS * count);
        for point in 0..Self::POINTS {
            rows.extend((0..count).map(|tile| row(point, tile)));
        }
        let mut products = Buffer::dirty(count * Self::POINTS * WIDTH);
        for panel in 0..self.points.panels() {
            let products = products.as_chunks_mut::<WIDTH>().0;
            for (point, rows) in rows.chunks_exact(count).enumerate() {
                let lines = self.points.panel(panel, point);
                by_panel::<S, V>(simd, rows, 1, lines, |tile, sums| {
                    products[tile * Self::POINTS + point] = *sums;
                });
            }
            for (tile, products) in products.chunks_exact(Self::POINTS).enumerate() {
                self.write(simd, products.as_chunks().0, tile, panel * WIDTH);
            }
        }
    }

    /// The transformed tiles, `[tiles, points, channels]`.
    #[inline(always)]
    fn transformed<S: Simd>(&self, simd: S, count: usize) -> Buffer {
        let channels = self.tiles.channels();
        let mut out = Buffer::dirty(count * Self::POINTS * channels);
        let mut border = Buffer::dirty(Self::POINTS * channels);
        for (tile, out) in out.chunks_exact_mut(Self::POINTS * channels).enumerate() {
            let (seen, stride) = self.tiles.outer(self.first + tile, &mut border);
            let out = &mut S::as_mut_simd_f32s(out).0;
            let mut rows = [S::as_simd_f32s(seen).0; SIDE];
            for row in 0..SIDE {
                rows[row] = S::as_simd_f32s(&seen[row * stride..][..SIDE * channels]).0;
            }
            let vectors = rows[0].len() / SIDE;
            for vector in 0..vectors {
                let mut pixels = [[simd.splat_f32s(0.0); SIDE]; SIDE];
                for row in 0..SIDE {
                    for column in 0..SIDE {
                        pixels[row][column] = rows[row][column * vectors + vector];
                    }
                }
                let points = transform::input(simd, pixels);
                for (point, value) in points.as_flattened().iter().enumerate() {
                    out[point * vectors + vector] = *value;
                }
            }
        }
        out
    }

    /// Writes the output pixels of one tile for one panel's channels.
    #[inline(always)]
    fn write<S: Simd>(
        &mut self,
        simd: S,
        products: &[[[f32; WIDTH]; SIDE]],
        tile: usize,
        column: usize,
    ) {
        let mut pixels = [[[0.0; WIDTH]; SIDE]; SIDE];
        for vector in 0..WIDTH / S::F32_LANES {
            let mut square = [[simd.splat_f32s(0.0); SIDE]; SIDE];
            for row in 0..SIDE {
                for column in 0..SIDE {
                    square[row][column] = S::as_simd_f32s(&products[row][column]).0[vector];
                }
            }
            let found = transform::output(simd, square);
            for row in 0..Self::OUTPUT {
                for column in 0..Self::OUTPUT {
                    S::as_mut_simd_f32s(&mut pixels[row][column]).0[vector] = found[row][column];
                }
            }
        }
        let width = Self::OUTPUT * self.tiles.in_row();
        let (row, right) = (tile / self.tiles.in_row(), tile % self.tiles.in_row());
        let corner = Self::OUTPUT * (row * width + right);
        for down in 0..Self::OUTPUT {
            for right in 0..Self::OUTPUT {
                let place = (corner + down * width + right) * self.outputs + column;
                let out = &mut self.out[place..][..WIDTH];
                out.copy_from_slice(&pixels[down][right]);
                (self.finish)(place, column, out);
            }
        }
    }
}
