//! `dropout`: a share of the values is left out in each step of training.

use data::SampleShape;
use options::{Key, OptionError, Section};
use serde::{Deserialize, Serialize};

use super::described::{Kind, Mistake, Operation, Part, named, sizes};
use crate::{Dropout, Initial, Layer};

const RATE: Key = Key("rate", "share of the values that a step of training leaves out");

/// The options of dropout.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct DropoutPlan {
    rate: f64,
}

impl DropoutPlan {
    pub(super) fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        Ok(Self { rate: section.number(RATE, 0.5, 0.0..1.0)? })
    }
}

impl Kind for DropoutPlan {
    fn output(&self, input: SampleShape, path: &str) -> Result<SampleShape, Mistake> {
        if (0.0..1.0).contains(&self.rate) {
            return Ok(input);
        }
        Err(Mistake {
            place: named("dropout", path),
            expected: "`rate` from 0 to below 1".to_owned(),
            found: self.rate.to_string(),
            hint: "set it from 0 to below 1, such as 0.2".to_owned(),
        })
    }

    fn row(&self, path: &str, _input: SampleShape, output: SampleShape) -> Layer {
        Layer::free(path, &format!("dropout {}", self.rate), &sizes(output))
    }

    fn build(&self, _input: SampleShape, path: &str, _initial: &Initial) -> Part {
        Operation::Dropout(Dropout::new(path, self.rate)).into()
    }
}
