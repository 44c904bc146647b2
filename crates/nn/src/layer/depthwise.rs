//! The depthwise convolution.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use tensors::{Activation, depthwise_convolution, folded_depthwise, let_go};

use crate::{BatchNorm, Initial};

/// A square convolution of each channel by itself, with "same" padding for odd kernels, without
/// bias.
#[derive(Module, Debug)]
pub struct DepthwiseConvolution {
    /// `[channels, 1, kernel, kernel]`
    pub weight: Param<Tensor<4>>,
    #[module(skip)]
    stride: usize,
    #[module(skip)]
    padding: usize,
}

impl DepthwiseConvolution {
    /// He-normal weights.
    pub fn new(channels: usize, kernel: usize, stride: usize, initial: &Initial) -> Self {
        let shape = [channels, 1, kernel, kernel];
        Self {
            weight: initial.he_normal("weight", shape, kernel * kernel),
            stride,
            padding: kernel / 2,
        }
    }

    /// The convolution, its normalisation and an activation: `[batch, height, width, channels]` to
    /// `[batch, ceil(height / stride), ceil(width / stride), channels]`. In inference the normalisation is folded into
    /// the convolution.
    pub fn normalised(
        &self,
        norm: &BatchNorm,
        input: Tensor<4>,
        activation: Activation,
    ) -> Tensor<4> {
        let weight = self.weight.val();
        if !input.is_autodiff() {
            let geometry = [self.stride, self.padding];
            let folded =
                folded_depthwise(&input, &weight, &norm.channel_map(), activation, geometry);
            if let Some(output) = folded {
                let_go(input);
                return output;
            }
        }
        let output = depthwise_convolution(input, weight, self.stride, self.padding);
        norm.forward(output, None, activation)
    }
}
