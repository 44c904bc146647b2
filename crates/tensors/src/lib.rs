/*!
Fast operations on Burn's tensors, with their gradients.

Each operation computes on the processor by the kernels of [`ops`] and puts itself on Burn's tape.
Tensors that live elsewhere or are not `f32` go through Burn's own operations, which are also what
the tests compare with. This crate and `nn` are where a new version of Burn is felt.

Images are `[batch, height, width, channels]` between the operations here.
*/

#![allow(clippy::indexing_slicing, reason = "shapes are checked where networks are built")]

mod attention;
mod batch_norm;
mod convolution;
mod dense;
mod depthwise;
mod embedding;
mod folded;
mod folded_convolution;
mod gelu;
mod grouped;
mod host;
mod known_gradient;
mod layer_norm;
mod layout;
mod mask;
mod operation;
mod pooling;
mod soft_targets;
mod value;
mod weighted_sum;

pub use attention::attention;
pub use batch_norm::{Moments, Normalised, batch_norm, normalised};
pub use convolution::convolution;
pub use dense::{dense, dense_layers};
pub use depthwise::{depthwise_convolution, folded_depthwise};
pub use embedding::embedding;
pub use folded::ChannelMap;
pub use folded_convolution::FoldedConvolution;
pub use gelu::gelu;
pub use grouped::grouped_convolution;
pub use host::{HostNumbers, copied, is_native, let_go, recycle, taken};
pub use known_gradient::known_gradient;
pub use layer_norm::layer_norm;
pub use layout::{channels_first, channels_last};
pub use mask::masked;
pub use ops::activation::Activation;
pub use pooling::{global_average, max_pool};
pub use soft_targets::{label_loss, soft_target_loss, weighted_label_loss};
pub use weighted_sum::weighted_sum;
