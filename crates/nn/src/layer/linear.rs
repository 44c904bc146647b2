//! The dense layer.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use crate::Initial;

/// A dense layer, `x W + b`.
#[derive(Module, Debug)]
pub struct Linear {
    /// `[inputs, outputs]`
    pub weight: Param<Tensor<2>>,
    /// `[outputs]`
    pub bias: Param<Tensor<1>>,
}

impl Linear {
    /// Glorot-uniform weights and zero bias, as Keras' dense layer has.
    pub fn new(inputs: usize, outputs: usize, initial: &Initial) -> Self {
        Self {
            weight: initial.glorot_uniform("weight", inputs, outputs),
            bias: initial.constant(0.0, outputs),
        }
    }

    /// `[batch, inputs]` to `[batch, outputs]`.
    pub fn forward(&self, input: Tensor<2>) -> Tensor<2> {
        tensors::dense(input, self.weight.val(), self.bias.val())
    }
}
