//! Convolution of any shape as a product of matrices whose left side is gathered from the image.

use super::Shape;
use super::weights::{backward_panels, forward_panels};
use crate::Level;
use crate::matrix::{Panels, RowsByPanels, gathered_outer};
use crate::threads::each_chunk;

/// Pixels of one piece of work, about.
const BLOCK: usize = 96;

/// Input channels below which the taps are copied together, because the innermost loop would be
/// too short for each of them.
const FEW_INPUTS: usize = 16;

/// The forward pass; `finish` takes each part of an output pixel with its place in the output.
pub(crate) fn forward<F>(
    level: Level,
    shape: &Shape,
    input: &[f32],
    weights: &[f32],
    out: &mut [f32],
    finish: F,
) where
    F: Fn(usize, usize, &mut [f32]) + Send + Sync,
{
    let panels = forward_panels(shape, weights);
    let (columns, inputs) = (shape.outputs, shape.inputs);
    let zeros = vec![0.0; inputs];
    let rows = BLOCK.div_ceil(shape.output_width());
    let block = rows * shape.output_width();
    each_chunk(out, block * columns, shape.work(), |number, out| {
        let first = number * block;
        let pixels = out.len() / columns;
        let coordinates =
            Coordinates::of(first, pixels, shape.output_height(), shape.output_width());
        let see = |pixel: usize, tap: usize| match shape.input_pixel(coordinates.0[pixel], tap) {
            Some(place) => &input[place * inputs..][..inputs],
            None => zeros.as_slice(),
        };
        let store = |pixel: usize, column: usize, sums: &[f32]| {
            let place = pixel * columns + column;
            let out = &mut out[place..][..sums.len()];
            out.copy_from_slice(sums);
            finish(first * columns + place, column, out);
        };
        if shape.taps() > 1 && inputs < FEW_INPUTS {
            let length = shape.taps() * inputs;
            let patches = patches(shape, input, &coordinates.0);
            let row = |pixel: usize, _| &patches[pixel * length..][..length];
            level.run(RowsByPanels { rows: pixels, taps: 1, panels: &panels, row, store });
        } else {
            let taps = shape.taps();
            level.run(RowsByPanels { rows: pixels, taps, panels: &panels, row: see, store });
        }
    });
}

/// The inputs that each output pixel sees, tap after tap: a line of the kernel at a time, whose taps lie side
/// by side in the image.
fn patches(shape: &Shape, input: &[f32], pixels: &[[usize; 3]]) -> Vec<f32> {
    let line = shape.kernel * shape.inputs;
    let mut patches = vec![0.0; pixels.len() * shape.kernel * line];
    let lines = patches.chunks_exact_mut(line).enumerate();
    for (number, out) in lines {
        let pixel = pixels[number / shape.kernel];
        copy_line(shape, input, pixel, number % shape.kernel, out);
    }
    patches
}

/// Copies what a line of the kernel sees of the image; what it sees of the padding stays as it is.
fn copy_line(
    shape: &Shape,
    input: &[f32],
    [image, row, column]: [usize; 3],
    line: usize,
    out: &mut [f32],
) {
    let Shape { height, width, inputs, kernel, stride, padding, .. } = *shape;
    let Some(row) = (row * stride + line).checked_sub(padding).filter(|&row| row < height) else {
        return;
    };
    // Both count from the left end of the padding.
    let start = column * stride;
    let (first, last) =
        (padding.saturating_sub(start), kernel.min((width + padding).saturating_sub(start)));
    if first < last {
        let place = ((image * height + row) * width + start + first - padding) * inputs;
        let out = &mut out[first * inputs..last * inputs];
        out.copy_from_slice(&input[place..][..out.len()]);
    }
}

