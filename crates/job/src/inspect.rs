//! What is in a model file or a run folder.

use std::path::Path;

use data::Task;
use nn::{Layer, totals};
use serde::Serialize;

use crate::JobError;
use crate::model::read_model;
use crate::record::{RunRecord, Status};

/// A model or a run, described.
#[derive(Clone, Debug, Serialize)]
pub struct Inspection {
    /// `model` or `run`.
    pub kind: String,
    /// The architecture, or the name of the run.
    pub name: String,
    /// What is learned.
    pub task: Task,
    /// The names of the classes, labels or numbers.
    pub classes: Vec<String>,
    /// The shape of a sample.
    pub input: String,
    /// The layers of the model, of the distilled student for a run.
    pub layers: Vec<Layer>,
    /// The names of its taps.
    pub taps: Vec<String>,
    /// Further facts, by name.
    pub facts: Vec<(String, String)>,
}

/// Looks into a model file, or into the folder of a run.
///
/// # Errors
/// [`JobError`] for something that is neither.
pub fn inspect(path: &Path) -> Result<Inspection, JobError> {
    let record = if path.is_dir() { Some(RunRecord::read(path)?) } else { None };
    let unfinished = record.as_ref().is_some_and(|record| record.status != Status::Done);
    let mut inspection = if unfinished { unfinished_run() } else { model(path)? };
    if let Some(record) = record {
        inspection.kind = "run".to_owned();
        inspection.name = path.display().to_string();
        let fact = |name: &str, value: String| (name.to_owned(), value);
        inspection.facts.push(fact("status", format!("{:?}", record.status).to_lowercase()));
        inspection.facts.push(fact("command", record.command));
        inspection.facts.push(fact("seconds", format!("{:.1}", record.seconds)));
        if let Some(judgement) = record.judgement {
            inspection.facts.push(fact("verdict", judgement.sentence));
        }
    }
    Ok(inspection)
}

fn model(path: &Path) -> Result<Inspection, JobError> {
    let (file, saved) = read_model(path)?;
    let layers = saved.architecture.layers(saved.shape(), saved.classes().len())?;
    let totals = totals(&layers);
    let fact = |name: &str, value: String| (name.to_owned(), value);
    Ok(Inspection {
        kind: "model".to_owned(),
        name: saved.architecture.name(),
        task: saved.preprocessing.task(),
        classes: saved.classes().to_vec(),
        input: saved.shape().to_string(),
        taps: saved.architecture.taps(),
        layers,
        facts: vec![
            fact("file", file.display().to_string()),
            fact("parameters", totals.parameters.to_string()),
            fact("multiply-adds", totals.multiply_adds.to_string()),
        ],
    })
}

fn unfinished_run() -> Inspection {
    Inspection {
        kind: String::new(),
        name: String::new(),
        task: Task::Classes,
        classes: Vec::new(),
        input: String::new(),
        layers: Vec::new(),
        taps: Vec::new(),
        facts: Vec::new(),
    }
}
