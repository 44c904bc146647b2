//! Stages of a training: each with its own optimiser and schedule.

use options::{Key, OptionError, Section};

use crate::optimizer::OptimizerOptions;
use crate::schedule::{Plan, Schedule};
use crate::settings::Settings;

/// What a stage before the last has of its own; all else is as in the last.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Its epochs.
    pub epochs: u64,
    /// Its optimiser, which begins anew with it.
    pub optimizer: OptimizerOptions,
    /// The learning rate of each of its steps.
    pub schedule: Schedule,
}

/// Keys that belong to an optimiser.
const OF_OPTIMIZER: [&str; 12] = [
    "learning_rate",
    "schedule",
    "milestones",
    "factor",
    "power",
    "warmup_steps",
    "weight_decay",
    "momentum",
    "nesterov",
    "smoothing",
    "epsilon",
    "epsilon_form",
];

impl Stage {
    /// Reads a stage from its table: `epochs`, and `optimizer` with what belongs to it where that differs from
    /// those of the last stage.
    ///
    /// # Errors
    /// Values of another type or out of range, and keys of an optimiser without one.
    pub fn read(table: &mut Section<'_>, last: &Settings) -> Result<Self, OptionError> {
        let epochs = table.integer(Key("epochs", "of this stage"), 10, 1..=1_000_000)?;
        if table.has("optimizer") {
            let (optimizer, usual_rate) = OptimizerOptions::read(table)?;
            let rate =
                table.number(Key("learning_rate", "at its highest"), usual_rate, 1e-12..=1e6)?;
            return Ok(Self { epochs, optimizer, schedule: Schedule::read(table, rate)? });
        }
        if let Some(key) = OF_OPTIMIZER.into_iter().find(|key| table.has(key)) {
            let message = format!("`{key}` of a stage belongs to an `optimizer` of its own");
            let hint =
                "give the stage an `optimizer`, or leave the key out for those of `[distill]`";
            return Err(table.conflict(key, message, hint.to_owned()));
        }
        Ok(Self { epochs, optimizer: last.optimizer, schedule: last.schedule.clone() })
    }
}

/// The stage that a step belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Current<'s> {
    /// The first step of the stage, counted from 0.
    pub(crate) first_step: u64,
    pub(crate) plan: Plan,
    pub(crate) optimizer: OptimizerOptions,
    schedule: &'s Schedule,
}

impl Current<'_> {
    /// The learning rate of a step of the stage, counted from the first of the training.
    pub(crate) fn learning_rate(&self, step: u64) -> f64 {
        self.schedule.learning_rate(step.saturating_sub(self.first_step), self.plan)
    }
}

impl Settings {
    /// Epochs of the stages before the last.
    pub(crate) fn epochs_before(&self) -> u64 {
        self.stages.iter().map(|stage| stage.epochs).fold(0, u64::saturating_add)
    }

    /// Epochs of all stages.
    pub fn all_epochs(&self) -> u64 {
        self.epochs_before().saturating_add(self.epochs)
    }

    /// The same as one training of as many epochs, by the optimiser and the schedule of the last stage.
    #[must_use]
    pub fn in_one(&self) -> Self {
        Self { epochs: self.all_epochs(), stages: Vec::new(), ..self.clone() }
    }

    /// The stage of a step, counted from 0; the last one for those beyond the end.
    pub(crate) fn stage_of(&self, step: u64, steps_per_epoch: u64) -> Current<'_> {
        let mut first_step = 0_u64;
        for Stage { epochs, optimizer, schedule } in &self.stages {
            let plan = Plan { epochs: *epochs, steps_per_epoch };
            let after = first_step.saturating_add(plan.total_steps());
            if step < after {
                return Current { first_step, plan, optimizer: *optimizer, schedule };
            }
            first_step = after;
        }
        let plan = Plan { epochs: self.epochs, steps_per_epoch };
        Current { first_step, plan, optimizer: self.optimizer, schedule: &self.schedule }
    }
}
