//! The gradients that are as large as the batch.

use super::backward::{Forward, Part};
use crate::Level;
use crate::activation::{Activation, with_activation};
use crate::loops::Loops;
use crate::rows::Rows;
use crate::threads::each_pair;

/// The gradient of the input is `factor * (dz - constant - (x - mean) * slope)`; each of these has
/// one number for each number of a row.
pub(super) struct Line {
    pub(super) mean: Vec<f32>,
    pub(super) factor: Vec<f32>,
    pub(super) constant: Vec<f32>,
    pub(super) slope: Vec<f32>,
}

/// Fills the gradients of the input and of the residual, where there is one.
pub(super) fn input(
    level: Level,
    forward: Forward<'_>,
    dy: &[f32],
    line: &Line,
    dx: &mut [f32],
    dresidual: Option<&mut [f32]>,
) {
    let (piece, work) = (Rows::of(forward.mean.len()).piece(), dx.len() * 8);
    each_pair(dx, dresidual, piece, work, |number, dx, mut dresidual| {
        let part = forward.part(dy, number * piece, dx.len());
        level.run(Loops(
            #[inline(always)]
            || {
                with_activation!(forward.activation, ACTIVATION => match &mut dresidual {
                    None => plain(ACTIVATION, part, line, dx),
                    Some(dresidual) => with_residual(ACTIVATION, part, line, dx, dresidual),
                });
            },
        ));
    });
}

#[inline(always)]
fn plain(activation: Activation, part: Part<'_>, line: &Line, dx: &mut [f32]) {
    let width = line.mean.len();
    for (part, dx) in part.chunks(width).zip(dx.chunks_mut(width)) {
        let (y, dy) = (&part.y[..dx.len()], &part.dy[..dx.len()]);
        row(line, part.x, dx, |column| activation.mask(y[column], dy[column]));
    }
}

#[inline(always)]
fn with_residual(
    activation: Activation,
    part: Part<'_>,
    line: &Line,
    dx: &mut [f32],
    dresidual: &mut [f32],
) {
    let width = line.mean.len();
    let rows = part.chunks(width).zip(dx.chunks_mut(width)).zip(dresidual.chunks_mut(width));
    for ((part, dx), dz) in rows {
        for ((dz, &y), &dy) in dz.iter_mut().zip(part.y).zip(part.dy) {
            *dz = activation.mask(y, dy);
        }
        let dz = &dz[..dx.len()];
        row(line, part.x, dx, |column| dz[column]);
    }
}

#[inline(always)]
fn row(line: &Line, x: &[f32], dx: &mut [f32], dz: impl Fn(usize) -> f32) {
    let width = dx.len();
    let (x, mean, factor) = (&x[..width], &line.mean[..width], &line.factor[..width]);
    let (constant, slope) = (&line.constant[..width], &line.slope[..width]);
    for (column, dx) in dx.iter_mut().enumerate() {
        let rest = constant[column] + (x[column] - mean[column]) * slope[column];
        *dx = factor[column] * (dz(column) - rest);
    }
}
