//! What can be wrong with an optimiser's settings or with what it is given.

/// An optimiser that cannot be made, or a step that it cannot make.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OptimizerError {
    /// A setting is out of its range.
    #[error("optimiser option `{option}`: expected {expected}, found {found}")]
    Option {
        /// Which setting.
        option: &'static str,
        /// The range.
        expected: String,
        /// What was given.
        found: f64,
    },
    /// Nesterov momentum was asked for without momentum.
    #[error("optimiser option `nesterov`: expected a `momentum` above 0, found 0")]
    NesterovWithoutMomentum,
    /// An update came before the first step was begun.
    #[error("parameter `{path}` was updated before a step was begun")]
    NotBegun {
        /// The parameter path.
        path: String,
    },
    /// Two slices of one parameter differ in length.
    #[error("{what} of parameter `{path}`: expected {expected} numbers, found {found}")]
    Length {
        /// The parameter path.
        path: String,
        /// Which slice: the gradient, or a buffer by its name.
        what: &'static str,
        /// The number of values that the parameter has.
        expected: usize,
        /// The number of values that the slice has.
        found: usize,
    },
    /// A parameter has no buffers though steps were made.
    #[error("the optimiser has no buffers for parameter `{path}` at step {step}")]
    Missing {
        /// The parameter path.
        path: String,
        /// The step that was begun.
        step: u64,
    },
    /// A buffer that this optimiser does not keep.
    #[error("optimiser buffer `{name}` is unknown: expected {}, found another name", if expected.is_empty() { "none".to_owned() } else { expected.join(" or ") })]
    UnknownBuffer {
        /// The name that was given.
        name: String,
        /// The names that this optimiser keeps.
        expected: Vec<String>,
    },
}

impl OptimizerError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Option { option, expected, .. } => {
                return Some(format!("set `{option}` to {expected}"));
            }
            Self::NesterovWithoutMomentum => "set `momentum` above 0 or leave `nesterov` out",
            Self::Length { .. } | Self::Missing { .. } | Self::UnknownBuffer { .. } => {
                "resume with the network and the optimiser that the checkpoint was saved with"
            }
            Self::NotBegun { .. } => "begin the step before the updates",
        };
        Some(text.to_owned())
    }
}
