//! The largest number of each window.

use super::Shape;
use crate::Level;
use crate::loops::Loops;
use crate::threads::each_chunk;

/// `out` becomes the largest number of each window and channel; what is not a number wins.
pub fn max(level: Level, shape: &Shape, input: &[f32], out: &mut [f32]) {
    let work = shape.batch * shape.input_image() * 8;
    each_chunk(out, shape.output_image(), work, |image, out| {
        let input = &input[image * shape.input_image()..][..shape.input_image()];
        level.run(Loops(
            #[inline(always)]
            || of_image(shape, input, out),
        ));
    });
}

#[inline(always)]
fn of_image(shape: &Shape, input: &[f32], out: &mut [f32]) {
    let mut tallest = vec![0.0; shape.input_row()];
    for (row, out) in out.chunks_exact_mut(shape.output_row()).enumerate() {
        let rows = &input[row * shape.stride * shape.input_row()..];
        let mut rows = rows.chunks_exact(shape.input_row()).take(shape.kernel);
        if let (Some(first), Some(second)) = (rows.next(), rows.next()) {
            set_larger(first, second, &mut tallest);
        } else {
            tallest.copy_from_slice(
                &input[row * shape.stride * shape.input_row()..][..shape.input_row()],
            );
        }
        for row in rows {
            raise(row, &mut tallest);
        }
        across(shape, &tallest, out);
    }
}

/// The largest number of `kernel` neighbours in a row.
#[inline(always)]
fn across(shape: &Shape, row: &[f32], out: &mut [f32]) {
    let channels = shape.channels;
    for (window, out) in out.chunks_exact_mut(channels).enumerate() {
        let pixels = &row[window * shape.stride * channels..][..shape.kernel * channels];
        let (first, rest) = pixels.split_at(channels);
        if rest.is_empty() {
            out.copy_from_slice(first);
            continue;
        }
        let (second, rest) = rest.split_at(channels);
        set_larger(first, second, out);
        for pixel in rest.chunks_exact(channels) {
            raise(pixel, out);
        }
    }
}

#[inline(always)]
fn set_larger(first: &[f32], second: &[f32], out: &mut [f32]) {
    for ((out, &first), &second) in out.iter_mut().zip(first).zip(second) {
        *out = larger(first, second);
    }
}

#[inline(always)]
fn raise(values: &[f32], out: &mut [f32]) {
    for (out, &value) in out.iter_mut().zip(values) {
        *out = larger(*out, value);
    }
}

#[inline(always)]
fn larger(first: f32, second: f32) -> f32 {
    // Not `||`, which would be a branch.
    if (second > first) | second.is_nan() { second } else { first }
}
