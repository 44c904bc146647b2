//! `batch-norm`: batch normalisation of channels or of values in a row.

use data::SampleShape;
use serde::{Deserialize, Serialize};
use tensors::Activation;

use super::described::{Kind, Mistake, Part, sizes};
use super::value::Value;
use crate::{BatchNorm, Initial, Layer};

/// Batch normalisation has no options.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct BatchNormPlan {}

/// What is normalised by itself: a channel, or a value in a row.
fn channels(shape: SampleShape) -> usize {
    match shape {
        SampleShape::Vector(length) | SampleShape::Tokens { length, .. } => length,
        SampleShape::Image { channels, .. } => channels,
    }
}

impl Kind for BatchNormPlan {
    fn output(&self, input: SampleShape, _path: &str) -> Result<SampleShape, Mistake> {
        Ok(input)
    }

    fn row(&self, path: &str, input: SampleShape, output: SampleShape) -> Layer {
        Layer::weights(path, "batch norm", 2 * channels(input), &sizes(output))
    }

    fn build(&self, input: SampleShape, _path: &str, initial: &Initial) -> Part {
        Part::BatchNorm(BatchNorm::new(channels(input), initial))
    }
}

pub(super) fn forward(layer: &BatchNorm, value: Value) -> Value {
    value.map(
        |rows| layer.forward_rows(rows, Activation::None),
        |images| layer.forward(images, None, Activation::None),
    )
}
