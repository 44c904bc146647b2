//! Lines of images with their padding, so that what a line of the kernel sees lies side by side.
//!
//! With few channels, what a single tap sees is too short for the innermost loop. What a whole line of the
//! kernel sees is longer, and in an image with its padding it is there without being copied.

use super::Shape;
use crate::memory::{Buffer, copy_few};

/// For each row of the result, the lines that its pixels see.
pub(super) struct Lines {
    values: Buffer,
    /// Numbers of a line.
    length: usize,
    /// Where the first line of each pixel begins.
    starts: Vec<usize>,
    /// Numbers that a pixel sees of a line.
    seen: usize,
}

impl Lines {
    /// What the output pixels of `rows` rows of output, from `first` on, see of the input.
    pub(super) fn of_input(shape: &Shape, input: &[f32], first: usize, rows: usize) -> Self {
        let Shape { height, width, inputs, kernel, stride, padding, .. } = *shape;
        let of_row = width * inputs;
        let length = of_row + 2 * padding * inputs;
        let mut values = Buffer::dirty(rows * kernel * length);
        for (number, out) in values.chunks_exact_mut(length).enumerate() {
            let (row, line) = (first + number / kernel, number % kernel);
            let (image, row) = (row / shape.output_height(), row % shape.output_height());
            let seen = (row * stride + line).checked_sub(padding).filter(|row| *row < height);
            let Some(row) = seen else {
                out.fill(0.0);
                continue;
            };
            let (before, rest) = out.split_at_mut(padding * inputs);
            let (pixels, after) = rest.split_at_mut(of_row);
            before.fill(0.0);
            after.fill(0.0);
            pixels.copy_from_slice(&input[(image * height + row) * of_row..][..of_row]);
        }
        let columns = (0..shape.output_width()).map(|column| column * stride * inputs);
        Self::new(values, rows, [kernel, length, kernel * inputs], columns)
    }

    /// Whether what an input pixel sees of the gradient can be laid out like this.
    pub(super) fn hold_gradient(shape: &Shape) -> bool {
        shape.stride == 1 && shape.padding < shape.kernel
    }

    /// What the input pixels of `rows` rows of input, from `first` on, see of the gradient of the output.
    ///
    /// A tap further to the right sees a pixel further to the left, so that lines run from right to left.
    pub(super) fn of_gradient(shape: &Shape, gradient: &[f32], first: usize, rows: usize) -> Self {
        let Shape { height, width, outputs, kernel, padding, .. } = *shape;
        let of_row = shape.output_width() * outputs;
        let margin = (kernel - 1 - padding) * outputs;
        let length = of_row + 2 * margin;
        let mut values = Buffer::dirty(rows * kernel * length);
        for (number, out) in values.chunks_exact_mut(length).enumerate() {
            let (row, line) = (first + number / kernel, number % kernel);
            let (image, row) = (row / height, row % height);
            let seen = (row + padding).checked_sub(line).filter(|row| *row < shape.output_height());
            let Some(row) = seen else {
                out.fill(0.0);
                continue;
            };
            let (before, rest) = out.split_at_mut(margin);
            let (pixels, after) = rest.split_at_mut(of_row);
            before.fill(0.0);
            after.fill(0.0);
            let start = (image * shape.output_height() + row) * of_row;
            let from = gradient[start..][..of_row].chunks_exact(outputs).rev();
            for (to, from) in pixels.chunks_exact_mut(outputs).zip(from) {
                copy_few(to, from);
            }
        }
        let columns = (0..width).map(|column| (width - 1 - column) * outputs);
        Self::new(values, rows, [kernel, length, kernel * outputs], columns)
    }

    fn new(
        values: Buffer,
        rows: usize,
        [kernel, length, seen]: [usize; 3],
        columns: impl Iterator<Item = usize> + Clone,
    ) -> Self {
        let starts = |row: usize| columns.clone().map(move |column| row * kernel * length + column);
        Self { values, length, starts: (0..rows).flat_map(starts).collect(), seen }
    }

    /// What a pixel sees of a line.
    #[inline(always)]
    pub(super) fn see(&self, pixel: usize, line: usize) -> &[f32] {
        &self.values[self.starts[pixel] + line * self.length..][..self.seen]
    }
}
