//! Using a saved model: `evaluate` and `predict`.

use std::path::{Path, PathBuf};

use data::{CellCount, Corpus, RawRows, SourceFile, Task};
use eval::{Answers, Measured};
use export::SavedModel;
use nn::AnyNetwork;
use recipe::Teacher;
use serde::Serialize;
use store::{Disk, Lock, read_limited};

use crate::JobError;
use crate::cells::{answers_in_cells, number};
use crate::distill::read_recipe;
use crate::opening::Opening;
use crate::question::Question;
use crate::record::{RunRecord, Status};
use crate::single::MODEL;

/// Larger than any network that this program can train.
pub(crate) const LARGEST_MODEL: u64 = 16 << 30;

/// How a model does on labelled rows.
#[derive(Clone, Debug, Serialize)]
pub struct Evaluation {
    /// The model's file.
    pub model: String,
    /// Where the rows are from.
    pub source: String,
    /// The scores.
    pub metrics: Measured,
    /// What is learned.
    pub task: Task,
    /// The names of the classes in the order of the confusion matrix, or of the labels or numbers.
    pub classes: Vec<String>,
    /// Columns with cells that were filled in, or with words that training does not know.
    pub warnings: Vec<String>,
}

/// What a model says about the rows of a file.
#[derive(Clone, Debug, Serialize)]
pub struct Predicted {
    /// CSV with the columns of the file, then the most probable class and its probability; or the labels
    /// that apply and the probability of each; or the numbers.
    pub predictions: String,
    /// Columns with cells that were filled in, or with words that training does not know.
    pub warnings: Vec<String>,
}

/// Scores a model on the labelled rows of a file, or, without one, on the test part of its run.
///
/// `model` is a run folder, whose distilled student is taken, or a file in its `export` folder. The student of a run
/// without labels is held against what its teacher says of the test part.
///
/// # Errors
/// [`JobError::NoLabel`] for a row without label; [`JobError::NotARun`] without a file where `model` is no run folder.
pub fn evaluate(model: &Path, data: Option<&Path>) -> Result<Evaluation, JobError> {
    let (path, saved) = read_model(model)?;
    let mut standard = None;
    let (samples, source, warnings) = match data {
        Some(data) => {
            let rows = saved.preprocessing.read_rows(data)?;
            let warnings = warnings(&rows.cells);
            (rows.samples, data.display().to_string(), warnings)
        }
        None if !model.is_dir() => return Err(JobError::NotARun { path: model.to_owned() }),
        None => {
            let (corpus, source) = test_part(model)?;
            if corpus.is_unlabelled() {
                standard = testimony_of(model, &corpus)?;
            }
            let cells = corpus.cells.get("test");
            let warnings = cells.map(|cells| warnings(cells)).unwrap_or_default();
            (corpus.test, source, warnings)
        }
    };
    let question = Question::of(&saved.preprocessing);
    let answers = question.ask(&network(&saved, &path)?, &samples)?;
    let place = data.unwrap_or(model);
    let unlabelled = samples.labels.iter().position(Option::is_none);
    if let (None, Some(row)) = (&standard, unlabelled) {
        return Err(JobError::NoLabel { path: place.to_owned(), row: row + 1 });
    }
    let truth = question.standard(&samples, standard.as_ref());
    let truth = truth.unwrap_or_else(|| question.truth(&samples));
    Ok(Evaluation {
        model: path.display().to_string(),
        source,
        metrics: answers.measure(&truth)?,
        task: question.task,
        classes: saved.classes().to_vec(),
        warnings,
    })
}

fn warnings(cells: &[CellCount]) -> Vec<String> {
    cells.iter().map(ToString::to_string).collect()
}

/// Predicts the rows of a file.
///
/// # Errors
/// [`JobError`] for a file whose rows the model cannot take.
pub fn predict(model: &Path, data: &Path) -> Result<Predicted, JobError> {
    let (path, saved) = read_model(model)?;
    let rows = saved.preprocessing.read_unlabelled(data)?;
    let question = Question::of(&saved.preprocessing);
    let answers = question.ask(&network(&saved, &path)?, &rows.samples)?;
    let predictions = write_predictions(data, &rows, &answers, saved.classes())?;
    Ok(Predicted { predictions, warnings: warnings(&rows.cells) })
}

