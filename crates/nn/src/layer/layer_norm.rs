//! Layer normalisation.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use tensors::layer_norm;

use crate::Initial;

const EPSILON: f64 = 1e-5;

/// Normalisation of each row by its own mean and variance: Ba et al. (2016). Epsilon is 1e-5.
#[derive(Module, Debug)]
pub struct LayerNorm {
    /// Scale, `[width]`
    pub weight: Param<Tensor<1>>,
    /// Shift, `[width]`
    pub bias: Param<Tensor<1>>,
}

impl LayerNorm {
    /// Scale 1 and shift 0.
    pub fn new(width: usize, initial: &Initial) -> Self {
        Self { weight: initial.constant(1.0, width), bias: initial.constant(0.0, width) }
    }

    /// `[rows, width]`, same shape out.
    pub fn forward(&self, input: Tensor<2>) -> Tensor<2> {
        layer_norm(input, self.weight.val(), self.bias.val(), EPSILON)
    }
}
