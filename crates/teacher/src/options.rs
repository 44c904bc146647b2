//! What a recipe says about a teacher that is not trained here.

use std::ops::Bound;

use data::Task;
use nn::WeightFile;
use options::{Key, OptionError, Problem, Section};

use crate::output_options::OUTPUTS;
use crate::{Mean, OnnxOptions, OutputOptions, WeightOptions};

/// Where a teacher comes from that is not trained here.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A model file, or the folder of a run.
    File(String),
    /// A network of another framework.
    Onnx(OnnxOptions),
    /// Weights of another framework for a network of ours.
    Weights(WeightOptions),
    /// Recorded outputs.
    Outputs(OutputOptions),
    /// Several of these.
    Ensemble(EnsembleOptions),
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

/// A teacher of an ensemble: a file, weights or recorded outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The teacher.
    pub source: Source,
    /// Its weight, above 0; weights are divided by their sum.
    pub weight: f64,
}

const FILE: Key =
    Key("file", "a saved model, an ONNX file or the folder of a run; it is not trained again");
const ENSEMBLE: Key = Key("ensemble", "several of these teachers, each { file = ... } and so on");
const MEMBER_WEIGHTS: Key =
    Key("member_weights", "fixed, or by confidence: who is surer of a sample counts for more");
const WEIGHT: Key = Key("weight", "of this teacher in the ensemble");

/// The keys of which one says where the teacher comes from.
const PLACES: [&str; 4] = [FILE.0, WeightFile::KEY, OUTPUTS.0, ENSEMBLE.0];

impl Source {
    /// Reads the section `[teacher]` for a task; none where it says nothing about a teacher that is not trained.
    ///
    /// # Errors
    /// Values of another type or out of range, and keys that do not go together.
    pub fn read(section: &mut Section<'_>, task: Task) -> Result<Option<Self>, OptionError> {
        let given: Vec<&str> = PLACES.into_iter().filter(|key| section.has(key)).collect();
        let Some(&first) = given.first() else { return Ok(None) };
        let trained = (section.has("model") && first != WeightFile::KEY).then_some(&"model");
        if let Some(second) = given.get(1).or(trained) {
            let message = format!("`{first}` and `{second}` both say who teaches");
            let hint = "keep one of them; `ensemble` joins several teachers".to_owned();
            return Err(section.conflict(second, message, hint));
        }
        if first != ENSEMBLE.0 {
            return Self::read_one(section, task).map(Some);
        }
        let example = "[{ file = \"runs/a\" }, { file = \"runs/b\" }]";
        let read = |table: &mut Section<'_>| Member::read(table, task);
        let members = section.tables(ENSEMBLE, Member::KIND, example, read)?;
        if members.len() < 2 {
            let message = format!("an ensemble of {} teachers", members.len());
            let hint = "name at least two, or use `file`, `weights` or `outputs`".to_owned();
            return Err(section.conflict(ENSEMBLE.0, message, hint));
        }
        let mean = Mean::read(section, task)?;
        let confident = is_confident(section, task)?;
        Ok(Some(Self::Ensemble(EnsembleOptions { members, mean, confident })))
    }

    /// A file, weights or recorded outputs.
    fn read_one(section: &mut Section<'_>, task: Task) -> Result<Self, OptionError> {
        if section.has(WeightFile::KEY) {
            return WeightOptions::read(section).map(Self::Weights);
        }
        if section.has(OUTPUTS.0) {
            return OutputOptions::read(section, task).map(Self::Outputs);
        }
        let file = section.text(FILE, "\"runs/teacher\"")?;
        match file.to_ascii_lowercase().ends_with(".onnx") {
            true => OnnxOptions::read(file, section, task).map(Self::Onnx),
            false => Ok(Self::File(file)),
        }
    }

    /// Whether outputs were recorded, of which there are none for further views.
    pub fn is_recorded(&self) -> bool {
        match self {
            Self::File(_) | Self::Onnx(_) | Self::Weights(_) => false,
            Self::Outputs(_) => true,
            Self::Ensemble(ensemble) => ensemble.members.iter().any(|one| one.source.is_recorded()),
        }
    }
}

/// Whether members are weighed by how sure they are of a sample, which is known of classes alone.
fn is_confident(section: &mut Section<'_>, task: Task) -> Result<bool, OptionError> {
    const CONFIDENCE: &str = "confidence";
    let words: &[&str] = if task.is_classes() { &["fixed", CONFIDENCE] } else { &["fixed"] };
    let is_of_classes = |error: &OptionError| match error.problem.as_ref() {
        Problem::UnknownChoice { found, .. } => found == CONFIDENCE,
        _ => false,
    };
    match section.choice(MEMBER_WEIGHTS, "fixed", words) {
        Err(error) if is_of_classes(&error) => {
            let (key, task) = (MEMBER_WEIGHTS.0, task.name());
            let message = format!(
                "`{key}` is \"{CONFIDENCE}\", which is for classes only, and `data.task` is {task}"
            );
            let hint = "leave it out, or give each member a `weight`".to_owned();
            Err(section.conflict(key, message, hint))
        }
        word => Ok(word? == CONFIDENCE),
    }
}

impl Member {
    /// What a table of `ensemble` is, by the name of its kind.
    pub const KIND: &str = "teacher";

    /// Reads one teacher of several.
    ///
    /// # Errors
    /// As [`Source::read`].
    pub fn read(table: &mut Section<'_>, task: Task) -> Result<Self, OptionError> {
        let source = Source::read_one(table, task)?;
        let above_0 = (Bound::Excluded(0.0), Bound::Unbounded);
        Ok(Self { source, weight: table.number(WEIGHT, 1.0, above_0)? })
    }
}
