//! What the report knows of a run: plain data, filled by the `job` crate and kept in the run folder.
//!
//! Shares (accuracy, agreement, calibration error, the difference and its interval) are fractions from 0 to 1, never
//! percent. A number that is not finite is allowed everywhere; it is written to JSON as `null`, read back as NaN, and
//! shown as "n/a".

mod measure;
mod nullable;
mod role;
mod sweep;
mod teaching;

use std::collections::BTreeMap;

use data::Task;
use serde::{Deserialize, Serialize};

pub use measure::{Measure, MeasureUnit};
pub use role::Role;
pub use sweep::{SweepAxis, SweepPoint, SweepView};
pub use teaching::{Choice, Disagreement, FileRow, Picture, Softened, Teaching};

/// One run, ready to be reported.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// What is learned of a sample.
    #[serde(default)]
    pub task: Task,
    /// What is measured of each model where samples have no single class, or no label; see [`SeedRun::measured`].
    #[serde(default)]
    pub measures: Vec<Measure>,
    /// Name of the run, as its folder is called.
    pub name: String,
    /// The command line that started the run.
    pub command: String,
    /// What the comparison came to.
    pub verdict: VerdictView,
    /// The models compared; at most one of each [`Role`] is shown.
    pub models: Vec<Model>,
    /// Paired difference in test score (accuracy, F1 of a sample, or absolute error negated), distilled
    /// student minus student alone.
    pub difference: Difference,
    /// (distilled - alone) / (teacher - alone) in test score; `None` where the teacher is not ahead.
    pub gap_recovered: Option<f64>,
    /// How training went, one curve for each model and seed.
    pub curves: Vec<Curve>,
    /// Names of the classes, in the order of the confusion counts.
    pub classes: Vec<String>,
    /// What was learnt from and tested on.
    pub data: DataView,
    /// The resolved recipe, as TOML text.
    pub recipe: String,
    /// Where everything came from, as pairs of a name and a value (versions, hashes, machine, seed).
    pub provenance: Vec<(String, String)>,
    /// What the result does not show, one sentence each.
    pub limitations: Vec<String>,
    /// Where the teacher comes from, with hashes, in a few words each; empty where it was trained in the run.
    #[serde(default)]
    pub teacher: Vec<String>,
    /// Anything else that a reader should know, one sentence each.
    pub notes: Vec<String>,
    /// What the teacher had to say, and where the student does not follow it.
    #[serde(default)]
    pub teaching: Option<Teaching>,
    /// The sweep that the run was chosen from, if it was.
    #[serde(default)]
    pub sweep: Option<SweepView>,
}

/// A model after temperature scaling.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scaled {
    /// What logits are divided by; found on the validation split.
    #[serde(deserialize_with = "nullable::number")]
    pub temperature: f64,
    /// Mean negative log-likelihood on the test split, in nats.
    #[serde(deserialize_with = "nullable::number")]
    pub nll: f64,
    /// Expected calibration error on the test split, as a fraction.
    #[serde(deserialize_with = "nullable::number")]
    pub ece: f64,
}

/// The verdict in words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VerdictView {
    /// `BEATS`, `DOES NOT BEAT` or `INCONCLUSIVE`; `NO VERDICT` where nothing has a label.
    pub word: String,
    /// The verdict as one plain sentence with its numbers.
    pub sentence: String,
}

/// One model: its size, its cost, and how it did on the test split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Which one it is.
    pub role: Role,
    /// Its architecture in one line, such as `mlp 64-32-32-10`.
    pub architecture: String,
    /// Number of trained parameters.
    pub parameters: u64,
    /// Multiply-adds of one forward pass of one sample.
    pub multiply_adds: u64,
    /// Size of the saved weights in bytes.
    pub file_bytes: u64,
    /// Median time of a forward pass at batch 1, in microseconds.
    #[serde(deserialize_with = "nullable::number")]
    pub latency_us_p50: f64,
    /// 90th percentile of the time of a forward pass at batch 1, in microseconds.
    #[serde(deserialize_with = "nullable::number")]
    pub latency_us_p90: f64,
    /// Samples a second at a large batch.
    #[serde(deserialize_with = "nullable::number")]
    pub throughput_per_second: f64,
    /// The layers, from input to output.
    pub layers: Vec<Layer>,
    /// One result for each seed.
    pub runs: Vec<SeedRun>,
    /// Test samples by true class (row) and predicted class (column), summed over seeds; empty if not counted.
    pub confusion: Vec<Vec<u64>>,
    /// F1 of each label, mean over seeds; empty where no labels are learned.
    #[serde(default, deserialize_with = "nullable::list")]
    pub label_f1: Vec<f64>,
    /// Confidence against accuracy on the test split, pooled over seeds; empty if not measured.
    pub reliability: Vec<Bin>,
}

/// One layer of a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// Its path in the network.
    pub name: String,
    /// What it is, such as `linear`.
    pub kind: String,
    /// Shape of its output for one sample.
    pub output: String,
    /// Number of its trained parameters.
    pub parameters: u64,
    /// Its multiply-adds for one sample.
    pub multiply_adds: u64,
}

