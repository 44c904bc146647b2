/*!
What is learned about a sample: its class, which of several labels apply to it, or numbers.
*/

use options::{Key, OptionError, Section};
use serde::{Deserialize, Serialize};

use crate::preprocessing::numbers::moments;

/// What the target of a sample is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// One class of several.
    #[default]
    Classes,
    /// Any number of several labels.
    Labels,
    /// One or several numbers.
    Numbers,
}

const CLASSES: &str = "classes";
const LABELS: &str = "labels";
const NUMBERS: &str = "numbers";

impl Task {
    /// Reads `task` of the section `[data]`.
    ///
    /// # Errors
    /// A text that is none of the choices.
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        let key = Key("task", "what is learned of a sample: classes, labels or numbers");
        Ok(match section.choice(key, CLASSES, &[CLASSES, LABELS, NUMBERS])?.as_str() {
            LABELS => Self::Labels,
            NUMBERS => Self::Numbers,
            _ => Self::Classes,
        })
    }

    /// Its name in a recipe.
    pub fn name(self) -> &'static str {
        match self {
            Self::Classes => CLASSES,
            Self::Labels => LABELS,
            Self::Numbers => NUMBERS,
        }
    }

    /// Whether it is the one that needs no word about it.
    pub fn is_classes(&self) -> bool {
        *self == Self::Classes
    }
}

/// How a target that is a number becomes one of mean 0 and deviation 1: `(number - mean) / deviation`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetScale {
    /// The mean of the training rows that show their targets.
    pub mean: f64,
    /// Their standard deviation (divisor n), 1 where all are equal.
    pub deviation: f64,
}

impl TargetScale {
    /// Fitted to numbers, of which there must be one.
    pub(crate) fn fit(numbers: &[f64]) -> Self {
        let (mean, deviation) = moments(numbers);
        Self { mean, deviation }
    }

    /// The number that a network learns.
    pub fn scaled(&self, number: f64) -> f64 {
        (number - self.mean) / self.deviation
    }

    /// The number in the unit of the data.
    pub fn restored(&self, scaled: f64) -> f64 {
        scaled * self.deviation + self.mean
    }
}
