//! Convolution of any shape as a product of matrices whose left side is gathered from the image.

use super::Shape;
use super::lines::Lines;
use super::weights::backward_panels;
use crate::Level;
use crate::loops::Loops;
use crate::matrix::{Panels, RowsByPanels, gathered_outer};
use crate::memory::copy_few;
use crate::threads::each_chunk;

/// Pixels of one piece of work, about.
const BLOCK: usize = 96;

/// Channels below which the taps of a line are taken together, because the innermost loop would be too short
/// for each of them.
const FEW: usize = 16;

/// The forward pass; `finish` takes each output pixel with its place in the output.
///
/// It comes after all pixels of a piece of work, which are in a cache still: what stores the sums of a tile is a
/// function of its own, and compiled without the vectors of the level.
pub(crate) fn forward<F>(
    level: Level,
    shape: &Shape,
    input: &[f32],
    panels: &Panels,
    out: &mut [f32],
    finish: F,
) where
    F: Fn(usize, usize, &mut [f32]) + Send + Sync,
{
    let (columns, inputs) = (shape.outputs, shape.inputs);
    let zeros = vec![0.0; inputs];
    let rows = BLOCK.div_ceil(shape.output_width());
    let block = rows * shape.output_width();
    each_chunk(out, block * columns, shape.work(), |number, out| {
        let first = number * block;
        let pixels = out.len() / columns;
        let store = |pixel: usize, column: usize, sums: &[f32]| {
            let place = pixel * columns + column;
            copy_few(&mut out[place..][..sums.len()], sums);
        };
        if shape.taps() > 1 && inputs < FEW {
            let width = shape.output_width();
            let lines = Lines::of_input(shape, input, first / width, pixels / width);
            let row = |pixel: usize, line: usize| lines.see(pixel, line);
            let taps = shape.kernel;
            level.run(RowsByPanels { rows: pixels, taps, panels, row, store });
        } else {
            let coordinates =
                Coordinates::of(first, pixels, shape.output_height(), shape.output_width());
            let row = |pixel: usize, tap: usize| match shape.input_pixel(coordinates.0[pixel], tap)
            {
                Some(place) => &input[place * inputs..][..inputs],
                None => zeros.as_slice(),
            };
            level.run(RowsByPanels { rows: pixels, taps: shape.taps(), panels, row, store });
        }
        level.run(Loops(
            #[inline(always)]
            || {
                for (pixel, out) in out.chunks_exact_mut(columns).enumerate() {
                    finish((first + pixel) * columns, 0, out);
                }
            },
        ));
    });
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
    let few = shape.taps() > 1 && outputs < FEW && Lines::hold_gradient(shape);
    let block = BLOCK.div_ceil(shape.width).next_multiple_of(shape.stride) * shape.width;
    each_chunk(out, block * inputs, shape.work(), |number, out| {
        let pixels = out.len() / inputs;
        if let ([Phase { panels, .. }], true) = (phases.as_slice(), few) {
            let first = number * block / shape.width;
            let lines = Lines::of_gradient(shape, gradient, first, pixels / shape.width);
            let row = |pixel: usize, line: usize| lines.see(pixel, line);
            let store = |pixel: usize, column: usize, sums: &[f32]| {
                copy_few(&mut out[pixel * inputs + column..][..sums.len()], sums);
            };
            let taps = shape.kernel;
            return level.run(RowsByPanels { rows: pixels, taps, panels, row, store });
        }
        for phase in &phases {
            let members = phase.members(shape, number * block, pixels);
            if phase.taps.is_empty() || members.is_empty() {
                for member in &members {
                    out[member.pixel * inputs..][..inputs].fill(0.0);
                }
                continue;
            }
            let row = |member: usize, tap: usize| match phase.seen(shape, &members[member], tap) {
                Some(place) => &gradient[place * outputs..][..outputs],
                None => zeros.as_slice(),
            };
            let store = |member: usize, column: usize, sums: &[f32]| {
                let place = members[member].pixel * inputs + column;
                copy_few(&mut out[place..][..sums.len()], sums);
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
    /// For each tap, the output pixel that is seen, counted from that of the member.
    taps: Vec<[isize; 2]>,
    panels: Panels,
}

/// An input pixel of a phase.
struct Member {
    /// Its number in the piece of work.
    pixel: usize,
    image: usize,
    /// Its row and column without the remainder, divided by the stride.
    row: usize,
    column: usize,
}

impl Phase {
    fn all(shape: &Shape, weights: &[f32]) -> Vec<Self> {
        let Shape { kernel, stride, padding, .. } = *shape;
        let phases = (0..stride * stride).map(|number| {
            let (row, column) = (number / stride, number % stride);
            let meets = |remainder: usize, place: usize| {
                (remainder + padding + stride * kernel - place).is_multiple_of(stride)
            };
            let taps: Vec<usize> = (0..shape.taps())
                .filter(|tap| meets(row, tap / kernel) && meets(column, tap % kernel))
                .collect();
            let panels = backward_panels(shape, weights, &taps);
            // Divisible, as `meets` says.
            let away = |remainder: usize, place: usize| {
                ((remainder + padding) as isize - place as isize) / stride as isize
            };
            let offset = |tap: &usize| [away(row, tap / kernel), away(column, tap % kernel)];
            Self { row, column, taps: taps.iter().map(offset).collect(), panels }
        });
        phases.collect()
    }

    /// The members among `pixels` input pixels from `first` on, which are whole rows.
    fn members(&self, shape: &Shape, first: usize, pixels: usize) -> Vec<Member> {
        let Shape { height, width, stride, .. } = *shape;
        let mut members = Vec::with_capacity(pixels.div_ceil(stride));
        for line in 0..pixels / width {
            let row = first / width + line;
            let (image, row) = (row / height, row % height);
            if row % stride != self.row {
                continue;
            }
            let columns = (self.column..width).step_by(stride).enumerate();
            members.extend(columns.map(|(column, place)| Member {
                pixel: line * width + place,
                image,
                row: row / stride,
                column,
            }));
        }
        members
    }

    /// The output pixel that a member reaches through a tap, if any.
    #[inline(always)]
    fn seen(&self, shape: &Shape, member: &Member, tap: usize) -> Option<usize> {
        let [down, right] = self.taps[tap];
        let row = member.row.wrapping_add_signed(down);
        let column = member.column.wrapping_add_signed(right);
        let (height, width) = (shape.output_height(), shape.output_width());
        (row < height && column < width).then(|| (member.image * height + row) * width + column)
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
    let mut sums = vec![0.0; taps * inputs * outputs];
    if taps > 1 && inputs < FEW {
        let rows = shape.batch * shape.output_height();
        let lines = Lines::of_input(shape, input, 0, rows);
        let see = |line: usize, pixel: usize| lines.see(pixel, line);
        let sizes = [pixels, shape.kernel * inputs, outputs];
        gathered_outer(level, gradient, sizes, shape.kernel, see, &mut sums);
    } else {
        let coordinates = Coordinates::of(0, pixels, shape.output_height(), shape.output_width());
        let zeros = vec![0.0; inputs];
        let see = |tap: usize, pixel: usize| match shape.input_pixel(coordinates.0[pixel], tap) {
            Some(place) => &input[place * inputs..][..inputs],
            None => zeros.as_slice(),
        };
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
