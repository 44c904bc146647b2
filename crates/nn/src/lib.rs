/*!
Networks: architectures, their taps, their initial weights, and what they cost.

This crate and the few above it that compute with tensors are the only ones that name Burn. A
[`Network`] maps a batch of flat samples to logits and leaves the values that somebody asked for in
[`Taps`]; it never sees a label, a teacher or a loss. Architectures are described by
[`Architecture`], which is checked against the shape of the data before anything is built, so that
no wrong shape reaches Burn, which would panic.
*/

#![deny(clippy::indexing_slicing)]

mod any;
mod architecture;
mod cnn;
mod embedded;
mod error;
mod inference;
mod initial;
mod key_rules;
mod layer;
mod mlp;
mod mobilenet;
mod network;
mod options;
mod output_bias;
mod parameter;
mod plan;
mod resnet;
mod reused;
mod sequential;
mod shufflenet_v1;
mod shufflenet_v2;
mod summary;
mod tabular_resnet;
mod tap;
mod tap_kind;
mod vgg;
mod vision_transformer;
mod weight_file;
mod wide_resnet;

pub use any::AnyNetwork;
pub use architecture::Architecture;
pub use cnn::Cnn;
pub use embedded::{Embedded, EmbeddedPlan, TablePlan};
pub use error::NnError;
pub use inference::{batch, check_logits, check_samples, infer};
pub use initial::Initial;
pub use key_rules::KeyRules;
pub use layer::{
    Attention, BatchNorm, Convolution, DepthwiseConvolution, Dropout, GroupedConvolution,
    LayerNorm, Linear, NormalisedConvolution, channel_shuffle,
};
pub use mlp::Mlp;
pub use mobilenet::{InvertedResidual, MobileNetV2, MobileNetV2Sizes};
pub use network::{Feature, Network, Output, Taps, images};
pub use output_bias::shift_output_bias;
pub use parameter::{
    Parameter, Path, Weights, count_parameters, initialise, read_weights, separate, write_weights,
};
pub use resnet::{ResidualBlock, Resnet};
pub use reused::{Head, Reused, ReusedPlan};
pub use sequential::{LayerPlan, Sequential, SequentialLayers};
pub use shufflenet_v1::{ShuffleNetV1, ShuffleUnit};
pub use shufflenet_v2::{ShuffleNetV2, ShuffleNetV2Sizes, SplitUnit};
pub use summary::{Layer, Totals, totals};
pub use tabular_resnet::{TabularBlock, TabularResnet, TabularResnetSizes};
pub use tap::{Tap, TapShape, probe};
pub use tap_kind::TapKind;
pub use tensors::{Activation, global_average};
pub use vgg::{Vgg, VggSizes};
pub use vision_transformer::{EncoderLayer, VisionTransformer, VisionTransformerSizes};
pub use weight_file::WeightFile;
pub use wide_resnet::{PreactivationBlock, WideResnet, WideResnetSizes};

/// The processor, through Burn's pure-Rust backend; tensors made here carry no tape.
pub fn cpu() -> burn::tensor::Device {
    burn::tensor::Device::flex()
}
