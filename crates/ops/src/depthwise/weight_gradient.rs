//! The gradient with respect to the weights.

use super::Shape;
use super::forward::layout;
use super::grid::{Grid, LANES, Layout, Pixel, first_channel};
use crate::Level;
use crate::loops::Loops;
use crate::threads::each;

/// Pieces that the images are divided into. They round differently from one sum, so their number is
/// fixed.
const PIECES: usize = 16;

/// Pixels that are summed in `f32` before their sum is added to others in `f64`.
const BLOCK: usize = 16;

/// Taps whose sums are kept in registers together.
const TOGETHER: usize = 3;

/// The sum of a tap for each of the channels that are worked on together.
type Sum = [f64; LANES];

/// The gradient with respect to the weights, given that with respect to the output: for each tap the
/// sum over all output pixels of the gradient times the input that the tap sees.
pub fn weight_gradient(
    level: Level,
    shape: &Shape,
    input: &[f32],
    gradient: &[f32],
    out: &mut [f32],
) {
    let taps = shape.kernel * shape.kernel;
    let pieces = shape.batch.clamp(1, PIECES);
    let sums = each(pieces, shape.work(), |piece| {
        let images = piece * shape.batch / pieces..(piece + 1) * shape.batch / pieces;
        let mut sums = vec![[0.0; LANES]; shape.channels.div_ceil(LANES) * taps];
        let mut images_sums = ImageSums::new(shape);
        for image in images {
            let input = &input[image * shape.input_image()..][..shape.input_image()];
            let gradient = &gradient[image * shape.output_image()..][..shape.output_image()];
            level.run(Loops(
                #[inline(always)]
                || images_sums.add(input, gradient, &mut sums),
            ));
        }
        sums
    });
    for (channel, out) in out.chunks_exact_mut(taps).enumerate() {
        let group = channel / LANES;
        let lane = channel - first_channel(shape.channels, group);
        for (tap, out) in out.iter_mut().enumerate() {
            *out = sums.iter().map(|sums| sums[group * taps + tap][lane]).sum::<f64>() as f32;
        }
    }
}

/// Adds up the sums of one image after the other.
struct ImageSums {
    /// Rows and columns of the output.
    output: [usize; 2],
    /// Where each tap looks.
    offsets: Vec<usize>,
    input: Grid,
    gradient: Grid,
}

impl ImageSums {
    fn new(shape: &Shape) -> Self {
        let output = [shape.output_height(), shape.output_width()];
        let input = layout(shape);
        let taps = 0..shape.kernel * shape.kernel;
        let offset = |tap: usize| input.place([tap / shape.kernel, tap % shape.kernel]);
        let channels = shape.channels;
        let gradient = Layout { image: output, channels, padding: 0, stride: 1, part: output };
        Self {
            output,
            offsets: taps.map(offset).collect(),
            input: Grid::new(input),
            gradient: Grid::new(gradient),
        }
    }

    #[inline(always)]
    fn add(&mut self, input: &[f32], gradient: &[f32], sums: &mut [Sum]) {
        self.input.set(input);
        self.gradient.set(gradient);
        for (group, sums) in sums.chunks_exact_mut(self.offsets.len()).enumerate() {
            let (offsets, rest) = self.offsets.as_chunks::<TOGETHER>();
            let (sums, rest_sums) = sums.as_chunks_mut::<TOGETHER>();
            for (offsets, sums) in offsets.iter().zip(sums) {
                self.add_taps(group, offsets, sums);
            }
            for (offset, sum) in rest.iter().zip(rest_sums) {
                self.add_taps(group, &[*offset], std::array::from_mut(sum));
            }
        }
    }

    #[inline(always)]
    fn add_taps<const TAPS: usize>(
        &self,
        group: usize,
        offsets: &[usize; TAPS],
        sums: &mut [Sum; TAPS],
    ) {
        let (input, gradient) = (self.input.group(group), self.gradient.group(group));
        let [rows, columns] = self.output;
        let together = (BLOCK / columns.max(1)).max(1);
        for first in (0..rows).step_by(together) {
            for begin in (0..columns).step_by(BLOCK) {
                let many = BLOCK.min(columns - begin);
                let mut block = [[0.0; LANES]; TAPS];
                for row in first..rows.min(first + together) {
                    let place = row * self.input.columns() + begin;
                    let inputs = offsets.map(|offset| &input[offset + place..][..many]);
                    let gradients = &gradient[row * columns + begin..][..many];
                    block = add_row(block, inputs, gradients);
                }
                for (sum, block) in sums.iter_mut().zip(block) {
                    for (sum, value) in sum.iter_mut().zip(block) {
                        *sum += f64::from(value);
                    }
                }
            }
        }
    }
}

/// Adds gradient times input, for each tap.
#[inline(always)]
fn add_row<const TAPS: usize>(
    mut sums: [Pixel; TAPS],
    inputs: [&[Pixel]; TAPS],
    gradients: &[Pixel],
) -> [Pixel; TAPS] {
    let inputs = inputs.map(|inputs| &inputs[..gradients.len()]);
    for (place, gradient) in gradients.iter().enumerate() {
        for (sums, inputs) in sums.iter_mut().zip(inputs) {
            for lane in 0..LANES {
                sums[lane] += gradient[lane] * inputs[place][lane];
            }
        }
    }
    sums
}
