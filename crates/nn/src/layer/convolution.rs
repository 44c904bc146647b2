//! The two-dimensional convolution.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use tensors::{Activation, FoldedConvolution, convolution, let_go};

use crate::{BatchNorm, Initial};

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
    #[module(skip)]
    folded: FoldedConvolution,
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
            weight: initial.he_normal(
                "weight",
                [outputs, inputs, kernel, kernel],
                outputs * kernel * kernel,
            ),
            stride,
            padding: kernel / 2,
            folded: FoldedConvolution::default(),
        }
    }

    /// `[batch, height, width, inputs]` to
    /// `[batch, ceil(height / stride), ceil(width / stride), outputs]`.
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        convolution(input, self.weight.val(), self.stride, self.padding)
    }

    /// The convolution, its normalisation, a residual that is added and an activation. In inference
    /// the normalisation is folded into the convolution.
    pub fn normalised(
        &self,
        norm: &BatchNorm,
        input: Tensor<4>,
        residual: Option<Tensor<4>>,
        activation: Activation,
    ) -> Tensor<4> {
        if !input.is_autodiff() {
            let sources = (&self.weight.val(), &norm.tensors()[..]);
            let geometry = [self.stride, self.padding];
            let map = || norm.channel_map();
            let folded =
                self.folded.forward(&input, sources, map, residual.as_ref(), activation, geometry);
            if let Some(output) = folded {
                let_go(input);
                residual.into_iter().for_each(let_go);
                return output;
            }
        }
        norm.forward(self.forward(input), residual, activation)
    }
}
