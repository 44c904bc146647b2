//! What a recipe says about a teacher that is not trained here.

use std::ops::Bound;

use data::PixelScale;
use onnx::Runtime;
use options::{Key, OptionError, Section};

use crate::OutputKind;

/// Where a teacher comes from that is not trained here.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A model file, or the folder of a run.
    File(String),
    /// A network of another framework.
    Onnx(OnnxOptions),
    /// Recorded outputs.
    Outputs(OutputOptions),
    /// Several of these.
    Ensemble(EnsembleOptions),
}

/// Recorded outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputOptions {
    /// The file with the outputs for the rows of the training source.
    pub outputs: String,
    /// That for the transfer file.
    pub transfer: Option<String>,
    /// That for the test samples which the source or `test_source` has.
    pub test: Option<String>,
    /// What the numbers are.
    pub kind: OutputKind,
    /// The smallest probability, above 0 and below 1.
    pub floor: f64,
}

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
    /// Whether it takes the samples as the student sees them, instead of raw rows.
    pub scaled: bool,
    /// Whether the channels of images come last.
    pub channels_last: bool,
    /// How it wants the pixels of raw images.
    pub pixels: PixelScale,
}

/// Several teachers as one.
#[derive(Clone, Debug, PartialEq)]
pub struct EnsembleOptions {
    /// At least two.
    pub members: Vec<Member>,
    /// What is averaged.
    pub mean: Mean,
    /// Whether who is surer of a sample counts for more.
    pub confident: bool,
}

/// A teacher of an ensemble: a file or recorded outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The teacher.
    pub source: Source,
    /// Its weight, above 0; weights are divided by their sum.
    pub weight: f64,
}

/// What an ensemble averages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mean {
    /// Probabilities at temperature 1: a mixture.
    Probabilities,
    /// Logits: the geometric mean of probabilities, scaled back to a sum of 1.
    Logits,
}

impl Mean {
    /// What is averaged, in the words of a recipe.
    pub fn name(self) -> &'static str {
        match self {
            Self::Probabilities => PROBABILITIES,
            Self::Logits => LOGITS,
        }
    }
}

const PROBABILITIES: &str = "probabilities";
const LOGITS: &str = "logits";

const FILE: Key =
    Key("file", "a saved model, an ONNX file or the folder of a run; it is not trained again");
const OUTPUTS: Key =
    Key("outputs", "recorded outputs for the rows of data.source: .csv, .parquet, .npy, .npz");
const TRANSFER_OUTPUTS: Key = Key("transfer_outputs", "the same for data.transfer");
const TEST_OUTPUTS: Key = Key("test_outputs", "the same for the test samples that data has");
const KIND: Key = Key("outputs_kind", "logits, log-probabilities or probabilities");
const FLOOR: Key = Key("floor", "smaller probabilities, and zeros, are taken as this");
const ENSEMBLE: Key = Key("ensemble", "several of these teachers, each { file = ... } and so on");
const MEAN: Key = Key("mean", "what the ensemble averages: probabilities or logits");
const MEMBER_WEIGHTS: Key =
    Key("member_weights", "fixed, or by confidence: who is surer of a sample counts for more");
const WEIGHT: Key = Key("weight", "of this teacher in the ensemble");

const RUNTIME: Key = Key("runtime", "who runs an ONNX file: rten, or ort (ONNX Runtime)");
const INPUT: Key = Key("input", "the input of an ONNX file; the only one if left out");
const OUTPUT: Key = Key("output", "the output of an ONNX file; the only one if left out");
const VALUES: Key = Key("values", "what an ONNX file takes: raw rows, or scaled as the student's");
const LAYOUT: Key = Key("input_layout", "where an ONNX file has the channels of images");
const PIXEL_RANGE: Key = Key("pixel_range", "the brightest byte for an ONNX file: 1, or 255");
const PIXEL_MEAN: Key = Key("pixel_mean", "taken off each channel after that");
const PIXEL_DEVIATION: Key = Key("pixel_deviation", "by which each channel is divided then");

/// The keys of which one says where the teacher comes from.
const PLACES: [&str; 3] = [FILE.0, OUTPUTS.0, ENSEMBLE.0];

impl Source {
    /// Reads the section `[teacher]`; none where it says nothing about a teacher that is not trained.
    ///
    /// # Errors
    /// Values of another type or out of range, and keys that do not go together.
    pub fn read(section: &mut Section<'_>) -> Result<Option<Self>, OptionError> {
        let given: Vec<&str> = PLACES.into_iter().filter(|key| section.has(key)).collect();
        let Some(&first) = given.first() else { return Ok(None) };
        if let Some(second) = given.get(1).or(section.has("model").then_some(&"model")) {
            let message = format!("`{first}` and `{second}` both say who teaches");
            let hint = "keep one of them; `ensemble` joins several teachers".to_owned();
            return Err(section.conflict(second, message, hint));
        }
        if first != ENSEMBLE.0 {
            return Self::read_one(section).map(Some);
        }
        let example = "[{ file = \"runs/a\" }, { file = \"runs/b\" }]";
        let members = section.tables(ENSEMBLE, Member::KIND, example, Member::read)?;
        if members.len() < 2 {
            let message = format!("an ensemble of {} teachers", members.len());
            let hint = "name at least two, or use `file` or `outputs`".to_owned();
            return Err(section.conflict(ENSEMBLE.0, message, hint));
        }
        let mean = match section.choice(MEAN, PROBABILITIES, &[PROBABILITIES, LOGITS])?.as_str() {
            LOGITS => Mean::Logits,
            _ => Mean::Probabilities,
        };
        let words = ["fixed", "confidence"];
        let confident = section.choice(MEMBER_WEIGHTS, "fixed", &words)? == "confidence";
        Ok(Some(Self::Ensemble(EnsembleOptions { members, mean, confident })))
    }

