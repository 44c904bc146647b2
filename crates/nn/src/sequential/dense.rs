//! `dense`: a dense layer.

use data::SampleShape;
use options::{Key, OptionError, Section};
use serde::{Deserialize, Serialize};

use super::described::{Kind, Mistake, Part, within};
use crate::architecture::{LARGEST_LAYER, read_size};
use crate::{Initial, Layer, Linear};

const UNITS: Key = Key("units", "values that come out");

/// The options of a dense layer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct DensePlan {
    units: usize,
}

impl DensePlan {
    pub(super) fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        Ok(Self { units: read_size(section, UNITS, 64, LARGEST_LAYER)? })
    }
}

impl Kind for DensePlan {
    fn output(&self, input: SampleShape, path: &str) -> Result<SampleShape, Mistake> {
        within("dense", path, "`units`", self.units, LARGEST_LAYER)?;
        match input {
            SampleShape::Vector(_) => Ok(SampleShape::Vector(self.units)),
            SampleShape::Image { .. } | SampleShape::Tokens { .. } => {
                let hint = "put `{ kind = \"flatten\" }` or `{ kind = \"global-average-pool\" }` before it";
                Err(Mistake::new("dense", path, "values in a row", &input, hint))
            }
        }
    }

    fn row(&self, path: &str, input: SampleShape, _output: SampleShape) -> Layer {
        Layer::linear(path, "dense", input.len(), self.units)
    }

    fn build(&self, input: SampleShape, _path: &str, initial: &Initial) -> Part {
        Part::Dense(Linear::new(input.len(), self.units, initial))
    }
}
