//! Weights in the transformed domain.

use super::super::Shape;
use super::transform::{self, POINTS};
use crate::Level;
use crate::loops::Loops;
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
pub(crate) struct Points {
    panels: Vec<Buffer>,
    lines: usize,
}

impl Points {
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
        let work = lines * columns * POINTS * 4;
        let panels = each(columns / WIDTH, work, |panel| {
            level.run(Loops(
                #[inline(always)]
                || {
                    let mut values = Buffer::dirty(POINTS * lines * WIDTH);
                    for line in 0..lines {
                        let points: [[f32; POINTS]; WIDTH] = std::array::from_fn(|lane| {
                            let mut kernel = *kernel(line, panel * WIDTH + lane);
                            if direction == Direction::Backward {
                                kernel.reverse();
                            }
                            transform::weights(kernel)
                        });
                        for point in 0..POINTS {
                            let line = &mut values[(point * lines + line) * WIDTH..][..WIDTH];
                            for (value, points) in line.iter_mut().zip(&points) {
                                *value = points[point];
                            }
                        }
                    }
                    values
                },
            ))
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
