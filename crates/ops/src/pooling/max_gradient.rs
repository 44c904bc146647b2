//! The gradient of max pooling.

use super::Shape;
use crate::Level;
use crate::loops::Loops;
use crate::threads::each_chunk;

/// The gradient with respect to the input, given that with respect to the output: the number that
/// won gets that of its window, the first of equal ones in the order of rows as in PyTorch; the
/// others get 0.
///
/// Winners are found again by comparing the input with the output `y`, which both are there anyway:
/// that costs no more time than it takes to write and read their places.
pub fn max_gradient(
    level: Level,
    shape: &Shape,
    input: &[f32],
    y: &[f32],
    gradient: &[f32],
    out: &mut [f32],
) {
    let work = shape.batch * shape.input_image() * 8;
    each_chunk(out, shape.input_image(), work, |image, out| {
        let input = &input[image * shape.input_image()..][..shape.input_image()];
        let y = &y[image * shape.output_image()..][..shape.output_image()];
        let gradient = &gradient[image * shape.output_image()..][..shape.output_image()];
        level.run(Loops(
            #[inline(always)]
            || {
                if (shape.kernel, shape.stride) == (2, 2) && !y.is_empty() {
                    pairs(shape, input, y, gradient, out);
                } else {
                    windows(shape, input, y, gradient, out);
                }
            },
        ));
    });
}

/// Windows of two by two that do not overlap.
#[inline(always)]
fn pairs(shape: &Shape, input: &[f32], y: &[f32], gradient: &[f32], out: &mut [f32]) {
    let (row, channels) = (shape.input_row(), shape.channels);
    let covered = 2 * shape.output_row();
    let outputs = y.chunks_exact(shape.output_row()).zip(gradient.chunks_exact(shape.output_row()));
    let mut inputs = input.chunks_exact(2 * row).zip(out.chunks_exact_mut(2 * row));
    for ((input, out), (y, gradient)) in inputs.by_ref().zip(outputs) {
        let (upper, lower) = input.split_at(row);
        let (out_upper, out_lower) = out.split_at_mut(row);
        out_upper[covered..].fill(0.0);
        out_lower[covered..].fill(0.0);
        let pixels = y.chunks_exact(channels).zip(gradient.chunks_exact(channels));
        let upper = upper.chunks_exact(2 * channels).zip(out_upper.chunks_exact_mut(2 * channels));
        let lower = lower.chunks_exact(2 * channels).zip(out_lower.chunks_exact_mut(2 * channels));
        for (((y, gradient), upper), lower) in pixels.zip(upper).zip(lower) {
            let (a, b) = upper.0.split_at(channels);
            let (c, d) = lower.0.split_at(channels);
            let (out_a, out_b) = upper.1.split_at_mut(channels);
            let (out_c, out_d) = lower.1.split_at_mut(channels);
            four([a, b, c, d], y, gradient, out_a, out_b, out_c, out_d);
        }
    }
    out[shape.output_height() * 2 * row..].fill(0.0);
}

/// One window of two by two.
#[inline(always)]
fn four(
    inputs: [&[f32]; 4],
    y: &[f32],
    gradient: &[f32],
    out_a: &mut [f32],
    out_b: &mut [f32],
    out_c: &mut [f32],
    out_d: &mut [f32],
) {
    let channels = y.len();
    let [a, b, c, d] = inputs.map(|input| &input[..channels]);
    let gradient = &gradient[..channels];
    let (out_a, out_b) = (&mut out_a[..channels], &mut out_b[..channels]);
    let (out_c, out_d) = (&mut out_c[..channels], &mut out_d[..channels]);
    for channel in 0..channels {
        let (y, gradient) = (y[channel], gradient[channel]);
        let [a, b, c, d] = [a, b, c, d].map(|input| won(input[channel], y));
        out_a[channel] = if a { gradient } else { 0.0 };
        out_b[channel] = if b & !a { gradient } else { 0.0 };
        out_c[channel] = if c & !(a | b) { gradient } else { 0.0 };
        out_d[channel] = if d & !(a | b | c) { gradient } else { 0.0 };
    }
}

/// Windows of any size, which may overlap.
#[inline(always)]
fn windows(shape: &Shape, input: &[f32], y: &[f32], gradient: &[f32], out: &mut [f32]) {
    out.fill(0.0);
    let channels = shape.channels;
    let outputs = y.chunks_exact(channels).zip(gradient.chunks_exact(channels));
    for (number, (y, gradient)) in outputs.enumerate() {
        let (row, column) = (number / shape.output_width(), number % shape.output_width());
        let corner = row * shape.stride * shape.input_row() + column * shape.stride * channels;
        for channel in 0..channels {
            let mut places = (0..shape.kernel * shape.kernel).map(|tap| {
                let (down, right) = (tap / shape.kernel, tap % shape.kernel);
                corner + down * shape.input_row() + right * channels + channel
            });
            if let Some(place) = places.find(|&place| won(input[place], y[channel])) {
                out[place] += gradient[channel];
            }
        }
    }
}

/// Whether this is the number that won.
#[inline(always)]
fn won(input: f32, y: f32) -> bool {
    (input == y) | input.is_nan()
}
