//! What can end a training.

use data::DataError;
use methods::MethodError;
use nn::NnError;
use teacher::TeacherError;

use crate::optimizer::OptimizerError;

/// A training that cannot start, or a step that must not be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A number that is not finite; the step was not committed.
    #[error("{tensor} is not finite at step {step}: found {found}")]
    NotFinite {
        /// Which tensor.
        tensor: String,
        /// The step, counted from 1.
        step: u64,
        /// The first such number.
        found: f32,
    },
    /// The signals of a batch do not go together.
    #[error(transparent)]
    Method(#[from] MethodError),
    /// The network gives other shapes than it should, or the weights are not its own.
    #[error(transparent)]
    Network(#[from] NnError),
    /// The optimiser's settings or its state do not fit.
    #[error(transparent)]
    Optimizer(#[from] OptimizerError),
    /// The teacher, which is asked at each step, has nothing to say that can be learned from.
    #[error(transparent)]
    Teacher(#[from] TeacherError),
    /// A sample cannot be read.
    #[error(transparent)]
    Data(Box<DataError>),
    /// Samples are mixed, and the method is about single ones.
    #[error(
        "method `{method}` looks at the class or the place of each sample, and samples are mixed"
    )]
    Mixed {
        /// The method.
        method: &'static str,
    },
    /// A saved state that does not belong to this training.
    #[error(
        "the saved state does not belong to this training: {what}: expected {expected}, found {found}"
    )]
    State {
        /// What differs.
        what: &'static str,
        /// What this training has.
        expected: String,
        /// What was saved.
        found: String,
    },
}

impl From<DataError> for TrainError {
    fn from(error: DataError) -> Self {
        Self::Data(Box::new(error))
    }
}

impl TrainError {
    /// Whether the numbers failed, not the settings.
    pub fn is_numeric(&self) -> bool {
        matches!(self, Self::NotFinite { .. })
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotFinite { .. } => Some(
                "lower `learning_rate`, or set `clip_norm = 1.0`; the last saved step is intact"
                    .to_owned(),
            ),
            Self::Method(_) => None,
            Self::Network(error) => error.hint(),
            Self::Optimizer(error) => error.hint(),
            Self::Teacher(error) => error.hint(),
            Self::Data(error) => error.hint(),
            Self::Mixed { .. } => {
                Some("leave the mixing out, or choose `method = \"kd\"`".to_owned())
            }
            Self::State { .. } => Some("start a new run".to_owned()),
        }
    }
}
