//! What a recipe says about an ONNX file.

use data::Task;
use onnx::Runtime;
use options::{Key, OptionError, Section};

use crate::{OutputKind, SampleForm};

const RUNTIME: Key = Key("runtime", "who runs an ONNX file: rten, or ort (ONNX Runtime)");
const INPUT: Key = Key("input", "the input of an ONNX file; the only one if left out");
const OUTPUT: Key = Key("output", "the output of an ONNX file; the only one if left out");
const LAYOUT: Key = Key("input_layout", "where an ONNX file has the channels of images");

/// An ONNX file.
#[derive(Clone, Debug, PartialEq)]
pub struct OnnxOptions {
    /// The file.
    pub file: String,
    /// Who runs it.
    pub runtime: Runtime,
    /// The name of its input; none for the only one.
    pub input: Option<String>,
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
        let output = section.optional_text(OUTPUT, None)?;
        let (kind, floor) = OutputKind::read(section, task)?;
        let layouts = ["channels-first", "channels-last"];
        let channels_last = section.choice(LAYOUT, "channels-first", &layouts)? == "channels-last";
        let samples = SampleForm::read(section, SampleForm::RAW)?;
        Ok(Self { file, runtime, input, output, kind, floor, samples, channels_last })
    }
}
