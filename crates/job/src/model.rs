//! Using a saved model: `evaluate` and `predict`.

use std::path::{Path, PathBuf};

use data::{CellCount, Corpus, RawRows, Samples};
use eval::{Metrics, Predictions};
use export::SavedModel;
use nn::infer;
use serde::Serialize;
use store::{Disk, Lock, read_limited};

use crate::JobError;
use crate::distill::{Prepared, read_recipe};
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
    pub metrics: Metrics,
    /// The names of the classes, in the order of the confusion matrix.
    pub classes: Vec<String>,
    /// Columns with cells that were filled in, or with words that training does not know.
    pub warnings: Vec<String>,
}

/// What a model says about the rows of a file.
#[derive(Clone, Debug, Serialize)]
pub struct Predicted {
    /// CSV with the columns of the file, then the most probable class and its probability.
    pub predictions: String,
    /// Columns with cells that were filled in, or with words that training does not know.
    pub warnings: Vec<String>,
}

/// Scores a model on the labelled rows of a file, or, without one, on the test part of its run.
///
/// `model` is a run folder, whose distilled student is taken, or a file in its `export` folder.
///
/// # Errors
/// [`JobError::NoLabel`] for a row without label; without a file also when `model` is no run folder.
pub fn evaluate(model: &Path, data: Option<&Path>) -> Result<Evaluation, JobError> {
    let (path, saved) = read_model(model)?;
    let (samples, source, warnings) = match data {
        Some(data) => {
            let rows = saved.preprocessing.read_rows(data)?;
            let warnings = warnings(&rows.cells);
            (rows.samples, data.display().to_string(), warnings)
        }
        None => {
            let (corpus, source) = test_part(model)?;
            let cells = corpus.cells.get("test");
            (corpus.test, source, cells.map(|cells| warnings(cells)).unwrap_or_default())
        }
    };
    let place = data.unwrap_or(model);
    let mut labels = Vec::with_capacity(samples.len());
    for (row, label) in samples.labels.iter().enumerate() {
        let absent = || JobError::NoLabel { path: place.to_owned(), row: row + 1 };
        labels.push(label.ok_or_else(absent)?);
    }
    let predictions = predictions(&saved, &samples, &path)?;
    Ok(Evaluation {
        model: path.display().to_string(),
        source,
        metrics: Metrics::measure(&predictions, &labels)?,
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
    let rows = saved.preprocessing.read_rows(data)?;
    let predictions = predictions(&saved, &rows.samples, &path)?;
    let predictions = write_predictions(&rows, &predictions, saved.classes())?;
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
    let prepared = Prepared::new(read_recipe(folder)?, &record.base)?;
    record.test_reads += 1;
    if let Some(summary) = &mut record.summary {
        summary.data.test_reads = record.test_reads;
    }
    record.write(&disk, folder)?;
    let source = format!("the test part of {}", prepared.recipe.data.source);
    Ok((prepared.corpus, source))
}

fn predictions(
    model: &SavedModel,
    samples: &Samples,
    path: &Path,
) -> Result<Predictions, JobError> {
    let wrong = |source| JobError::Model { path: path.to_owned(), source };
    let network = model.network().map_err(wrong)?;
    let classes = model.classes().len();
    let logits = infer(&network, &samples.values, samples.shape.len(), classes)?;
    Ok(Predictions::from_logits(classes, &logits)?)
}

fn write_predictions(
    rows: &RawRows,
    predictions: &Predictions,
    classes: &[String],
) -> Result<String, JobError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let added = ["prediction", "probability"];
    writer.write_record(rows.header.iter().map(String::as_str).chain(added))?;
    for (row, log_probabilities) in predictions.rows().enumerate() {
        let class = predictions.argmax(row).unwrap_or_default();
        let name = classes.get(class).map_or("", String::as_str);
        let log_probability = log_probabilities.get(class).copied().unwrap_or(f64::NAN);
        let probability = format!("{:.6}", log_probability.exp());
        let record = rows.records.get(row).into_iter().flatten().map(String::as_str);
        writer.write_record(record.chain([name, probability.as_str()]))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
