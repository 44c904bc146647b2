//! What a job tells while it runs.

use std::path::Path;

use data::Task;
use nn::Layer;
use report::summary::Role;
use train::{Ending, EpochRecord, StepReport};

/// One training of a job: which model, and with which seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phase {
    /// Which of the models of the seed.
    pub role: Role,
    /// The seed.
    pub seed: u64,
    /// Its number among all trainings of the job, from 0.
    pub index: u64,
    /// How many trainings the job has.
    pub count: u64,
    /// How many of them belong to one seed: in a comparison all, in the order of [`Role`], but a teacher
    /// that was there before; else one.
    pub models: u64,
    /// Steps of this training.
    pub total_steps: u64,
    /// Steps of an epoch.
    pub steps_per_epoch: u64,
}

/// A network for the table before training.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Card {
    /// Its short name.
    pub name: String,
    /// Its layers.
    pub layers: Vec<Layer>,
}

/// Something that happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The job begins, or continues.
    Begun {
        /// The folder of the run.
        folder: &'a Path,
        /// Whether the run was begun before.
        resumed: bool,
        /// What is learned from, in words.
        data: String,
        /// The teacher.
        teacher: &'a Card,
        /// The networks between teacher and student.
        assistants: &'a [Card],
        /// The student.
        student: &'a Card,
    },
    /// A point of a sweep begins.
    PointBegun {
        /// Its number, from 1.
        number: usize,
        /// How many there are.
        count: usize,
        /// Its values, as `section.key=value`.
        values: &'a [String],
    },
    /// All models of a point of a sweep are trained.
    PointEnded {
        /// What is learned.
        task: Task,
        /// Mean over seeds of the distilled student's score on validation.
        score: f64,
    },
    /// A training begins, or continues after `from_step` steps.
    PhaseBegun {
        /// Which.
        phase: Phase,
        /// Steps made before.
        from_step: u64,
    },
    /// A step was made.
    Step {
        /// Of which training.
        phase: Phase,
        /// What it did.
        report: &'a StepReport,
    },
    /// An epoch was completed.
    Epoch {
        /// Of which training.
        phase: Phase,
        /// Its scores.
        record: &'a EpochRecord,
    },
    /// A training ended.
    PhaseEnded {
        /// Which.
        phase: Phase,
        /// Why.
        ending: Ending,
    },
    /// The teacher was asked about some more samples.
    Labelling {
        /// The seed.
        seed: u64,
        /// Rows that have labels now, those of all views together.
        done: usize,
        /// Of these those that the teacher was asked about.
        asked: usize,
        /// Rows that will have some.
        total: usize,
    },
    /// The teacher's outputs are there, or the values of one of its taps.
    Labelled {
        /// The seed.
        seed: u64,
        /// Rows of all views together.
        rows: usize,
        /// Of these those that the teacher was asked about; the others were in the label store.
        asked: usize,
        /// Where none were: what differs from the most similar labels there.
        changes: &'a [String],
        /// The tap whose values they are, where they are not what the teacher says.
        tap: Option<&'a str>,
    },
    /// A state was saved because the job was asked to stop.
    Saved {
        /// Of which training.
        phase: Phase,
        /// Steps completed.
        step: u64,
    },
    /// All trainings are done and the test part is read.
    Judging,
    /// Something that the user should know.
    Warning(String),
}

/// Who looks on while a job runs, and may stop it between two steps.
pub trait Observer {
    /// Told of everything that happens.
    fn event(&mut self, event: &Event<'_>);

    /// Whether the job should save and stop.
    fn should_stop(&self) -> bool {
        false
    }
}

/// Looks away.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn event(&mut self, _event: &Event<'_>) {}
}
