//! What can be wrong with an ONNX file.

/// A file that is no model, or a model that cannot be run as it is wanted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// The bytes are not an ONNX model.
    #[error("not a whole ONNX file: {0}")]
    Format(String),
    /// Weights are in other files.
    #[error("the weights are in other files, such as `{file}`: expected all of them in one")]
    ExternalData {
        /// One of these files.
        file: String,
    },
    /// The runtime cannot take the model.
    #[error("rten cannot run it: {0}")]
    Unsupported(String),
    /// There is no input or output of that name, or no single one to be taken.
    #[error("{what}: expected {expected}, found {found}")]
    Port {
        /// Such as "the input of the model".
        what: String,
        /// What is wanted.
        expected: String,
        /// What the model has.
        found: String,
    },
    /// A number that the model's input cannot hold.
    #[error("the input `{input}` takes integers: found {found}")]
    NotAnInteger {
        /// The input.
        input: String,
        /// The number.
        found: f32,
    },
    /// Running it failed.
    #[error("the model failed: {0}")]
    Run(String),
}

impl OnnxError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Format(_) => "get the file again, or export the model once more",
            Self::ExternalData { .. } => {
                "save the model as one file, for example with onnx.save(model, path) in Python"
            }
            Self::Unsupported(_) => {
                "record its outputs with another runtime and give them with `outputs`"
            }
            Self::Port { .. } => "`potstill inspect` lists what the model has",
            Self::NotAnInteger { .. } => "give columns of whole numbers",
            Self::Run(_) => "look at its inputs with `potstill inspect`",
        };
        Some(hint.to_owned())
    }
}