/// The gradient with respect to the input.
///
/// Input pixels whose row and column leave the same remainders of division by the stride see the
/// same taps; they are computed together.
pub(crate) fn data_gradient(
    level: Level,
    shape: &Shape,
    weights: &[f32],
    gradient: &[f32],
    out: &mut [f32],
) {
    let phases = Phase::all(shape, weights);
    let (inputs, outputs) = (shape.inputs, shape.outputs);
    let zeros = vec![0.0; outputs];
    let block = BLOCK.div_ceil(shape.width).next_multiple_of(shape.stride) * shape.width;
    each_chunk(out, block * inputs, shape.work(), |number, out| {
        let pixels = out.len() / inputs;
        let coordinates = Coordinates::of(number * block, pixels, shape.height, shape.width);
        for phase in &phases {
            let members: Vec<usize> =
                (0..pixels).filter(|&pixel| phase.holds(shape, coordinates.0[pixel])).collect();
            if phase.taps.is_empty() || members.is_empty() {
                for &pixel in &members {
                    out[pixel * inputs..][..inputs].fill(0.0);
                }
                continue;
            }
            let row = |member: usize, tap: usize| {
                let pixel = coordinates.0[members[member]];
                match shape.output_pixel(pixel, phase.taps[tap]) {
                    Some(place) => &gradient[place * outputs..][..outputs],
                    None => zeros.as_slice(),
                }
            };
            let store = |member: usize, column: usize, sums: &[f32]| {
                let place = members[member] * inputs + column;
                out[place..][..sums.len()].copy_from_slice(sums);
            };
            let (rows, taps, panels) = (members.len(), phase.taps.len(), &phase.panels);
            level.run(RowsByPanels { rows, taps, panels, row, store });
        }
    });
}

/// The input pixels that see the same taps.
struct Phase {
    row: usize,
    column: usize,
    taps: Vec<usize>,
    panels: Panels,
}

impl Phase {
    fn all(shape: &Shape, weights: &[f32]) -> Vec<Self> {
        let phases = (0..shape.stride * shape.stride).map(|number| {
            let (row, column) = (number / shape.stride, number % shape.stride);
            let meets = |remainder: usize, place: usize| {
                (remainder + shape.padding + shape.stride * shape.kernel - place)
                    .is_multiple_of(shape.stride)
            };
            let taps: Vec<usize> = (0..shape.taps())
                .filter(|tap| meets(row, tap / shape.kernel) && meets(column, tap % shape.kernel))
                .collect();
            let panels = backward_panels(shape, weights, &taps);
            Self { row, column, taps, panels }
        });
        phases.collect()
    }

    fn holds(&self, shape: &Shape, [_, row, column]: [usize; 3]) -> bool {
        row % shape.stride == self.row && column % shape.stride == self.column
    }
}

/// The gradient with respect to the weights, `[outputs, inputs, kernel, kernel]`.
pub(crate) fn weight_gradient(
    level: Level,
    shape: &Shape,
    input: &[f32],
    gradient: &[f32],
    out: &mut [f32],
) {
    let (taps, inputs, outputs) = (shape.taps(), shape.inputs, shape.outputs);
    let pixels = shape.output_pixels();
    let coordinates = Coordinates::of(0, pixels, shape.output_height(), shape.output_width());
    let zeros = vec![0.0; inputs];
    let see = |tap: usize, pixel: usize| match shape.input_pixel(coordinates.0[pixel], tap) {
        Some(place) => &input[place * inputs..][..inputs],
        None => zeros.as_slice(),
    };
    let mut sums = vec![0.0; taps * inputs * outputs];
    if taps > 1 && inputs < FEW_INPUTS {
        let length = taps * inputs;
        let patches = patches(shape, input, &coordinates.0);
        let line = |_, pixel: usize| &patches[pixel * length..][..length];
        gathered_outer(level, gradient, [pixels, length, outputs], 1, line, &mut sums);
    } else {
        gathered_outer(level, gradient, [pixels, inputs, outputs], taps, see, &mut sums);
    }
    for (tap, sums) in sums.chunks_exact((inputs * outputs).max(1)).enumerate() {
        for (input, sums) in sums.chunks_exact(outputs.max(1)).enumerate() {
            for (output, &sum) in sums.iter().enumerate() {
                out[(output * inputs + input) * taps + tap] = sum;
            }
        }
    }
}

/// Image, row and column of pixels in a row.
struct Coordinates(Vec<[usize; 3]>);

impl Coordinates {
    fn of(first: usize, pixels: usize, height: usize, width: usize) -> Self {
        let mut next = [first / (height * width), first / width % height, first % width];
        let pixels = (0..pixels).map(|_| {
            let found = next;
            next[2] += 1;
            if next[2] == width {
                next = [next[0], next[1] + 1, 0];
            }
            if next[1] == height {
                next = [next[0] + 1, 0, 0];
            }
            found
        });
        Self(pixels.collect())
    }
}
