//! The gradient of the weights, summed up in the transformed domain.

use pulp::{Simd, WithSimd};

use super::super::Shape;
use super::pass::rows_of_piece;
use super::tiles::Tiles;
use super::transform::{self, POINTS, array};
use crate::Level;
use crate::matrix::{WIDTH, outer, with_vectors};
use crate::memory::Buffer;
use crate::threads::each;

/// Pieces that the sum over all tiles is divided into; part of its rounding, so it is fixed.
const PIECES: usize = 4;

pub(crate) fn weight_gradient(
    level: Level,
    shape: &Shape,
    input: &[f32],
    gradient: &[f32],
    out: &mut [f32],
) {
    let rows = shape.batch * shape.height / 2;
    let step = rows_of_piece(shape, shape.inputs.max(shape.outputs));
    let input = Tiles::of(shape, input, shape.inputs);
    let gradient = Tiles::of(shape, gradient, shape.outputs);
    let all = shape.inputs * shape.outputs;
    let sums = each(PIECES, shape.work(), |piece| {
        let mut sum = Buffer::zeros(POINTS * all);
        let (begin, end) = (piece * rows / PIECES, (piece + 1) * rows / PIECES);
        for first in (begin..end).step_by(step) {
            let count = (end.min(first + step) - first) * input.in_row();
            let first = first * input.in_row();
            level.run(Piece { input, gradient, first, count, sum: &mut sum });
        }
        sum
    });
    let mut total = Buffer::zeros(POINTS * all);
    for sum in sums {
        for (total, sum) in total.iter_mut().zip(sum.iter()) {
            *total += sum;
        }
    }
    for (place, taps) in out.as_chunks_mut::<9>().0.iter_mut().enumerate() {
        let (output, input) = (place / shape.inputs, place % shape.inputs);
        let at = input * shape.outputs + output;
        *taps = transform::weight_gradient(array!(16, point => total[point * all + at]));
    }
}

/// The tiles that are in the second cache together.
struct Piece<'a> {
    input: Tiles<'a>,
    gradient: Tiles<'a>,
    first: usize,
    count: usize,
    /// `[points, inputs, outputs]`
    sum: &'a mut [f32],
}

impl WithSimd for Piece<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        with_vectors!(S, V => self.run::<S, V>(simd));
    }
}

impl Piece<'_> {
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
        let mut out = Buffer::dirty(POINTS * self.count * channels);
        let mut border = Buffer::dirty(POINTS * channels);
        let lines = out.as_chunks_mut::<WIDTH>().0;
        for tile in 0..self.count {
            let rows = self.input.outer(self.first + tile, &mut border);
            for panel in 0..channels / WIDTH {
                let pixels = array!(4, row => array!(4, column => {
                    &rows[row][column * channels + panel * WIDTH..][..WIDTH]
                }));
                for vector in 0..WIDTH / S::F32_LANES {
                    let square = array!(4, row => array!(4, column => {
                        S::as_simd_f32s(pixels[row][column]).0[vector]
                    }));
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
        let mut out = Buffer::dirty(POINTS * self.count * channels);
        let lines = out.as_chunks_mut::<WIDTH>().0;
        for tile in 0..self.count {
            let rows = self.gradient.inner(self.first + tile);
            for panel in 0..channels / WIDTH {
                let pixels = array!(2, row => array!(2, column => {
                    &rows[row][column * channels + panel * WIDTH..][..WIDTH]
                }));
                for vector in 0..WIDTH / S::F32_LANES {
                    let square = array!(2, row => array!(2, column => {
                        S::as_simd_f32s(pixels[row][column]).0[vector]
                    }));
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
