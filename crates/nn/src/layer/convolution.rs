//! The two-dimensional convolution.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;

use crate::Initial;

/// A square convolution with "same" padding for odd kernels, without bias.
///
/// The layout of images between layers is an inner matter of this crate: callers of a network see
/// flat samples only.
#[derive(Module, Debug)]
pub struct Convolution {
    /// `[outputs, inputs, kernel, kernel]`
    pub weight: Param<Tensor<4>>,
    #[module(skip)]
    stride: usize,
    #[module(skip)]
    padding: usize,
}

impl Convolution {
    /// He-normal weights.
    pub fn new(
        inputs: usize,
        outputs: usize,
        kernel: usize,
        stride: usize,
        initial: &Initial,
    ) -> Self {
        Self {
            weight: initial.he_normal("weight", [outputs, inputs, kernel, kernel]),
            stride,
            padding: kernel / 2,
        }
    }

    /// `[batch, inputs, height, width]` to `[batch, outputs, ceil(height / stride), ceil(width / stride)]`.
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let (stride, padding) = (self.stride, self.padding);
        let options = ConvOptions::new([stride; 2], [padding; 2], [1; 2], 1);
        conv2d(input, self.weight.val(), None, options)
    }
}
