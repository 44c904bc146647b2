//! A network that was described by a recipe.

use burn::module::Module;
use burn::tensor::Tensor;

use crate::{Cnn, Mlp, Network, Resnet, Taps};

/// One of the named architectures, chosen at run time; made by
/// [`Architecture::build`](crate::Architecture::build).
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "a process holds a handful of networks")]
pub enum AnyNetwork {
    /// A multi-layer perceptron.
    Mlp(Mlp),
    /// A small plain convolution network.
    Cnn(Cnn),
    /// A residual network.
    Resnet(Resnet),
}

impl Network for AnyNetwork {
    fn forward(&self, inputs: Tensor<2>, taps: &mut Taps) -> Tensor<2> {
        match self {
            Self::Mlp(network) => network.forward(inputs, taps),
            Self::Cnn(network) => network.forward(inputs, taps),
            Self::Resnet(network) => network.forward(inputs, taps),
        }
    }

    fn dense_layers(&self) -> Option<Vec<[usize; 2]>> {
        match self {
            Self::Mlp(network) => network.dense_layers(),
            Self::Cnn(_) | Self::Resnet(_) => None,
        }
    }
}
