//! The gradient with respect to the input.

use super::Shape;
use super::grid::{Grid, Layout, groups};
use super::lattice::{Lattice, Tap, weights_of_tap};
use crate::Level;
use crate::loops::Loops;
use crate::threads::each_chunk;

/// The gradient with respect to the input, given that with respect to the output: each input pixel
/// gathers from the output pixels that saw it, with the weights they saw it through.
pub fn data_gradient(
    level: Level,
    shape: &Shape,
    weights: &[f32],
    gradient: &[f32],
    out: &mut [f32],
) {
    let layout = layout(shape);
    let parts = parts(shape);
    let taps = |first| parts.iter().map(|part| part.taps(shape, &layout, weights, first)).collect();
    let taps: Vec<Vec<Vec<Tap>>> = groups(shape.channels).map(taps).collect();
    each_chunk(out, shape.input_image(), shape.work(), |image, out| {
        let gradient = &gradient[image * shape.output_image()..][..shape.output_image()];
        let mut grid = Grid::new(layout);
        level.run(Loops(
            #[inline(always)]
            || {
                grid.set(gradient);
                for (number, part) in parts.iter().enumerate() {
                    part.lattice.fill(&grid, taps.iter().map(|taps| taps[number].as_slice()), out);
                }
            },
        ));
    });
}

/// Rows and columns of zeros before the output: a tap looks back at most so far.
fn back(shape: &Shape) -> usize {
    (shape.kernel - 1) / shape.stride
}

/// How the gradient of the output is laid out: without strides, and so that every input pixel finds
/// its place.
fn layout(shape: &Shape) -> Layout {
    let part = |length: usize| (length + shape.padding) / shape.stride + 1 + back(shape);
    Layout {
        image: [shape.output_height(), shape.output_width()],
        channels: shape.channels,
        padding: back(shape),
        stride: 1,
        part: [part(shape.height), part(shape.width)],
    }
}

/// The input pixels that see the same taps: those at one offset within a stride.
struct Part {
    lattice: Lattice,
}

fn parts(shape: &Shape) -> Vec<Part> {
    let count = |length: usize, offset: usize| length.saturating_sub(offset).div_ceil(shape.stride);
    let part = |row: usize, column: usize| Part {
        lattice: Lattice {
            width: shape.width,
            channels: shape.channels,
            first: [row, column],
            step: shape.stride,
            count: [count(shape.height, row), count(shape.width, column)],
        },
    };
    let rows = 0..shape.stride;
    rows.flat_map(|row| (0..shape.stride).map(move |column| part(row, column))).collect()
}

impl Part {
    /// The taps whose distance from the input pixel is a multiple of the stride.
    fn taps(&self, shape: &Shape, layout: &Layout, weights: &[f32], first: usize) -> Vec<Tap> {
        let mut taps = Vec::new();
        for (row_tap, row) in self.axis(shape, 0) {
            for (column_tap, column) in self.axis(shape, 1) {
                let tap = row_tap * shape.kernel + column_tap;
                taps.push(Tap {
                    offset: layout.place([row, column]),
                    weights: weights_of_tap(weights, shape.kernel * shape.kernel, first, tap),
                });
            }
        }
        taps
    }

    /// The taps along an axis, and how far each one's output pixel is into the grid: input pixel `i`
    /// is seen through tap `k` by output pixel `(i + padding - k) / stride`.
    fn axis(&self, shape: &Shape, axis: usize) -> impl Iterator<Item = (usize, usize)> {
        let padded = self.lattice.first[axis] + shape.padding;
        let (stride, back) = (shape.stride, back(shape));
        let taps = (padded % stride..shape.kernel).step_by(stride);
        taps.enumerate().map(move |(steps, tap)| (tap, padded / stride + back - steps))
    }
}