    /// A file or recorded outputs.
    fn read_one(section: &mut Section<'_>) -> Result<Self, OptionError> {
        if !section.has(OUTPUTS.0) {
            let file = section.text(FILE, "\"runs/teacher\"")?;
            return match file.to_ascii_lowercase().ends_with(".onnx") {
                true => OnnxOptions::read(file, section).map(Self::Onnx),
                false => Ok(Self::File(file)),
            };
        }
        let outputs = section.text(OUTPUTS, "\"teacher.csv\"")?;
        let transfer = section.optional_text(TRANSFER_OUTPUTS, None)?;
        let test = section.optional_text(TEST_OUTPUTS, None)?;
        let (kind, floor) = kind(section)?;
        Ok(Self::Outputs(OutputOptions { outputs, transfer, test, kind, floor }))
    }

    /// Whether it is one saved model.
    pub fn is_saved(&self) -> bool {
        matches!(self, Self::File(_))
    }

    /// The key that says where it comes from.
    pub fn key(&self) -> &'static str {
        match self {
            Self::File(_) | Self::Onnx(_) => FILE.0,
            Self::Outputs(_) => OUTPUTS.0,
            Self::Ensemble(_) => ENSEMBLE.0,
        }
    }

    /// Whether outputs were recorded, of which there are none for further views.
    pub fn is_recorded(&self) -> bool {
        match self {
            Self::File(_) | Self::Onnx(_) => false,
            Self::Outputs(_) => true,
            Self::Ensemble(ensemble) => ensemble.members.iter().any(|one| one.source.is_recorded()),
        }
    }
}

impl Member {
    /// What a table of `ensemble` is, by the name of its kind.
    pub const KIND: &str = "teacher";

    /// Reads one teacher of several.
    ///
    /// # Errors
    /// As [`Source::read`].
    pub fn read(table: &mut Section<'_>) -> Result<Self, OptionError> {
        let source = Source::read_one(table)?;
        let above_0 = (Bound::Excluded(0.0), Bound::Unbounded);
        Ok(Self { source, weight: table.number(WEIGHT, 1.0, above_0)? })
    }
}

impl OnnxOptions {
    fn read(file: String, section: &mut Section<'_>) -> Result<Self, OptionError> {
        let rten = Runtime::default();
        let [name, _] = Runtime::NAMES;
        let runtime = section.choice(RUNTIME, name, &Runtime::NAMES)?;
        let runtime = Runtime::named(&runtime).unwrap_or(rten);
        let input = section.optional_text(INPUT, None)?;
        let output = section.optional_text(OUTPUT, None)?;
        let (kind, floor) = kind(section)?;
        let scaled = section.choice(VALUES, "raw", &["raw", "scaled"])? == "scaled";
        let layouts = ["channels-first", "channels-last"];
        let channels_last = section.choice(LAYOUT, "channels-first", &layouts)? == "channels-last";
        let above_0 = || (Bound::Excluded(0.0), Bound::Unbounded);
        let pixels = PixelScale {
            range: section.number(PIXEL_RANGE, 1.0, above_0())?,
            mean: section.numbers(PIXEL_MEAN, ..)?,
            deviation: section.numbers(PIXEL_DEVIATION, above_0())?,
        };
        // The resolved copy of a recipe gives them too, at their defaults.
        let changed = [
            (PIXEL_RANGE, pixels.range != 1.0),
            (PIXEL_MEAN, !pixels.mean.is_empty()),
            (PIXEL_DEVIATION, !pixels.deviation.is_empty()),
        ];
        if let Some((key, _)) = changed.into_iter().find(|(_, changed)| scaled && *changed) {
            let message = format!("`{}` has no meaning with `values = \"scaled\"`", key.0);
            let hint = "leave it out, or let the file take raw rows".to_owned();
            return Err(section.conflict(key.0, message, hint));
        }
        Ok(Self { file, runtime, input, output, kind, floor, scaled, channels_last, pixels })
    }
}

/// What outputs are, and the smallest probability.
fn kind(section: &mut Section<'_>) -> Result<(OutputKind, f64), OptionError> {
    let name = section.name(KIND, "\"probabilities\"", &OutputKind::NAMES, &[])?;
    let kind = OutputKind::named(&name)
        .ok_or_else(|| section.unknown_choice(KIND, &name, &OutputKind::NAMES))?;
    let range = (Bound::Excluded(0.0), Bound::Excluded(1.0));
    Ok((kind, section.number(FLOOR, 1e-6, range)?))
}
