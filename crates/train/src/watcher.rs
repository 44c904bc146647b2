//! Who looks on while a training runs, and what a step tells.

use nn::Network;

use crate::TrainError;
use crate::progress::{EpochRecord, Validation};
use crate::trainer::Trainer;

/// The parts of a loss by name, before their weights.
pub type NamedValues = Vec<(&'static str, f64)>;

/// What one step did.
#[derive(Clone, Debug)]
pub struct StepReport {
    /// Steps completed, this one included.
    pub step: u64,
    /// The weighted loss of the batch.
    pub loss: f64,
    /// Each part of it before its weight.
    pub parts: NamedValues,
}

/// Who looks on while a training runs, judges each epoch and may stop it between two steps.
pub trait Watcher<N: Network> {
    /// What the watcher can fail with.
    type Error: From<TrainError>;

    /// Scores the network on the validation part; none where there is no such part.
    fn validate(&mut self, network: &N) -> Result<Option<Validation>, Self::Error>;

    /// Called after every epoch.
    fn after_epoch(&mut self, record: &EpochRecord) -> Result<(), Self::Error>;

    /// Called after every step, and after the epoch that it ends; `false` stops the training there.
    fn after_step(
        &mut self,
        trainer: &Trainer<'_, N>,
        report: &StepReport,
    ) -> Result<bool, Self::Error>;
}
