//! The convolution of groups of channels, and how groups exchange channels.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use tensors::{Activation, grouped_convolution};

use crate::{BatchNorm, Initial};

/// A 1x1 convolution of groups of channels that do not see each other, and its batch normalisation.
#[derive(Module, Debug)]
pub struct GroupedConvolution {
    /// `[outputs, inputs / groups, 1, 1]`
    pub weight: Param<Tensor<4>>,
    /// Over the outputs.
    pub norm: BatchNorm,
    #[module(skip)]
    groups: usize,
}

impl GroupedConvolution {
    /// He-normal weights, as if the groups were convolutions of their own; both numbers of channels
    /// must be multiples of `groups`.
    pub fn new([inputs, outputs]: [usize; 2], groups: usize, initial: &Initial) -> Self {
        let shape = [outputs, inputs / groups, 1, 1];
        Self {
            weight: initial.he_normal("weight", shape, outputs / groups),
            norm: BatchNorm::new(outputs, &initial.below("norm")),
            groups,
        }
    }

    /// `[batch, height, width, inputs]` to `[batch, height, width, outputs]`, with a residual that is
    /// added and an activation.
    pub fn forward(
        &self,
        input: Tensor<4>,
        residual: Option<Tensor<4>>,
        activation: Activation,
    ) -> Tensor<4> {
        let output = grouped_convolution(input, self.weight.val(), 1, 0, self.groups);
        self.norm.forward(output, residual, activation)
    }
}

/// Deals the channels of `groups` groups out, one of each in turn, so that the next groups see some
/// of every group: Zhang et al. (2018), section 3.1. `[batch, height, width, channels]`, same shape
/// out; channels must be a multiple of `groups`.
pub fn channel_shuffle(images: Tensor<4>, groups: usize) -> Tensor<4> {
    let [batch, height, width, channels] = images.dims();
    let parts = images.reshape([batch, height, width, groups, channels / groups]);
    parts.permute([0, 1, 2, 4, 3]).reshape([batch, height, width, channels])
}
