//! The gradient of the weights, summed up in the transformed domain.

#![allow(clippy::needless_range_loop, reason = "an iterator more is a closure more to be inlined")]

use pulp::{Simd, WithSimd};

use super::super::Shape;
use super::pass::rows_of_tiles;
use super::tiles::Tiles;
use super::transform;
use crate::Level;
use crate::matrix::{WIDTH, outer, with_vectors};
use crate::memory::Buffer;
use crate::threads::{each, each_chunk};

/// Numbers of the transformed tiles of a piece, about, and pieces that are held at once: together they stay in a cache
/// until they are multiplied.
const PIECE: usize = 36_864;
const ROUND: usize = 4;

/// The sums stand at all points for panels of sixteen inputs and sixteen outputs, `[outputs / 16, inputs / 16, points,
/// 16 inputs, 16 outputs]`: every piece is added to them in turn, so that no thread has sums of its own to be joined.
pub(crate) fn weight_gradient<const SIDE: usize>(
    level: Level,
    shape: &Shape,
    input: &[f32],
    gradient: &[f32],
    out: &mut [f32],
) {
    let rows = shape.batch * shape.height / Tiles::<SIDE>::OUTPUT;
    let step = rows_of_tiles::<SIDE>(shape, shape.inputs.max(shape.outputs), PIECE);
    let pieces = rows.div_ceil(step);
    let input = Tiles::<SIDE>::of(shape, input, shape.inputs);
    let gradient = Tiles::<SIDE>::of(shape, gradient, shape.outputs);
    let mut sums = Buffer::zeros(SIDE * SIDE * shape.inputs * shape.outputs);
    for first in (0..pieces).step_by(ROUND) {
        let round = each(ROUND.min(pieces - first), shape.work(), |piece| {
            let begin = (first + piece) * step;
            let tiles = [begin, rows.min(begin + step)].map(|row| row * input.in_row());
            level.run(Transformation { input, gradient, tiles })
        });
        // A row of points of two panels.
        each_chunk(&mut sums, SIDE * WIDTH * WIDTH, shape.work(), |number, sums| {
            let (panels, row) = (number / SIDE, number % SIDE);
            let (right, left) = (panels / input.panels(), panels % input.panels());
            level.run(Products { round: &round, panels: [left, right], row, sums });
        });
    }
    let of_outputs = SIDE * SIDE * shape.inputs * WIDTH;
    each_chunk(out, WIDTH * shape.inputs * 9, sums.len() * 8, |panel, out| {
        let sums = &sums[panel * of_outputs..][..of_outputs];
        level.run(Taps::<SIDE> { sums, inputs: shape.inputs, out });
    });
}

/// Transforms the sums of sixteen outputs back.
struct Taps<'a, const SIDE: usize> {
    /// `[inputs / 16, points, 16 inputs, 16 outputs]`
    sums: &'a [f32],
    inputs: usize,
    /// `[16 outputs, inputs, 3, 3]`
    out: &'a mut [f32],
}

impl<const SIDE: usize> WithSimd for Taps<'_, SIDE> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let sums = self.sums.as_chunks::<WIDTH>().0;
        let out = self.out.as_chunks_mut::<9>().0;
        for input in 0..self.inputs {
            let first = input / WIDTH * SIDE * SIDE * WIDTH + input % WIDTH;
            let mut lanes = [[0.0; WIDTH]; 9];
            for vector in 0..WIDTH / S::F32_LANES {
                let mut square = [[simd.splat_f32s(0.0); SIDE]; SIDE];
                for point in 0..SIDE * SIDE {
                    let line = &sums[first + point * WIDTH];
                    square[point / SIDE][point % SIDE] = S::as_simd_f32s(line).0[vector];
                }
                let taps = transform::weight_gradient(simd, square);
                for tap in 0..9 {
                    S::as_mut_simd_f32s(&mut lanes[tap]).0[vector] = taps[tap];
                }
            }
            for lane in 0..WIDTH {
                let taps = &mut out[lane * self.inputs + input];
                for tap in 0..9 {
                    taps[tap] = lanes[tap][lane];
                }
            }
        }
    }
}

/// Tiles of input and gradient at all points, in panels of sixteen channels: `[channels / 16, points, tiles, 16]`.
struct Piece {
    tiles: usize,
    input: Buffer,
    gradient: Buffer,
}

impl Piece {
    /// The lines of one panel at one point, a line for each tile.
    #[inline(always)]
    fn lines<'a>(
        &self,
        of: &'a Buffer,
        panel: usize,
        points: usize,
        point: usize,
    ) -> &'a [[f32; WIDTH]] {
        &of.as_chunks::<WIDTH>().0[(panel * points + point) * self.tiles..][..self.tiles]
    }
}