/// How one model did on the test split with one seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeedRun {
    /// The seed.
    pub seed: u64,
    /// Share of test samples whose predicted class is right.
    #[serde(deserialize_with = "nullable::number")]
    pub accuracy: f64,
    /// Mean negative log-likelihood, in nats.
    #[serde(deserialize_with = "nullable::number")]
    pub nll: f64,
    /// Brier score, summed over classes: 0 to 2.
    #[serde(deserialize_with = "nullable::number")]
    pub brier: f64,
    /// Expected calibration error, as a fraction.
    #[serde(deserialize_with = "nullable::number")]
    pub ece: f64,
    /// Share of test samples on which the model and its teacher predict the same class, or of labels; of numbers the
    /// root mean square of the difference. `None` for the teacher.
    pub agreement: Option<f64>,
    /// What was measured where samples have no single class, or no label, in the order of [`Summary::measures`].
    #[serde(default, deserialize_with = "nullable::list")]
    pub measured: Vec<f64>,
    /// After temperature scaling; `None` without a validation split.
    #[serde(default)]
    pub scaled: Option<Scaled>,
    /// Optimiser steps taken.
    pub steps: u64,
    /// Epochs completed or begun.
    pub epochs: u64,
    /// Why training stopped, in a few words.
    pub stopped: String,
}

/// One bin of a reliability diagram.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Lower edge of confidence.
    #[serde(deserialize_with = "nullable::number")]
    pub low: f64,
    /// Upper edge of confidence.
    #[serde(deserialize_with = "nullable::number")]
    pub high: f64,
    /// Predictions that fell into the bin.
    pub count: u64,
    /// Their mean confidence.
    #[serde(deserialize_with = "nullable::number")]
    pub confidence: f64,
    /// The share of them that was right.
    #[serde(deserialize_with = "nullable::number")]
    pub accuracy: f64,
}

/// The paired difference in test accuracy, distilled student minus student alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Mean over seeds and test samples.
    #[serde(deserialize_with = "nullable::number")]
    pub mean: f64,
    /// Lower end of the 95 % interval.
    #[serde(deserialize_with = "nullable::number")]
    pub low: f64,
    /// Upper end of the 95 % interval.
    #[serde(deserialize_with = "nullable::number")]
    pub high: f64,
    /// Number of seeds.
    pub seeds: u64,
    /// Number of test samples.
    pub samples: u64,
    /// Number of bootstrap replicates behind the interval.
    pub replicates: u64,
    /// The difference of each seed.
    #[serde(deserialize_with = "nullable::list")]
    pub per_seed: Vec<f64>,
}

/// How the training of one model with one seed went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// Which model was trained.
    pub role: Role,
    /// With which seed.
    pub seed: u64,
    /// In the order of training.
    pub points: Vec<Point>,
}

/// One moment of training at which everything was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Epochs completed; may be fractional.
    #[serde(deserialize_with = "nullable::number")]
    pub epoch: f64,
    /// Optimiser steps taken.
    pub step: u64,
    /// Parts of the training loss by name.
    #[serde(deserialize_with = "nullable::map")]
    pub parts: BTreeMap<String, f64>,
    /// Norm of the gradient of each part by the student's logits, the part's weight included; empty where it was
    /// not looked at.
    #[serde(default, deserialize_with = "nullable::map")]
    pub gradient_norms: BTreeMap<String, f64>,
    /// The learning rate of the last step.
    #[serde(default)]
    pub learning_rate: Option<f64>,
    /// The training loss that was minimised.
    #[serde(deserialize_with = "nullable::number")]
    pub loss: f64,
    /// Score on the validation split: accuracy, F1 of a sample, or absolute error negated.
    #[serde(alias = "validation_accuracy", deserialize_with = "nullable::number")]
    pub validation_score: f64,
    /// Loss on the validation split: negative log-likelihood, binary cross-entropy in nats, or squared error.
    #[serde(alias = "validation_nll", deserialize_with = "nullable::number")]
    pub validation_loss: f64,
    /// Share of validation samples on which the model and its teacher predict the same class.
    pub agreement: Option<f64>,
}

/// What was learnt from and tested on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DataView {
    /// Name or path of the data.
    pub source: String,
    /// Rows that the student is trained on, with and without label.
    pub training_rows: u64,
    /// Those of them that carry a label.
    pub labelled_rows: u64,
    /// Rows of the validation split.
    pub validation_rows: u64,
    /// Rows of the test split.
    pub test_rows: u64,
    /// Number of classes, labels or numbers.
    pub classes: u64,
    /// What is learned of a sample.
    #[serde(default)]
    pub task: Task,
    /// Shape of one sample, such as `1 x 28 x 28`.
    pub shape: String,
    /// How often the test split was read.
    pub test_reads: u32,
}

impl Summary {
    /// Whether the known measures of classes are there: accuracy and the others need labels.
    pub fn knows_classes(&self) -> bool {
        self.task == Task::Classes && self.measures.is_empty()
    }

    /// The models in the order in which they learned from one another, the student alone before the last.
    pub fn in_order(&self) -> Vec<&Model> {
        let mut models: Vec<&Model> = self.models.iter().collect();
        models.sort_by_key(|model| model.role);
        models
    }

    /// The model of a role, if the summary holds one.
    pub fn model(&self, role: Role) -> Option<&Model> {
        self.models.iter().find(|model| model.role == role)
    }
}
