//! How a model is trained: the options of one training.

use data::Mixing;
use options::{Key, OptionError, Section};
use serde::{Deserialize, Serialize};

use crate::optimizer::{Adam, OptimizerOptions};
use crate::schedule::Schedule;
use crate::stage::Stage;

/// The settings of one training.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Passes over the training rows, labelled or not; a model that learns from the labelled rows
    /// alone takes the same number of steps over fewer rows.
    pub epochs: u64,
    /// What comes before these epochs; they are those of the last stage.
    pub stages: Vec<Stage>,
    /// Samples in a batch.
    pub batch_size: usize,
    /// Batches in a step; the last step of an epoch may have fewer.
    pub accumulate: u64,
    /// Optimiser with its settings.
    pub optimizer: OptimizerOptions,
    /// Whether weight decay also pulls at parameters with a single axis, which are biases and the
    /// scales and shifts of normalisations.
    pub decay_norms_and_biases: bool,
    /// Learning rate of every step.
    pub schedule: Schedule,
    /// How the samples of a batch are mixed. A teacher is asked about the mixed ones.
    pub mixing: Option<Mixing>,
    /// Probability that a label gives away to all classes in equal shares, in `[0, 1)`.
    pub label_smoothing: f64,
    /// Largest norm of all gradients together; larger ones are scaled down.
    pub clip_norm: Option<f64>,
    /// Largest norm of the incoming weights of a unit of a dense layer or a convolution; after each
    /// step larger ones are scaled down.
    pub max_norm: Option<f64>,
    /// Decay of an exponential average of the weights, in `[0, 1)`; where it is given, the average
    /// is judged and handed over.
    pub ema: Option<f64>,
    /// Epochs without a better validation score after which training ends.
    pub patience: Option<u64>,
    /// Which weights are kept at the end.
    pub select: Select,
}

/// Which weights a training hands over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Select {
    /// Those of the last step.
    Last,
    /// Those of the epoch with the highest validation score, the earliest of equals.
    Best,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            epochs: 10,
            stages: Vec::new(),
            batch_size: 32,
            accumulate: 1,
            optimizer: OptimizerOptions::Adam(Adam::default()),
            decay_norms_and_biases: true,
            schedule: Schedule::constant(1e-3),
            mixing: None,
            label_smoothing: 0.0,
            clip_norm: None,
            max_norm: None,
            ema: None,
            patience: None,
            select: Select::Last,
        }
    }
}

impl Settings {
    /// Reads the keys of one training from its section.
    ///
    /// # Errors
    /// Values of another type, out of range, or that do not go together.
    pub fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        let epochs = Key("epochs", "passes over the training rows, labelled or not");
        let epochs = section.integer(epochs, 10, 1..=1_000_000)?;
        let batch_size =
            section.integer(Key("batch_size", "samples in a batch"), 32, 1..=1 << 20)?;
        let accumulate = Key("accumulate", "batches in a step, as one larger batch would be");
        let accumulate = section.integer(accumulate, 1, 1..=1 << 20)?;
        let (optimizer, usual_rate) = OptimizerOptions::read(section)?;
        let decay_all = Key("decay_norms_and_biases", "whether weight decay pulls at them too");
        let decay_norms_and_biases = section.boolean(decay_all, true)?;
        let rate = Key("learning_rate", "at its highest");
        let rate = section.number(rate, usual_rate, 1e-12..=1e6)?;
        let schedule = Schedule::read(section, rate)?;
        let smoothing =
            Key("label_smoothing", "probability that a label gives away to all classes");
        let label_smoothing = section.number(smoothing, 0.0, 0.0..1.0)?;
        let clip = Key("clip_norm", "largest norm of all gradients together; none if left out");
        let clip_norm = section.optional_number(clip, 1e-12..=1e12)?;
        let max = Key("max_norm", "largest norm of a unit's incoming weights; none if left out");
        let max_norm = section.optional_number(max, 1e-6..=1e6)?;
        let ema = Key("ema", "decay of an average of the weights, which is kept instead of them");
        let ema = section.optional_number(ema, 0.0..1.0)?;
        let patience = Key(
            "patience",
            "epochs without a better validation score before the end; none if left out",
        );
        let patience = section.optional_integer(patience, 1..=1_000_000)?;
        let select = Key("select", "which weights are kept: last, or best on validation");
        let select = match section.choice(select, "last", &["last", "best"])?.as_str() {
            "best" => Select::Best,
            _ => Select::Last,
        };
        let batch_size = batch_size as usize;
        Ok(Self {
            epochs,
            stages: Vec::new(),
            batch_size,
            accumulate,
            optimizer,
            decay_norms_and_biases,
            schedule,
            mixing: None,
            label_smoothing,
            clip_norm,
            max_norm,
            ema,
            patience,
            select,
        })
    }
    /// Batches that go once through so many rows, at least 1.
    pub fn batches_per_epoch(&self, rows: usize) -> u64 {
        rows.div_ceil(self.batch_size.max(1)).max(1) as u64
    }

    /// Steps that go once through so many rows, at least 1.
    pub fn steps_per_epoch(&self, rows: usize) -> u64 {
        self.batches_per_epoch(rows).div_ceil(self.accumulate.max(1))
    }
}
