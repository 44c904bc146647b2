//! A convolution with the normalisation behind it.

use burn::module::Module;
use burn::tensor::Tensor;
use tensors::Activation;

use crate::{BatchNorm, Convolution, Initial};

/// A square convolution and its batch normalisation, the pair that most networks are made of.
#[derive(Module, Debug)]
pub struct NormalisedConvolution {
    /// Without bias, which the normalisation would take away.
    pub convolution: Convolution,
    /// Over the outputs.
    pub norm: BatchNorm,
}

impl NormalisedConvolution {
    /// From the first number of channels to the second.
    pub fn new(
        [inputs, outputs]: [usize; 2],
        kernel: usize,
        stride: usize,
        initial: &Initial,
    ) -> Self {
        let below = initial.below("convolution");
        Self {
            convolution: Convolution::new(inputs, outputs, kernel, stride, &below),
            norm: BatchNorm::new(outputs, &initial.below("norm")),
        }
    }

    /// Both, a residual that is added, and an activation, as [`Convolution::normalised`].
    pub fn forward(
        &self,
        input: Tensor<4>,
        residual: Option<Tensor<4>>,
        activation: Activation,
    ) -> Tensor<4> {
        self.convolution.normalised(&self.norm, input, residual, activation)
    }
}
