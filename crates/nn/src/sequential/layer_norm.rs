//! `layer-norm`: layer normalisation of values in a row, or of the channels of each pixel.

use data::SampleShape;
use serde::{Deserialize, Serialize};

use super::described::{Kind, Mistake, Part, sizes};
use super::value::Value;
use crate::{Initial, Layer, LayerNorm};

/// Layer normalisation has no options.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct LayerNormPlan {}

impl Kind for LayerNormPlan {
    fn output(&self, input: SampleShape, path: &str) -> Result<SampleShape, Mistake> {
        match input {
            SampleShape::Vector(_) | SampleShape::Image { .. } => Ok(input),
            SampleShape::Tokens { .. } => {
                let hint = "put an `embedding` before it";
                Err(Mistake::new("layer-norm", path, "values in a row, or images", &input, hint))
            }
        }
    }

    fn row(&self, path: &str, input: SampleShape, output: SampleShape) -> Layer {
        Layer::weights(path, "layer norm", 2 * normalised(input), &sizes(output))
    }

    fn build(&self, input: SampleShape, _path: &str, initial: &Initial) -> Part {
        Part::LayerNorm(LayerNorm::new(normalised(input), initial))
    }
}

/// How many values are normalised together.
fn normalised(input: SampleShape) -> usize {
    match input {
        SampleShape::Image { channels, .. } => channels,
        SampleShape::Vector(length) | SampleShape::Tokens { length, .. } => length,
    }
}

/// Rows one by one, and images pixel by pixel.
pub(super) fn forward(layer: &LayerNorm, value: Value) -> Value {
    value.map(
        |rows| layer.forward(rows),
        |images| {
            let shape = images.dims();
            layer.forward(images.flatten::<2>(0, 2)).reshape(shape)
        },
    )
}
