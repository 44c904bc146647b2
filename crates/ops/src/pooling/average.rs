//! The mean over all pixels of an image.

use crate::Level;
use crate::loops::Loops;
use crate::rows::sums_of_columns;
use crate::threads::each_chunk;

/// `out`, `[batch, channels]`, becomes the mean over the pixels of `input`, which is `[batch, pixels,
/// channels]`: global average pooling (Lin, Chen and Yan, "Network In Network", 2013).
pub fn average(level: Level, input: &[f32], [_, pixels, channels]: [usize; 3], out: &mut [f32]) {
    let share = 1.0 / pixels.max(1) as f64;
    each_chunk(out, channels, input.len() * 8, |image, out| {
        let input = &input[image * pixels * channels..][..pixels * channels];
        let sums = level.run(Loops(
            #[inline(always)]
            || sums_of_columns(input, channels),
        ));
        for (out, sum) in out.iter_mut().zip(sums) {
            *out = (sum * share) as f32;
        }
    });
}

/// The gradient with respect to the input, given that with respect to the output: each pixel gets
/// the same part of it.
pub fn average_gradient(
    level: Level,
    gradient: &[f32],
    [_, pixels, channels]: [usize; 3],
    out: &mut [f32],
) {
    let (share, work) = (pixels.max(1) as f32, out.len() * 8);
    each_chunk(out, pixels * channels, work, |image, out| {
        let gradient = &gradient[image * channels..][..channels];
        level.run(Loops(
            #[inline(always)]
            || {
                for pixel in out.chunks_exact_mut(channels) {
                    for (out, gradient) in pixel.iter_mut().zip(gradient) {
                        *out = gradient / share;
                    }
                }
            },
        ));
    });
}
