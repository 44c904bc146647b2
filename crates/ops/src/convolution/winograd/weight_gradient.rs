//! The gradient of the weights, summed up in the transformed domain.

#![allow(clippy::needless_range_loop, reason = "an iterator more is a closure more to be inlined")]

use pulp::{Simd, WithSimd};

use super::super::Shape;
use super::pass::rows_of_piece;
use super::tiles::Tiles;
use super::transform;
use crate::Level;
use crate::matrix::{WIDTH, outer, with_vectors};
use crate::memory::Buffer;
use crate::threads::each;

/// Pieces that the sum over all tiles is divided into; part of its rounding, so it is fixed.
const PIECES: usize = 4;

pub(crate) fn weight_gradient<const SIDE: usize>(
    level: Level,
    shape: &Shape,
    input: &[f32],
    gradient: &[f32],
    out: &mut [f32],
) {
    let points = SIDE * SIDE;
    let rows = shape.batch * shape.height / Tiles::<SIDE>::OUTPUT;
    let step = rows_of_piece::<SIDE>(shape, shape.inputs.max(shape.outputs));
    let input = Tiles::<SIDE>::of(shape, input, shape.inputs);
    let gradient = Tiles::<SIDE>::of(shape, gradient, shape.outputs);
    let all = shape.inputs * shape.outputs;
    let sums = each(PIECES, shape.work(), |piece| {
        let mut sum = Buffer::zeros(points * all);
        let (begin, end) = (piece * rows / PIECES, (piece + 1) * rows / PIECES);
        for first in (begin..end).step_by(step) {
            let count = (end.min(first + step) - first) * input.in_row();
            let first = first * input.in_row();
            level.run(Piece { input, gradient, first, count, sum: &mut sum });
        }
        sum
    });
    let mut total = Buffer::zeros(points * all);
    for sum in sums {
        for (total, sum) in total.iter_mut().zip(sum.iter()) {
            *total += sum;
        }
    }
    level.run(Taps::<SIDE> { total: &total, inputs: shape.inputs, outputs: shape.outputs, out });
}

/// Transforms the sums back.
struct Taps<'a, const SIDE: usize> {
    /// `[points, inputs, outputs]`
    total: &'a [f32],
    inputs: usize,
    outputs: usize,
    /// `[outputs, inputs, 3, 3]`
    out: &'a mut [f32],
}

impl<const SIDE: usize> WithSimd for Taps<'_, SIDE> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let total = self.total.as_chunks::<WIDTH>().0;
        let out = self.out.as_chunks_mut::<9>().0;
        let places = self.inputs * self.outputs / WIDTH;
        for place in 0..places {
            let mut lanes = [[0.0; WIDTH]; 9];
            for vector in 0..WIDTH / S::F32_LANES {
                let mut sums = [[simd.splat_f32s(0.0); SIDE]; SIDE];
                for point in 0..SIDE * SIDE {
                    let line = &total[point * places + place];
                    sums[point / SIDE][point % SIDE] = S::as_simd_f32s(line).0[vector];
                }
                let taps = transform::weight_gradient(simd, sums);
                for tap in 0..9 {
                    S::as_mut_simd_f32s(&mut lanes[tap]).0[vector] = taps[tap];
                }
            }
            let (input, first) = (place * WIDTH / self.outputs, place * WIDTH % self.outputs);
            for lane in 0..WIDTH {
                let taps = &mut out[(first + lane) * self.inputs + input];
                for tap in 0..9 {
                    taps[tap] = lanes[tap][lane];
                }
            }
        }
    }
}

/// The tiles that are in the second cache together.
struct Piece<'a, const SIDE: usize> {
    input: Tiles<'a, SIDE>,
    gradient: Tiles<'a, SIDE>,
    first: usize,
    count: usize,
    /// `[points, inputs, outputs]`
    sum: &'a mut [f32],
}

impl<const SIDE: usize> WithSimd for Piece<'_, SIDE> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        with_vectors!(S, V => self.run::<S, V>(simd));
    }
}

impl<const SIDE: usize> Piece<'_, SIDE> {
    const POINTS: usize = SIDE * SIDE;

    #[inline(always)]
    fn run<S: Simd, const V: usize>(self, simd: S) {
        let (inputs, outputs) = (self.input.channels(), self.gradient.channels());
        let left = self.transformed_input(simd);
        let right = self.transformed_gradient(simd);
        let left = left.as_chunks::<WIDTH>().0.chunks_exact(self.count * inputs / WIDTH);
        let right = right.as_chunks::<WIDTH>().0.chunks_exact(self.count * outputs / WIDTH);
        let sums = self.sum.chunks_exact_mut(inputs * outputs);
        for ((left, right), sums) in left.zip(right).zip(sums) {
            for (column, right) in right.chunks_exact(self.count).enumerate() {
                for (row, left) in left.chunks_exact(self.count).enumerate() {
                    let sums = &mut sums[row * WIDTH * outputs + column * WIDTH..];
                    outer::<S, V>(simd, [left, right], WIDTH, |row, found| {
                        let sums = &mut sums[row * outputs..][..WIDTH];
                        for (sum, found) in sums.iter_mut().zip(found) {
                            *sum += found;
                        }
                    });
                }
            }
        }
    }

    /// The transformed input in panels, `[points, panels, tiles, 16]`.
    #[inline(always)]
    fn transformed_input<S: Simd>(&self, simd: S) -> Buffer {
        let channels = self.input.channels();
        let mut out = Buffer::dirty(Self::POINTS * self.count * channels);
        let mut border = Buffer::dirty(Self::POINTS * channels);
        let lines = out.as_chunks_mut::<WIDTH>().0;
        for tile in 0..self.count {
            let (seen, stride) = self.input.outer(self.first + tile, &mut border);
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
                        let line = (point * channels / WIDTH + panel) * self.count + tile;
                        S::as_mut_simd_f32s(&mut lines[line]).0[vector] = *value;
                    }
                }
            }
        }
        out
    }

    /// The transformed gradient in panels, `[points, panels, tiles, 16]`.
    #[inline(always)]
    fn transformed_gradient<S: Simd>(&self, simd: S) -> Buffer {
        let channels = self.gradient.channels();
        let mut out = Buffer::dirty(Self::POINTS * self.count * channels);
        let lines = out.as_chunks_mut::<WIDTH>().0;
        for tile in 0..self.count {
            let (pixels, stride) = self.gradient.inner(self.first + tile);
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
                        let line = (point * channels / WIDTH + panel) * self.count + tile;
                        S::as_mut_simd_f32s(&mut lines[line]).0[vector] = *value;
                    }
                }
            }
        }
        out
    }
}
