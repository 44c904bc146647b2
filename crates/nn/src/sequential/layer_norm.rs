//! `layer-norm`: layer normalisation of values in a row.

use data::SampleShape;
use serde::{Deserialize, Serialize};

use super::described::{Kind, Mistake, Part, sizes};
use crate::{Initial, Layer, LayerNorm};

/// Layer normalisation has no options.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct LayerNormPlan {}

impl Kind for LayerNormPlan {
    fn output(&self, input: SampleShape, path: &str) -> Result<SampleShape, Mistake> {
        match input {
            SampleShape::Vector(_) => Ok(input),
            SampleShape::Image { .. } | SampleShape::Tokens { .. } => {
                let expected = "values in a row; images take `batch-norm`";
                Err(Mistake::new("layer-norm", path, expected, &input))
            }
        }
    }

    fn row(&self, path: &str, input: SampleShape, output: SampleShape) -> Layer {
        Layer::weights(path, "layer norm", 2 * input.len(), &sizes(output))
    }

    fn build(&self, input: SampleShape, _path: &str, initial: &Initial) -> Part {
        Part::LayerNorm(LayerNorm::new(input.len(), initial))
    }
}
