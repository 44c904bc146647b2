//! How a model is trained: the options of one training.

use options::{Key, OptionError, Section};
use serde::{Deserialize, Serialize};

use crate::optimizer::{Adam, AdamW, Epsilon, OptimizerOptions, Sgd};
use crate::schedule::{Schedule, Shape};

/// The settings of one training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Passes over the training rows, labelled or not; a model that learns from the labelled rows
    /// alone takes the same number of steps over fewer rows.
    pub epochs: u64,
    /// Samples in a step.
    pub batch_size: usize,
    /// Optimiser with its settings.
    pub optimizer: OptimizerOptions,
    /// Learning rate of every step.
    pub schedule: Schedule,
    /// Largest norm of all gradients together; larger ones are scaled down.
    pub clip_norm: Option<f64>,
    /// Epochs without a better validation accuracy after which training ends.
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
    /// Those of the epoch with the highest validation accuracy, the earliest of equals.
    Best,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            epochs: 10,
            batch_size: 32,
            optimizer: OptimizerOptions::Adam(Adam::default()),
            schedule: Schedule::constant(1e-3),
            clip_norm: None,
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
            section.integer(Key("batch_size", "samples in a step"), 32, 1..=1 << 20)?;
        let (optimizer, usual_rate) = read_optimizer(section)?;
        let rate = Key("learning_rate", "at its highest");
        let rate = section.number(rate, usual_rate, 1e-12..=1e6)?;
        let schedule = read_schedule(section, rate)?;
        let clip = Key("clip_norm", "largest norm of all gradients together; none if left out");
        let clip_norm = section.optional_number(clip, 1e-12..=1e12)?;
        let patience = Key(
            "patience",
            "epochs without better validation accuracy before the end; none if left out",
        );
        let patience = section.optional_integer(patience, 1..=1_000_000)?;
        let select = Key("select", "which weights are kept: last, or best on validation");
        let select = match section.choice(select, "last", &["last", "best"])?.as_str() {
            "best" => Select::Best,
            _ => Select::Last,
        };
        let batch_size = batch_size as usize;
        Ok(Self { epochs, batch_size, optimizer, schedule, clip_norm, patience, select })
    }
}

fn read_optimizer(section: &mut Section<'_>) -> Result<(OptimizerOptions, f64), OptionError> {
    let kinds = ["adam", "adamw", "sgd"];
    let name = section.choice(Key("optimizer", "adam, adamw or sgd"), "adam", &kinds)?;
    let decay = if name == "adamw" { 0.01 } else { 0.0 };
    let decay =
        section.number(Key("weight_decay", "pull of every weight to 0"), decay, 0.0..=1e3)?;
    if name == "sgd" {
        let momentum = Key("momentum", "share of the last step that is kept");
        let sgd = Sgd {
            momentum: section.number(momentum, 0.9, 0.0..1.0)?,
            weight_decay: decay,
            ..Sgd::default()
        };
        return Ok((OptimizerOptions::Sgd(sgd), 0.05));
    }
    let form = Key("epsilon_form", "where epsilon stands: as in pytorch or as in keras");
    let form = section.choice(form, "pytorch", &["pytorch", "keras"])?;
    let usual = if form == "keras" { Epsilon::KERAS } else { Epsilon::PYTORCH };
    let epsilon = Key("epsilon", "keeps the step finite where gradients vanish");
    let value = section.number(epsilon, usual.value(), 1e-30..=1.0)?;
    let epsilon = if form == "keras" { Epsilon::Keras(value) } else { Epsilon::PyTorch(value) };
    let options = if name == "adamw" {
        OptimizerOptions::AdamW(AdamW { epsilon, weight_decay: decay, ..AdamW::default() })
    } else {
        OptimizerOptions::Adam(Adam { epsilon, weight_decay: decay, ..Adam::default() })
    };
    Ok((options, 1e-3))
}

fn read_schedule(section: &mut Section<'_>, rate: f64) -> Result<Schedule, OptionError> {
    let shape = Key("schedule", "of the learning rate: constant or cosine");
    let shape = match section.choice(shape, "constant", &["constant", "cosine"])?.as_str() {
        "cosine" => Shape::Cosine { final_fraction: 0.0 },
        _ => Shape::Constant,
    };
    let warmup = Key("warmup_steps", "steps in which the learning rate rises");
    let warmup_steps = section.integer(warmup, 0, 0..=1_000_000_000)?;
    Ok(Schedule { rate, warmup_steps, shape })
}
