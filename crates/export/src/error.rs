//! What can be wrong with a model file.

use nn::NnError;

use crate::tensors::SINGLE;

/// A file that is not a model, or a model that cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The bytes are not safetensors.
    #[error("not a valid safetensors file: {0}")]
    Format(#[from] safetensors::SafeTensorError),
    /// A tensor of another type than the file should hold.
    #[error("tensor `{name}` has the type {found}: expected {expected}")]
    Type {
        /// The tensor.
        name: String,
        /// The types that are read.
        expected: &'static str,
        /// Its type.
        found: String,
    },
    /// A tensor with a number that is not finite.
    #[error("tensor `{name}` holds {found}: expected finite numbers")]
    NotFinite {
        /// The tensor.
        name: String,
        /// The number.
        found: f32,
    },
    /// A variance below 0, of which the root is no number.
    #[error("tensor `{name}` holds {found}: expected variances, which are not negative")]
    NegativeVariance {
        /// The tensor.
        name: String,
        /// The number.
        found: f32,
    },
    /// The file does not say which model it holds.
    #[error("the file has no description of a potstill model in its metadata")]
    NotAModel,
    /// The description cannot be read.
    #[error("the description of the model cannot be read: {0}")]
    Description(#[from] serde_json::Error),
    /// The file was made by a later version.
    #[error(
        "the model was made by a newer version: expected format {expected} or older, found {found}"
    )]
    Newer {
        /// The newest format that is known here.
        expected: u32,
        /// The format of the file.
        found: u32,
    },
    /// The described network is larger than all tensors of the file together.
    #[error(
        "the file is too small for the network that it describes: expected at least {expected} numbers, found {found}"
    )]
    Size {
        /// Weights of the described network.
        expected: u64,
        /// Numbers in the file.
        found: u64,
    },
    /// Too few classes, or another number of scales than of numbers.
    #[error("the description of the model has other targets: expected {expected}, found {found}")]
    Targets {
        /// What its task needs.
        expected: String,
        /// How many there are.
        found: usize,
    },
    /// Tensors of another framework that do not belong to a network.
    #[error(
        "the tensors do not belong to the network{}{}{}{}",
        listed("missing", &.0.missing),
        listed("unused", &.0.unused),
        listed("of another shape", &.0.misshapen),
        listed("perhaps by `keys`", &quoted(&.0.similar))
    )]
    Keys(Box<Misfits>),
    /// A last layer for another number of outputs.
    #[error("the last layer is made for other outputs: {}", .0.join(", "))]
    Head(Vec<String>),
    /// The weights do not belong to the described architecture.
    #[error(transparent)]
    Weights(#[from] NnError),
}

/// Tensors that do not belong to a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfits {
    /// Names that the network has and the file has not.
    pub missing: Vec<String>,
    /// Names that the file has and the network has not.
    pub unused: Vec<String>,
    /// Names with the expected and the found shape.
    pub misshapen: Vec<String>,
    /// Rules that would give a missing tensor the values of an unused one of its shape, the nearest by name.
    pub similar: Vec<String>,
}

impl ExportError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotAModel => Some(
                "give the `export/student.safetensors` of a run, or the folder of the run; weights of PyTorch teach by \
                 `weights` with their `model`"
                    .to_owned(),
            ),
            Self::Keys(_) => Some(
                "give the tensors the names that the network has, in the file or by rules in `keys`, and choose the `model` \
                 whose sizes they have; `potstill inspect` lists the file"
                    .to_owned(),
            ),
            Self::Head(_) => Some(
                "put the rule \"output.* ->\" behind the others in `keys`: the last layer then begins with random numbers, and \
                 all others with those of the file; or give `data` the classes that the weights were trained on"
                    .to_owned(),
            ),
            Self::Weights(error @ (NnError::IdleKeyRule { .. } | NnError::KeyTwice { .. })) => error.hint(),
            Self::Type { expected, .. } if *expected != SINGLE.1 => Some(
                "save the tensor with one of these types, or leave it out by a rule in `keys` with nothing behind its arrow"
                    .to_owned(),
            ),
            Self::NotFinite { .. } | Self::NegativeVariance { .. } => Some(
                "save the weights again from a training that did not diverge".to_owned(),
            ),
            Self::Newer { .. } => Some("use a newer potstill".to_owned()),
            Self::Format(_)
            | Self::Type { .. }
            | Self::Description(_)
            | Self::Size { .. }
            | Self::Targets { .. }
            | Self::Weights(_) => Some(
                "give a model that potstill wrote; this file is another one, or damaged".to_owned(),
            ),
        }
    }
}

/// The most names that an error shows of a kind.
const SHOWN: usize = 24;

/// Names behind what is wrong with them; nothing where there are none.
fn listed(what: &str, names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => format!("; {what}: {shown}"),
        more => format!("; {what}: {shown} and {more} more"),
    }
}

fn quoted(rules: &[String]) -> Vec<String> {
    rules.iter().map(|rule| format!("\"{rule}\"")).collect()
}