/// The model in a file, or the distilled student of a run folder.
pub(crate) fn read_model(path: &Path) -> Result<(PathBuf, SavedModel), JobError> {
    let file = if path.is_dir() {
        let record = RunRecord::read(path)?;
        if record.status != Status::Done {
            return Err(JobError::NotDone { path: path.to_owned() });
        }
        path.join(if record.trains.is_some() { MODEL } else { "export/student.safetensors" })
    } else {
        path.to_owned()
    };
    let bytes = read_limited(&file, LARGEST_MODEL)?;
    let model = SavedModel::from_bytes(&bytes)
        .map_err(|source| JobError::Model { path: file.clone(), source })?;
    Ok((file, model))
}

/// The test part of a run, read again from its data; the run's record counts every reading.
fn test_part(folder: &Path) -> Result<(Corpus, String), JobError> {
    let disk = Disk::from_environment()?;
    let _lock = Lock::take(&disk, folder, "potstill evaluate")?;
    let mut record = RunRecord::read(folder)?;
    let recipe = read_recipe(folder)?;
    let corpus = data::load(&recipe.data, &record.base)?;
    // Other data are divided in another way, and samples of training could be among these.
    record.check_first_sources(&corpus.sources)?;
    record.test_reads += 1;
    if let Some(summary) = &mut record.summary {
        summary.data.test_reads = record.test_reads;
    }
    record.write(&disk, folder)?;
    let place = match &recipe.data.test_source {
        Some(own) => own.to_string(),
        None => format!("the test part of {}", recipe.data.source),
    };
    Ok((corpus, place))
}

/// What the teacher of a run says about the test part.
fn testimony_of(folder: &Path, corpus: &Corpus) -> Result<Option<Answers>, JobError> {
    let (recipe, record) = (read_recipe(folder)?, RunRecord::read(folder)?);
    let Teacher::Ready(source) = &recipe.teacher else { return Ok(None) };
    let opening = Opening { options: &recipe.data, base: &record.base, corpus, taps: false };
    let ready = opening.open(source)?;
    let sources: Vec<SourceFile> = corpus.sources.iter().chain(&ready.sources).cloned().collect();
    record.check_sources(&sources)?;
    Ok(ready.testimony(corpus)?.test)
}

pub(crate) fn network(model: &SavedModel, path: &Path) -> Result<AnyNetwork, JobError> {
    model.network().map_err(|source| JobError::Model { path: path.to_owned(), source })
}

fn write_predictions(
    path: &Path,
    rows: &RawRows,
    answers: &Answers,
    names: &[String],
) -> Result<String, JobError> {
    let mut columns: Vec<(String, Vec<String>)> = Vec::new();
    let chosen = || ("prediction".to_owned(), answers_in_cells(answers, names));
    match answers {
        Answers::Classes(said) => {
            let of_row = |(row, class): (&[f64], &usize)| {
                format!("{:.6}", row.get(*class).copied().unwrap_or(f64::NAN).exp())
            };
            let probabilities = said.rows().zip(said.most_probable()).map(of_row).collect();
            columns.extend([chosen(), ("probability".to_owned(), probabilities)]);
        }
        Answers::Labels(said) => {
            columns.push(chosen());
            for (label, name) in names.iter().enumerate() {
                let logits = said.rows().map(|row| row.get(label).copied().unwrap_or(f64::NAN));
                let probabilities =
                    logits.map(|logit| format!("{:.6}", 1.0 / (1.0 + (-logit).exp())));
                columns.push((format!("probability_{name}"), probabilities.collect()));
            }
        }
        Answers::Numbers(_) if names.len() == 1 => columns.push(chosen()),
        Answers::Numbers(said) => {
            for (output, (name, deviation)) in names.iter().zip(said.deviations()).enumerate() {
                let values = said.rows().map(|row| row.get(output).copied().unwrap_or(f64::NAN));
                let cells = values.map(|value| number(value, *deviation)).collect();
                columns.push((format!("prediction_{name}"), cells));
            }
        }
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    let taken = columns.iter().find(|(name, _)| rows.header.contains(name));
    if let Some((column, _)) = taken {
        let (path, column) = (path.to_owned(), column.clone());
        return Err(JobError::ColumnTaken { path, column });
    }
    let head = columns.iter().map(|(name, _)| name);
    writer.write_record(rows.header.iter().chain(head))?;
    for row in 0..rows.samples.len() {
        let record = rows.records.get(row).into_iter().flatten().map(String::as_str);
        let cells = columns.iter().map(|(_, cells)| cells.get(row).map_or("", String::as_str));
        writer.write_record(record.chain(cells))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
