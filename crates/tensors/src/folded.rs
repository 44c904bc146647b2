//! What follows a convolution in inference, as part of it: a map of its channels, a residual, an activation.

use burn::tensor::Tensor;
use ops::activation::Activation;
use ops::memory::Buffer;

use crate::value::{Numbers, Value, slice};

/// What a normalisation does to a channel after a convolution: `x * scale + shift`.
#[derive(Clone, Debug)]
pub struct ChannelMap {
    /// Factor of each output channel.
    pub scale: Vec<f32>,
    /// What is added to each output channel.
    pub shift: Vec<f32>,
}

impl ChannelMap {
    /// The weights of a convolution, output channel by output channel, times the scale of their channel.
    pub(crate) fn scaled(&self, weight: &Numbers) -> Buffer {
        let weights = slice(weight);
        let filter = (weights.len() / self.scale.len().max(1)).max(1);
        let mut scaled = Buffer::exact(weights.len());
        let filters = weights.chunks_exact(filter).zip(&self.scale);
        for (out, (weights, scale)) in scaled.chunks_exact_mut(filter).zip(filters) {
            for (out, weight) in out.iter_mut().zip(weights) {
                *out = weight * scale;
            }
        }
        scaled
    }

    /// Finishes a part of a pixel that begins with channel `column`; the residual begins where the part does.
    #[inline(always)]
    pub(crate) fn finish(
        &self,
        column: usize,
        residual: Option<&[f32]>,
        activation: Activation,
        part: &mut [f32],
    ) {
        for (value, shift) in part.iter_mut().zip(&self.shift[column..]) {
            *value += shift;
        }
        if let Some(residual) = residual {
            for (value, residual) in part.iter_mut().zip(residual) {
                *value += residual;
            }
        }
        activation.apply_to(part);
    }
}

/// The numbers of a tensor in a row; none where it has a tape, lives elsewhere or is not `f32`.
pub(crate) fn without_tape<const D: usize>(tensor: &Tensor<D>) -> Option<Numbers> {
    match Value::of(tensor) {
        Some(Value::Plain(numbers)) => Some(numbers.to_contiguous()),
        _ => None,
    }
}