/// Adds the products of one panel of inputs with one of outputs to their sums in one row of points.
struct Products<'a> {
    round: &'a [Piece],
    panels: [usize; 2],
    row: usize,
    /// `[points of a row, 16 inputs, 16 outputs]`
    sums: &'a mut [f32],
}

impl WithSimd for Products<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        with_vectors!(S, V => self.run::<S, V>(simd));
    }
}

impl Products<'_> {
    #[inline(always)]
    fn run<S: Simd, const V: usize>(self, simd: S) {
        let [left, right] = self.panels;
        let lines = self.sums.as_chunks_mut::<WIDTH>().0;
        let side = lines.len() / WIDTH;
        for piece in self.round {
            for (column, sums) in lines.chunks_exact_mut(WIDTH).enumerate() {
                let point = self.row * side + column;
                let left = piece.lines(&piece.input, left, side * side, point);
                let right = piece.lines(&piece.gradient, right, side * side, point);
                outer::<S, V>(simd, [left, right], WIDTH, |row, found| {
                    for (sum, found) in sums[row].iter_mut().zip(found) {
                        *sum += found;
                    }
                });
            }
        }
    }
}

/// Brings tiles of input and gradient to the points.
struct Transformation<'a, const SIDE: usize> {
    input: Tiles<'a, SIDE>,
    gradient: Tiles<'a, SIDE>,
    /// The first tile, and the one behind the last.
    tiles: [usize; 2],
}

impl<const SIDE: usize> WithSimd for Transformation<'_, SIDE> {
    type Output = Piece;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Piece {
        let [first, end] = self.tiles;
        let input = self.transformed_input(simd);
        Piece { tiles: end - first, input, gradient: self.transformed_gradient(simd) }
    }
}

impl<const SIDE: usize> Transformation<'_, SIDE> {
    const POINTS: usize = SIDE * SIDE;

    /// The transformed input in panels.
    #[inline(always)]
    fn transformed_input<S: Simd>(&self, simd: S) -> Buffer {
        let (channels, [first, end]) = (self.input.channels(), self.tiles);
        let count = end - first;
        let mut out = Buffer::dirty(Self::POINTS * count * channels);
        let mut border = Buffer::dirty(Self::POINTS * channels);
        let lines = out.as_chunks_mut::<WIDTH>().0;
        for tile in 0..count {
            let (seen, stride) = self.input.outer(first + tile, &mut border);
            for panel in 0..channels / WIDTH {
                for vector in 0..WIDTH / S::F32_LANES {
                    let mut square = [[simd.splat_f32s(0.0); SIDE]; SIDE];
                    for row in 0..SIDE {
                        for column in 0..SIDE {
                            let place = row * stride + column * channels + panel * WIDTH;
                            let pixel = &seen[place..][..WIDTH];
                            square[row][column] = S::as_simd_f32s(pixel).0[vector];
                        }
                    }
                    let points = transform::input(simd, square);
                    for (point, value) in points.as_flattened().iter().enumerate() {
                        let line = (panel * Self::POINTS + point) * count + tile;
                        S::as_mut_simd_f32s(&mut lines[line]).0[vector] = *value;
                    }
                }
            }
        }
        out
    }

    /// The transformed gradient in panels.
    #[inline(always)]
    fn transformed_gradient<S: Simd>(&self, simd: S) -> Buffer {
        let (channels, [first, end]) = (self.gradient.channels(), self.tiles);
        let count = end - first;
        let mut out = Buffer::dirty(Self::POINTS * count * channels);
        let lines = out.as_chunks_mut::<WIDTH>().0;
        for tile in 0..count {
            let (pixels, stride) = self.gradient.inner(first + tile);
            for panel in 0..channels / WIDTH {
                for vector in 0..WIDTH / S::F32_LANES {
                    let mut square = [[simd.splat_f32s(0.0); SIDE]; SIDE];
                    for row in 0..SIDE - 2 {
                        for column in 0..SIDE - 2 {
                            let place = row * stride + column * channels + panel * WIDTH;
                            let pixel = &pixels[place..][..WIDTH];
                            square[row][column] = S::as_simd_f32s(pixel).0[vector];
                        }
                    }
                    let points = transform::gradient(simd, square);
                    for (point, value) in points.as_flattened().iter().enumerate() {
                        let line = (panel * Self::POINTS + point) * count + tile;
                        S::as_mut_simd_f32s(&mut lines[line]).0[vector] = *value;
                    }
                }
            }
        }
        out
    }
}
