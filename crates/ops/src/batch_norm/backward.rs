//! The gradients of the normalised batch.

use super::gradient_of_input::input;
use super::gradient_sums::sums;
use crate::Level;
use crate::activation::Activation;

/// What the forward pass worked with: `y = activation((x - mean) * inverse_deviation * gamma + beta +
/// residual)`.
#[derive(Clone, Copy, Debug)]
pub struct Forward<'a> {
    /// The input, `[pixels, channels]`.
    pub x: &'a [f32],
    /// The output, of the same shape; not looked at without an activation.
    pub y: &'a [f32],
    /// The mean of each channel of `x`.
    pub mean: &'a [f32],
    /// `1 / sqrt(variance + epsilon)` for each channel.
    pub inverse_deviation: &'a [f32],
    /// The scale of each channel.
    pub gamma: &'a [f32],
    /// What was applied at the end.
    pub activation: Activation,
}

impl<'a> Forward<'a> {
    /// Input, output and gradient of the numbers from `begin` on.
    pub(super) fn part(&self, dy: &'a [f32], begin: usize, length: usize) -> Part<'a> {
        // Without an activation the output is not needed.
        let y = if self.activation == Activation::None { dy } else { self.y };
        Part { x: &self.x[begin..][..length], y: &y[begin..][..length], dy: &dy[begin..][..length] }
    }
}

/// The same part of input, output and the gradient of the output.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) x: &'a [f32],
    pub(super) y: &'a [f32],
    pub(super) dy: &'a [f32],
}

impl<'a> Part<'a> {
    /// The two parts before and from `middle` on.
    #[inline(always)]
    pub(super) fn split(self, middle: usize) -> (Self, Self) {
        let (x, y, dy) =
            (self.x.split_at(middle), self.y.split_at(middle), self.dy.split_at(middle));
        (Self { x: x.0, y: y.0, dy: dy.0 }, Self { x: x.1, y: y.1, dy: dy.1 })
    }

    /// Parts of `length` numbers; the last may be shorter.
    #[inline(always)]
    pub(super) fn chunks(self, length: usize) -> impl Iterator<Item = Self> {
        let chunks = self.x.chunks(length).zip(self.y.chunks(length)).zip(self.dy.chunks(length));
        chunks.map(|((x, y), dy)| Self { x, y, dy })
    }
}

/// The gradients of scale and shift.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradients {
    /// The sum of `dz * (x - mean) * inverse_deviation` for each channel.
    pub dgamma: Vec<f32>,
    /// The sum of `dz` for each channel.
    pub dbeta: Vec<f32>,
}

/// The gradients of input, residual, scale and shift from `dy`, that of the output.
///
/// With `dz` the part of `dy` that the activation lets through, `n` pixels and `z = (x - mean) *
/// inverse_deviation`, the input's is `gamma * inverse_deviation * (dz - dbeta / n - z * dgamma / n)`,
/// because mean and variance depend on the input too; the residual's is `dz`. Two passes over memory.
pub fn backward(
    level: Level,
    forward: Forward<'_>,
    dy: &[f32],
    dx: &mut [f32],
    dresidual: Option<&mut [f32]>,
) -> Gradients {
    let sums = sums(level, forward, dy);
    let pixels = (dy.len() / forward.mean.len().max(1)).max(1) as f64;
    input(level, forward, dy, &sums.input(forward, pixels), dx, dresidual);
    let dgamma = sums.dz_x.iter().zip(forward.inverse_deviation);
    Gradients {
        dgamma: dgamma.map(|(&sum, &inverse)| (sum * f64::from(inverse)) as f32).collect(),
        dbeta: sums.dz.iter().map(|&sum| sum as f32).collect(),
    }
}
