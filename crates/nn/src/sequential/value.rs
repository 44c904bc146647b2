//! What passes from layer to layer.

use burn::tensor::Tensor;
use tensors::channels_first;

use crate::Feature;

/// A batch on its way through the layers.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// `[batch, values]`
    Rows(Tensor<2>),
    /// `[batch, height, width, channels]`
    Images(Tensor<4>),
}

impl Value {
    /// As rows; images give channels, rows and columns in this order.
    pub(super) fn rows(self) -> Tensor<2> {
        match self {
            Self::Rows(rows) => rows,
            Self::Images(images) => channels_first(images).flatten::<2>(1, 3),
        }
    }

    /// As images; a row is one pixel.
    pub(super) fn images(self) -> Tensor<4> {
        match self {
            Self::Rows(rows) => {
                let [batch, width] = rows.dims();
                rows.reshape([batch, 1, 1, width])
            }
            Self::Images(images) => images,
        }
    }

    /// The same operation on either.
    pub(super) fn map(
        self,
        rows: impl FnOnce(Tensor<2>) -> Tensor<2>,
        images: impl FnOnce(Tensor<4>) -> Tensor<4>,
    ) -> Self {
        match self {
            Self::Rows(value) => Self::Rows(rows(value)),
            Self::Images(value) => Self::Images(images(value)),
        }
    }

    /// As a tap.
    pub(super) fn feature(&self) -> Feature {
        match self {
            Self::Rows(rows) => Feature::Vector(rows.clone()),
            Self::Images(images) => Feature::Map(channels_first(images.clone())),
        }
    }
}
