//! What can be wrong with an ONNX file.

/// A file that is no model, or a model that cannot be run as it is wanted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// The bytes are not an ONNX model.
    #[error("not a whole ONNX file: {0}")]
    Format(String),
    /// The numbers of a tensor are in another file, and cannot be taken from there.
    #[error(transparent)]
    ExternalData(Box<ExternalData>),
    /// A model is larger than the format allows, with what lies in other files.
    #[error(
        "the model has {found} bytes with its data: expected at most {} (2 GiB)",
        crate::LARGEST_FILE
    )]
    TooLarge {
        /// Bytes of the model and of its data.
        found: u64,
    },
    /// The runtime cannot take the model.
    #[error("{runtime} cannot run it: {reason}")]
    Unsupported {
        /// The runtime.
        runtime: &'static str,
        /// Why, in its own words.
        reason: String,
    },
    /// ONNX Runtime was asked for, and the program was built without it.
    #[error("this program was built without ONNX Runtime, and `runtime` is \"ort\"")]
    NotBuilt,
    /// ONNX Runtime was asked for, and its shared library is not there.
    #[error("the shared library of ONNX Runtime cannot be used: {0}")]
    NoLibrary(String),
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
    /// Nothing goes into an input, or into several.
    #[error("nothing goes into {inputs}: expected {expected}, found {found}")]
    NotFed {
        /// Such as "the input `age` float [?, 1]".
        inputs: String,
        /// What could go into it.
        expected: String,
        /// What there is.
        found: String,
    },
    /// A column goes into no input, where others do.
    #[error("no input takes the column `{column}`: found {found}")]
    NotTaken {
        /// The column.
        column: String,
        /// The inputs that take columns.
        found: String,
    },
    /// A number that the model's input cannot hold.
    #[error("the input `{input}` takes {expected}: found {found}")]
    Number {
        /// The input.
        input: String,
        /// What it takes.
        expected: String,
        /// The number.
        found: f64,
    },
    /// Running it failed.
    #[error("the model failed: {0}")]
    Run(String),
}

/// What is wrong with the numbers of a tensor that lie in another file.
#[derive(Debug, thiserror::Error)]
#[error("the tensor `{tensor}` lies in the file `{file}`: expected {expected}, found {found}")]
pub struct ExternalData {
    /// The tensor.
    pub tensor: String,
    /// The file, as the model names it.
    pub file: String,
    /// What is wanted.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl OnnxError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Format(_) => "get the file again, or export the model once more",
            Self::ExternalData(_) => {
                "put the data files of the model beside it as they were written, or save it as one file, for example with \
                 onnx.save(onnx.load(path), new_path) in Python"
            }
            Self::TooLarge { .. } => {
                "record its outputs with another program and give them with `outputs`"
            }
            Self::Unsupported { runtime: "rten", .. } => {
                "set `runtime = \"ort\"` (ONNX Runtime, in a program built with `--features ort`), or record its \
                 outputs with another runtime and give them with `outputs`"
            }
            Self::Unsupported { .. } => {
                "record its outputs with another runtime and give them with `outputs`"
            }
            Self::NotBuilt => {
                "build the program with `--features ort`, or leave `runtime` out to have the file run by rten"
            }
            Self::NoLibrary(_) => {
                "set the environment variable ORT_DYLIB_PATH to the library, version 1.17 or newer; the Python package \
                 onnxruntime has one in onnxruntime/capi"
            }
            Self::Port { .. } => "`potstill inspect` lists what the model has",
            Self::NotFed { .. } => {
                "give each input that is the same for all samples a number, such as `constants = { attention_mask = 1 }`; with `input` \
                 the one is named that takes whole samples"
            }
            Self::NotTaken { .. } => {
                "leave the column out with `ignore` in `[data]`; inputs take the columns of their own names"
            }
            Self::Number { .. } => "give numbers that the type of the input holds",
            Self::Run(_) => "look at its inputs with `potstill inspect`",
        };
        Some(hint.to_owned())
    }
}
