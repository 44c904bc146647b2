//! Weights in the transformed domain.

#![allow(clippy::needless_range_loop, reason = "an iterator more is a closure more to be inlined")]

use pulp::{Simd, WithSimd};

use super::super::Shape;
use super::transform::{self, Square};
use crate::Level;
use crate::matrix::WIDTH;
use crate::memory::Buffer;
use crate::threads::each;

/// Which pass the weights are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From inputs to outputs.
    Forward,
    /// From outputs to inputs, the kernel turned round.
    Backward,
}

/// Transformed weights in panels of [`WIDTH`] columns; a panel holds its lines point by point.
#[derive(Debug)]
pub(crate) struct Points<const SIDE: usize> {
    panels: Vec<Buffer>,
    lines: usize,
}

impl<const SIDE: usize> Points<SIDE> {
    /// Transforms weights `[outputs, inputs, 3, 3]`.
    pub(crate) fn of(level: Level, shape: &Shape, weights: &[f32], direction: Direction) -> Self {
        let (lines, columns) = match direction {
            Direction::Forward => (shape.inputs, shape.outputs),
            Direction::Backward => (shape.outputs, shape.inputs),
        };
        let kernel = |line: usize, column: usize| -> &[f32; 9] {
            let place = match direction {
                Direction::Forward => column * shape.inputs + line,
                Direction::Backward => line * shape.inputs + column,
            };
            &weights.as_chunks::<9>().0[place]
        };
        let panels = each(columns / WIDTH, lines * columns * SIDE * SIDE * 4, |panel| {
            let mut values = Buffer::dirty(SIDE * SIDE * lines * WIDTH);
            let taps = |line: usize| {
                let mut taps = [[0.0; WIDTH]; 9];
                for lane in 0..WIDTH {
                    for (tap, value) in kernel(line, panel * WIDTH + lane).iter().enumerate() {
                        let tap = if direction == Direction::Forward { tap } else { 8 - tap };
                        taps[tap][lane] = *value;
                    }
                }
                taps
            };
            level.run(Panel::<SIDE, _> { lines, taps, values: &mut values });
            values
        });
        Self { panels, lines }
    }

    /// Panels of columns.
    pub(crate) fn panels(&self) -> usize {
        self.panels.len()
    }

    /// The lines of one panel at one point.
    pub(crate) fn panel(&self, panel: usize, point: usize) -> &[[f32; WIDTH]] {
        &self.panels[panel].as_chunks::<WIDTH>().0[point * self.lines..][..self.lines]
    }
}

/// One panel, `[points, lines, WIDTH]`, from the nine places of the kernels of each line.
struct Panel<'a, const SIDE: usize, F> {
    lines: usize,
    taps: F,
    values: &'a mut [f32],
}

impl<const SIDE: usize, F: Fn(usize) -> [[f32; WIDTH]; 9]> WithSimd for Panel<'_, SIDE, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let values = self.values.as_chunks_mut::<WIDTH>().0;
        for line in 0..self.lines {
            let taps = (self.taps)(line);
            for vector in 0..WIDTH / S::F32_LANES {
                let mut kernel = [simd.splat_f32s(0.0); 9];
                for tap in 0..9 {
                    kernel[tap] = S::as_simd_f32s(&taps[tap]).0[vector];
                }
                let points: Square<S::f32s, SIDE> = transform::weights(simd, kernel);
                for (point, value) in points.as_flattened().iter().enumerate() {
                    let line = &mut values[point * self.lines + line];
                    S::as_mut_simd_f32s(line).0[vector] = *value;
                }
            }
        }
    }
}
