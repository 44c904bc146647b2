//! What can be wrong with an ONNX file.

use crate::Port;

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
    /// Constants that stand in the file by their sizes alone take more memory than a whole file may.
    #[error(
        "the constants that `ConstantOfShape`, `Expand` and `Tile` make take {bytes} bytes up to `{operator}`: expected at most {} (2 GiB)",
        crate::LARGEST_FILE
    )]
    Constants {
        /// The operator that makes the one that is too much.
        operator: String,
        /// Bytes of all up to it.
        bytes: u64,
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
    /// The input takes samples of another shape.
    #[error("the samples for the model: expected {expected}, found {found:?}")]
    Shape {
        /// The input.
        expected: Box<Port>,
        /// The sizes of a sample.
        found: Vec<usize>,
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
            Self::TooLarge { .. } | Self::Constants { .. } => {
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
            Self::Shape { expected, found } => shape_hint(expected, found),
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

/// What to do about samples of another shape than the input has.
fn shape_hint(input: &Port, sample: &[usize]) -> &'static str {
    let turned = |by: fn(&mut Vec<usize>)| {
        let mut turned = sample.to_vec();
        by(&mut turned);
        sample.len() == 3 && input.takes(&turned)
    };
    let as_given = Port { shape: [&[None][..], &input.shape].concat(), ..input.clone() };
    if turned(|sizes| sizes.rotate_left(1)) {
        "the file has the channels of images last: set `input_layout = \"channels-last\"`"
    } else if turned(|sizes| sizes.rotate_right(1)) {
        "the file has the channels of images first: leave `input_layout` out"
    } else if as_given.takes(sample) {
        "export the model with a first size that counts the samples, for example with dynamic_axes={\"input\": {0: \"batch\"}} \
         of torch.onnx.export in Python"
    } else {
        "`potstill inspect` lists what the model has"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_in_another_order_or_without_their_number_have_a_hint_of_their_own() {
        let hint = |input: &[Option<usize>], found: &[usize]| {
            let (name, element) = ("input".to_owned(), "float".to_owned());
            let expected = Port { name, element, shape: input.to_vec() };
            OnnxError::Shape { expected: Box::new(expected), found: found.to_vec() }.hint().unwrap()
        };
        let last = [None, Some(9), Some(8), Some(3)];
        assert!(hint(&last, &[3, 9, 8]).contains("input_layout = \"channels-last\""));
        let first = [None, Some(3), Some(9), Some(8)];
        assert!(hint(&first, &[9, 8, 3]).contains("leave `input_layout` out"));
        assert!(hint(&[Some(3), Some(9), Some(8)], &[3, 9, 8]).contains("dynamic_axes"));
        assert!(hint(&[Some(4)], &[4]).contains("dynamic_axes"));
        assert!(
            hint(&first, &[1, 9, 8]).contains("inspect") && hint(&first, &[5]).contains("inspect")
        );
    }
}
