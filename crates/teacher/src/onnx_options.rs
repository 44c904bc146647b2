//! What a recipe says about an ONNX file.

use data::Task;
use onnx::Runtime;
use options::{Key, OptionError, Section};

use crate::{OutputKind, SampleForm};

const RUNTIME: Key = Key("runtime", "who runs an ONNX file: rten, or ort (ONNX Runtime)");
const INPUT: Key = Key("input", "the input of an ONNX file that takes whole samples");
const CONSTANTS: Key =
    Key("constants", "numbers for inputs of an ONNX file that are the same for every sample");
const OUTPUT: Key = Key("output", "the output of an ONNX file; the only one if left out");
const LAYOUT: Key = Key("input_layout", "where an ONNX file has the channels of images");

/// An ONNX file.
#[derive(Clone, Debug, PartialEq)]
pub struct OnnxOptions {
    /// The file.
    pub file: String,
    /// Who runs it.
    pub runtime: Runtime,
    /// The name of the input that takes whole samples; none for the only one, or where each takes a column.
    pub input: Option<String>,
    /// Names of further inputs, each with the number that it is filled with, by name.
    pub constants: Vec<(String, f64)>,
    /// The name of the output that is used; none for the only one.
    pub output: Option<String>,
    /// What that output holds.
    pub kind: OutputKind,
    /// The smallest probability, above 0 and below 1.
    pub floor: f64,
    /// What it takes.
    pub samples: SampleForm,
    /// Whether the channels of images come last.
    pub channels_last: bool,
}

impl OnnxOptions {
    pub(crate) fn read(
        file: String,
        section: &mut Section<'_>,
        task: Task,
    ) -> Result<Self, OptionError> {
        let rten = Runtime::default();
        let [name, _] = Runtime::NAMES;
        let runtime = section.choice(RUNTIME, name, &Runtime::NAMES)?;
        let runtime = Runtime::named(&runtime).unwrap_or(rten);
        let input = section.optional_text(INPUT, None)?;
        let mut constants = section.numbers_by_name(CONSTANTS, ..)?;
        // Their order in the recipe has no meaning.
        constants.sort_by(|one, other| one.0.cmp(&other.0));
        let output = section.optional_text(OUTPUT, None)?;
        let (kind, floor) = OutputKind::read(section, task)?;
        let layouts = ["channels-first", "channels-last"];
        let channels_last = section.choice(LAYOUT, "channels-first", &layouts)? == "channels-last";
        let samples = SampleForm::read(section, SampleForm::RAW)?;
        Ok(Self { file, runtime, input, constants, output, kind, floor, samples, channels_last })
    }
}
