//! The convolution.

use super::Shape;
use super::grid::{Grid, Layout, groups};
use super::lattice::{Lattice, Tap, weights_of_tap};
use crate::Level;
use crate::loops::Loops;
use crate::threads::each_chunk;

/// The convolution: each output pixel of a channel is the sum over the kernel of weight times input,
/// input beyond the edges being 0. `finish` takes each output pixel of an image when the image is done; it needs
/// `#[inline(always)]` to compute with vectors.
pub fn forward<F>(
    level: Level,
    shape: &Shape,
    input: &[f32],
    weights: &[f32],
    out: &mut [f32],
    finish: F,
) where
    F: Fn(&mut [f32]) + Send + Sync,
{
    let layout = layout(shape);
    let taps: Vec<Vec<Tap>> =
        groups(shape.channels).map(|first| taps(shape, &layout, weights, first)).collect();
    let lattice = Lattice {
        width: shape.output_width(),
        channels: shape.channels,
        first: [0, 0],
        step: 1,
        count: [shape.output_height(), shape.output_width()],
    };
    each_chunk(out, shape.output_image(), shape.work(), |image, out| {
        let input = &input[image * shape.input_image()..][..shape.input_image()];
        let mut grid = Grid::new(layout);
        level.run(Loops(
            #[inline(always)]
            || {
                grid.set(input);
                lattice.fill(&grid, taps.iter().map(Vec::as_slice), out);
                out.chunks_exact_mut(shape.channels.max(1)).for_each(&finish);
            },
        ));
    });
}

/// How the input is laid out: as many rows and columns as the kernel sees.
pub(super) fn layout(shape: &Shape) -> Layout {
    let more = (shape.kernel - 1) / shape.stride;
    Layout {
        image: [shape.height, shape.width],
        channels: shape.channels,
        padding: shape.padding,
        stride: shape.stride,
        part: [shape.output_height() + more, shape.output_width() + more],
    }
}

fn taps(shape: &Shape, layout: &Layout, weights: &[f32], first: usize) -> Vec<Tap> {
    let count = shape.kernel * shape.kernel;
    let tap = |tap: usize| Tap {
        offset: layout.place([tap / shape.kernel, tap % shape.kernel]),
        weights: weights_of_tap(weights, count, first, tap),
    };
    (0..count).map(tap).collect()
}
