//! Taps that hold something else than the values between two layers.

use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use tensors::{Activation, channels_first};

use crate::{Linear, Taps};

/// What a tap holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TapKind {
    /// The values that the next layer gets.
    #[default]
    Value,
    /// The values in front of a ReLU, whose output is a tap too.
    BeforeActivation,
    /// The map whose means the last layer gets.
    Features,
    /// One map for each class, whose mean is the logit of the class: the class activation maps of Zhou et al. (2016).
    ClassMaps,
    /// The scores of self-attention before their softmax, `q k / sqrt(d)`: a channel for each head, in it a row for
    /// each query and a column for each key.
    Attention,
    /// A value on the way through a network of another framework. What it means is not known, so it is compared where
    /// it is named alone.
    Inner,
}

/// The name of the tap in front of the ReLU that makes the tap `name`.
pub(crate) fn before_activation(name: &str) -> String {
    format!("{name}.preactivation")
}

/// The name of the tap with the map whose means the last layer gets.
pub(crate) const FEATURES: &str = "features";

/// The name of the tap with the maps of the classes.
pub(crate) const CLASS_MAPS: &str = "class-maps";

impl Taps {
    /// What `images` computes with a ReLU at its end, channels last. If the values in front of the ReLU of
    /// the tap `name` are wanted they are kept, and the ReLU is a step of its own.
    pub(crate) fn keep_before(
        &mut self,
        name: &str,
        images: impl FnOnce(Activation) -> Tensor<4>,
    ) -> Tensor<4> {
        let name = before_activation(name);
        if !self.wants(&name) {
            return images(Activation::Relu);
        }
        let values = images(Activation::None);
        self.keep_kind(TapKind::BeforeActivation, &name, || channels_first(values.clone()));
        relu(values)
    }

    /// Keeps `images`, channels last, whose means the last layer of a network, `head`, gets, and the maps of its classes.
    pub(crate) fn keep_class_maps(&mut self, images: &Tensor<4>, head: &Linear) {
        self.keep_kind(TapKind::Features, FEATURES, || channels_first(images.clone()));
        self.keep_kind(TapKind::ClassMaps, CLASS_MAPS, || {
            let [batch, height, width, channels] = images.dims();
            let pixels = images.clone().reshape([batch * height * width, channels]);
            let maps = head.forward(pixels);
            let [_, classes] = maps.dims();
            channels_first(maps.reshape([batch, height, width, classes]))
        });
    }
}
