//! What is in a model file or a run folder.

use std::path::Path;

use data::Task;
use export::{ExportError, SavedModel, TensorCard};
use nn::{Layer, Tap, probe, totals};
use onnx::{Description, Given, Intermediate, Model, OnnxError, Runtime, Trial};
use serde::Serialize;
use store::read_limited;
use teacher::TeacherError;

use crate::JobError;
use crate::foreign_file::ForeignFile;
use crate::model::{LARGEST_MODEL, network, read_model};
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
    /// Its taps, in the order of its pass.
    pub taps: Vec<ShownTap>,
    /// Further facts, by name.
    pub facts: Vec<(String, String)>,
}

/// A tap of a model.
#[derive(Clone, Debug, Serialize)]
pub struct ShownTap {
    /// As methods name it.
    pub name: String,
    /// What it holds for each sample, and of a network of another framework what makes it.
    pub shape: String,
}

/// Looks into a model file, an ONNX file, weights of another framework, or into the folder of a run.
///
/// # Errors
/// [`JobError`] for something else.
pub fn inspect(path: &Path) -> Result<Inspection, JobError> {
    let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
    if extension.is_some_and(|extension| extension == "onnx") && path.is_file() {
        return foreign(path);
    }
    let record = if path.is_dir() { Some(RunRecord::read(path)?) } else { None };
    let unfinished = record.as_ref().is_some_and(|record| record.status != Status::Done);
    let mut inspection = match unfinished {
        true => unfinished_run(),
        false => match model(path) {
            Err(JobError::Model { path, source: ExportError::NotAModel }) => weights(&path)?,
            found => found?,
        },
    };
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
        if let Some(agreement) = record.agreement {
            inspection.facts.push(fact("verdict", agreement.sentence));
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
        taps: taps(&saved, path)?,
        layers,
        facts: vec![
            fact("file", file.display().to_string()),
            fact("parameters", totals.parameters.to_string()),
            fact("multiply-adds", totals.multiply_adds.to_string()),
        ],
    })
}

/// Weights of another framework: the name of each tensor with its type and shape.
fn weights(path: &Path) -> Result<Inspection, JobError> {
    let bytes = read_limited(path, LARGEST_MODEL)?;
    let wrong = |source| JobError::Model { path: path.to_owned(), source };
    let tensors = export::list_tensors(&bytes).map_err(wrong)?;
    let numbers = |tensor: &TensorCard| tensor.shape.iter().product::<usize>();
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let mut facts = vec![
        fact("tensors", tensors.len().to_string()),
        fact("numbers", tensors.iter().map(numbers).sum::<usize>().to_string()),
    ];
    let tensor = |tensor: TensorCard| (tensor.name, format!("{} {:?}", tensor.kind, tensor.shape));
    facts.extend(tensors.into_iter().map(tensor));
    let (kind, name) = ("weights".to_owned(), path.display().to_string());
    Ok(Inspection { kind, name, facts, ..unfinished_run() })
}

/// The taps with their shapes, by a sample of zeros.
fn taps(saved: &SavedModel, path: &Path) -> Result<Vec<ShownTap>, JobError> {
    let found = probe(&network(saved, path)?, saved.shape().len()).into_iter();
    Ok(found.map(|Tap { name, shape, .. }| ShownTap { name, shape: shape.to_string() }).collect())
}

/// A network of another framework: what it takes and gives, and whether it can be run here.
fn foreign(path: &Path) -> Result<Inspection, JobError> {
    let ForeignFile { bytes, sources } = ForeignFile::read(path, &path.display().to_string())?;
    let wrong =
        |source| JobError::from(TeacherError::Onnx { file: path.display().to_string(), source });
    let description = Description::read(&bytes).map_err(wrong)?;
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let ports = |name: &'static str, ports: &[onnx::Port]| {
        ports.iter().map(|port| fact(name, port.to_string())).collect::<Vec<_>>()
    };
    let operators = description.operators.iter();
    let operators: Vec<String> = operators.map(|(name, count)| format!("{name} {count}")).collect();
    let runs = |runtime| match Model::check(bytes.clone(), runtime) {
        Ok(()) => "yes".to_owned(),
        Err(OnnxError::NotBuilt) => "not known: this program was built without it".to_owned(),
        Err(OnnxError::NoLibrary(reason)) => format!("not known: {reason}"),
        Err(error) => format!("no: {error}"),
    };
    let opset = description.opset.map_or("not stated".to_owned(), |opset| opset.to_string());
    let mut facts = ports("input", &description.inputs);
    facts.extend(ports("output", &description.outputs));
    let data = sources.iter().skip(1);
    facts.extend(data.map(|file| fact("data in", format!("{} ({} bytes)", file.name, file.bytes))));
    facts.push(fact("parameters", description.parameters.to_string()));
    facts.push(fact("operators", operators.join(", ")));
    facts.push(fact("operator set", opset));
    facts.push(fact("written by", description.producer.clone()));
    facts.push(fact("runs with rten", runs(Runtime::Rten)));
    facts.push(fact("runs with ONNX Runtime", runs(Runtime::Ort)));
    let taps = values(&bytes, &description).map_err(wrong)?;
    Ok(Inspection {
        kind: "onnx".to_owned(),
        name: path.display().to_string(),
        facts,
        taps,
        ..unfinished_run()
    })
}

/// The values on the way with what they are: shape for one sample, where the sizes of a sample are known
/// and the file can be run on numbers that mean nothing, and operator.
fn values(bytes: &[u8], description: &Description) -> Result<Vec<ShownTap>, OnnxError> {
    let all = Intermediate::all(bytes)?;
    let names: Vec<String> = all.iter().map(|value| value.name.clone()).collect();
    let run = |Trial { feed, sizes }: &Trial, runtime| {
        let zeros = vec![0.0; sizes.iter().product::<usize>().max(1)];
        let model = Model::tapped(bytes, feed, names.clone(), runtime).ok()?;
        model.give(&zeros, sizes).ok()
    };
    let trials = Trial::of(&description.inputs);
    let given = trials.iter().find_map(|trial| {
        let runtimes = [Runtime::Rten, Runtime::Ort].into_iter();
        runtimes.map(|runtime| run(trial, runtime)).find(Option::is_some).flatten()
    });
    let mut given = given.unwrap_or_default().into_iter();
    let described = |value: Intermediate| {
        let shape = match given.next() {
            Some(Given::Numbers { shape, .. }) => format!("{shape:?} by "),
            Some(Given::Other(found)) => format!("{found} by "),
            None => String::new(),
        };
        ShownTap { name: value.name, shape: format!("{shape}{}", value.operator) }
    };
    Ok(all.into_iter().map(described).collect())
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
