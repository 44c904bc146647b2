//! What recorded numbers are.

use std::ops::Bound;

use data::Task;
use options::{Key, OptionError, Section};

/// What a model gives for each class, each label or each number to learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputKind {
    /// Any finite numbers; the softmax of a row is the distribution over classes, the sigmoid of one the probability of
    /// a label.
    Logits,
    /// Natural logarithms of probabilities.
    LogProbabilities,
    /// Probabilities: of classes they sum to 1, of labels each stands for itself.
    Probabilities,
    /// Numbers in the unit of the data.
    Values,
}

const KIND: Key =
    Key("outputs_kind", "logits, log-probabilities or probabilities; of numbers values");
const FLOOR: Key = Key("floor", "smaller probabilities, and zeros, are taken as this");

impl OutputKind {
    /// All kinds.
    pub const ALL: [Self; 4] =
        [Self::Logits, Self::LogProbabilities, Self::Probabilities, Self::Values];

    /// Those of a task, as a recipe names them.
    pub fn names(task: Task) -> Vec<&'static str> {
        Self::ALL.into_iter().filter(|kind| kind.suits(task)).map(Self::name).collect()
    }

    /// Whether models of a task give such outputs.
    pub fn suits(self, task: Task) -> bool {
        (self == Self::Values) == (task == Task::Numbers)
    }

    /// The name of the kind.
    pub fn name(self) -> &'static str {
        match self {
            Self::Logits => "logits",
            Self::LogProbabilities => "log-probabilities",
            Self::Probabilities => "probabilities",
            Self::Values => "values",
        }
    }

    /// Reads what outputs are, and the smallest probability, which there is none of among numbers.
    pub(crate) fn read(section: &mut Section<'_>, task: Task) -> Result<(Self, f64), OptionError> {
        const USUAL: f64 = 1e-6;
        let names = Self::names(task);
        let example = if task == Task::Numbers { "\"values\"" } else { "\"probabilities\"" };
        let name = section.name(KIND, example, &names, &[])?;
        let kind = Self::ALL.into_iter().find(|kind| kind.name() == name);
        let kind = kind.ok_or_else(|| section.unknown_choice(KIND, &name, &names))?;
        if !kind.suits(task) {
            let message = format!("`{}` is \"{name}\", and `data.task` is {}", KIND.0, task.name());
            let hint = format!("outputs for {} are {}", task.name(), names.join(" or "));
            return Err(section.conflict(KIND.0, message, hint));
        }
        if kind == Self::Values {
            return Ok((kind, USUAL));
        }
        let range = (Bound::Excluded(0.0), Bound::Excluded(1.0));
        Ok((kind, section.number(FLOOR, USUAL, range)?))
    }
}
