//! A network that was described by a recipe.

use burn::module::Module;
use burn::tensor::Tensor;

use crate::{
    Cnn, Embedded, Mlp, MobileNetV2, Network, Resnet, Reused, Sequential, ShuffleNetV1,
    ShuffleNetV2, TabularResnet, Taps, Vgg, VisionTransformer, WideResnet,
};

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
    /// A wide residual network.
    WideResnet(WideResnet),
    /// A VGG network.
    Vgg(Vgg),
    /// MobileNet-V2.
    MobileNetV2(MobileNetV2),
    /// ShuffleNet.
    ShuffleNetV1(ShuffleNetV1),
    /// ShuffleNet V2.
    ShuffleNetV2(ShuffleNetV2),
    /// A vision transformer.
    VisionTransformer(VisionTransformer),
    /// A residual network for tables.
    TabularResnet(TabularResnet),
    /// A network for tables that learns numbers for words.
    Embedded(Embedded),
    /// Layers that a recipe lists.
    Sequential(Sequential),
    /// A student that ends in the last layer of its teacher.
    Reused(Reused),
}

impl Network for AnyNetwork {
    fn forward(&self, inputs: Tensor<2>, taps: &mut Taps) -> Tensor<2> {
        match self {
            Self::Mlp(network) => network.forward(inputs, taps),
            Self::Cnn(network) => network.forward(inputs, taps),
            Self::Resnet(network) => network.forward(inputs, taps),
            Self::WideResnet(network) => network.forward(inputs, taps),
            Self::Vgg(network) => network.forward(inputs, taps),
            Self::MobileNetV2(network) => network.forward(inputs, taps),
            Self::ShuffleNetV1(network) => network.forward(inputs, taps),
            Self::ShuffleNetV2(network) => network.forward(inputs, taps),
            Self::VisionTransformer(network) => network.forward(inputs, taps),
            Self::TabularResnet(network) => network.forward(inputs, taps),
            Self::Embedded(network) => network.forward(inputs, taps),
            Self::Sequential(network) => network.forward(inputs, taps),
            Self::Reused(network) => network.forward(inputs, taps),
        }
    }

    fn dense_layers(&self) -> Option<Vec<[usize; 2]>> {
        match self {
            Self::Mlp(network) => network.dense_layers(),
            _ => None,
        }
    }
}
