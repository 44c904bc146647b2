//! `flatten`: images as values in a row, channels first, then rows and columns.

use data::SampleShape;
use serde::{Deserialize, Serialize};

use super::described::{Kind, Mistake, Operation, Part, sizes};
use crate::{Initial, Layer};

/// Flattening has no options.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct FlattenPlan {}

impl Kind for FlattenPlan {
    fn output(&self, input: SampleShape, _path: &str) -> Result<SampleShape, Mistake> {
        Ok(SampleShape::Vector(input.len()))
    }

    fn row(&self, path: &str, _input: SampleShape, output: SampleShape) -> Layer {
        Layer::free(path, "flatten", &sizes(output))
    }

    fn build(&self, _input: SampleShape, _path: &str, _initial: &Initial) -> Part {
        Operation::Flatten.into()
    }
}
