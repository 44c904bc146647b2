//! The normalised batch.

use crate::Level;
use crate::activation::{Activation, with_activation};
use crate::loops::Loops;
use crate::rows::Rows;
use crate::threads::each_chunk;

/// What is done to each channel: `(x - mean) * scale + shift`.
///
/// The mean is subtracted before anything is multiplied, so that nothing is lost where the mean is
/// much larger than the deviation.
#[derive(Clone, Copy, Debug)]
pub struct Affine<'a> {
    /// The mean of each channel.
    pub mean: &'a [f32],
    /// `gamma / sqrt(variance + epsilon)` for each channel.
    pub scale: &'a [f32],
    /// `beta` for each channel.
    pub shift: &'a [f32],
}

/// `out = activation((x - mean) * scale + shift + residual)`, where `x`, `residual` and `out` are
/// `[pixels, channels]`; the number of channels is that of the means.
pub fn normalise(
    level: Level,
    x: &[f32],
    affine: Affine<'_>,
    residual: Option<&[f32]>,
    activation: Activation,
    out: &mut [f32],
) {
    let rows = Rows::of(affine.mean.len());
    let [mean, scale, shift] =
        [affine.mean, affine.scale, affine.shift].map(|one| rows.repeat(one));
    let wide = Affine { mean: &mean, scale: &scale, shift: &shift };
    let (piece, work) = (rows.piece(), out.len() * 8);
    each_chunk(out, piece, work, |number, out| {
        let x = &x[number * piece..][..out.len()];
        let residual = residual.map(|residual| &residual[number * piece..][..out.len()]);
        level.run(Loops(
            #[inline(always)]
            || {
                with_activation!(activation, ACTIVATION => match residual {
                    None => plain(ACTIVATION, wide, x, out),
                    Some(residual) => with_residual(ACTIVATION, wide, x, residual, out),
                });
            },
        ));
    });
}

#[inline(always)]
fn plain(activation: Activation, affine: Affine<'_>, x: &[f32], out: &mut [f32]) {
    let width = affine.mean.len();
    for (x, out) in x.chunks(width).zip(out.chunks_mut(width)) {
        row(affine, x, out, |_, value| activation.apply(value));
    }
}

#[inline(always)]
fn with_residual(
    activation: Activation,
    affine: Affine<'_>,
    x: &[f32],
    residual: &[f32],
    out: &mut [f32],
) {
    let width = affine.mean.len();
    let rows = x.chunks(width).zip(residual.chunks(width)).zip(out.chunks_mut(width));
    for ((x, residual), out) in rows {
        let residual = &residual[..out.len()];
        row(affine, x, out, |column, value| activation.apply(value + residual[column]));
    }
}

#[inline(always)]
fn row(affine: Affine<'_>, x: &[f32], out: &mut [f32], finish: impl Fn(usize, f32) -> f32) {
    let width = out.len();
    let x = &x[..width];
    let (mean, scale) = (&affine.mean[..width], &affine.scale[..width]);
    let shift = &affine.shift[..width];
    for (column, out) in out.iter_mut().enumerate() {
        *out = finish(column, (x[column] - mean[column]) * scale[column] + shift[column]);
    }
}
