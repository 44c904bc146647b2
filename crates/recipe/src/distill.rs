//! The section `[distill]`.

use std::sync::Arc;

use data::{Mixing, Task};
use methods::{Method, Staged};
use nn::Architecture;
use options::{Key, OptionError, Section};
use train::{Settings, Stage};

/// How the student learns.
#[derive(Debug)]
pub struct Distill {
    /// The method with its options, or several of them together.
    pub method: Arc<dyn Method>,
    /// Training of student and baseline alike.
    pub settings: Settings,
    /// The networks between teacher and student, each taught by the one before it.
    pub assistants: Vec<Architecture>,
    /// What is added to the bias of each class of the distilled student after its training, by name.
    pub bias_shift: Vec<(String, f64)>,
    /// How many times the whole job is repeated, each time with another seed.
    pub seeds: u64,
    /// The first seed; the others follow it.
    pub seed: u64,
}

impl Distill {
    /// `student` is its network, for the generations before it.
    pub(crate) fn read(
        section: &mut Section<'_>,
        task: Task,
        student: &Architecture,
    ) -> Result<Self, OptionError> {
        let mut method = methods::read(section, task)?;
        let settings = Settings::read(section)?;
        let mut settings = Settings { mixing: Mixing::read(section)?, ..settings };
        let stages =
            Key("stages", "trainings of the student before this one, which hand its weights on");
        let stages =
            section.optional_tables(stages, STAGE, |table| read_stage(table, task, &settings))?;
        if !stages.is_empty() {
            let before = stages.iter().map(|(stage, method)| (stage.epochs, method.clone()));
            method = Arc::new(Staged::new(before.collect(), method));
            settings.stages = stages.into_iter().map(|(stage, _)| stage).collect();
        }
        let smallest = method.smallest_batch();
        if settings.batch_size < smallest {
            let message = format!(
                "expected batches of at least {smallest} samples for `{}` to compare, found {}",
                method.name(),
                settings.batch_size
            );
            let hint = format!("set `batch_size = 32`, or at least {smallest}");
            return Err(section.conflict("batch_size", message, hint));
        }
        let shift =
            Key("bias_shift", "added to the bias of classes of the student after its training");
        let bias_shift = section.numbers_by_name(shift, -1e6..=1e6)?;
        if task != Task::Classes && !bias_shift.is_empty() {
            let message =
                format!("`bias_shift` is about classes, and `data.task` is {}", task.name());
            return Err(section.conflict(
                "bias_shift",
                message,
                "leave `bias_shift` out".to_owned(),
            ));
        }
        let assistants = read_assistants(section, student)?;
        let seeds = Key("seeds", "repetitions of the whole job, each with another seed");
        let seeds = section.integer(seeds, 5, 1..=1000)?;
        let seed = section.integer(Key("seed", "the first seed; the others follow it"), 0, 0..)?;
        Ok(Self { method, settings, assistants, bias_shift, seeds, seed })
    }
}

/// What a table of `stages` is, by the name of its kind.
pub(crate) const STAGE: &str = "stage";

/// A stage with its method.
pub(crate) fn read_stage(
    table: &mut Section<'_>,
    task: Task,
    last: &Settings,
) -> Result<(Stage, Arc<dyn Method>), OptionError> {
    if table.has("methods") {
        let message = "a stage has one `method`".to_owned();
        let hint =
            "several at once can be in the last stage, which `[distill]` itself is".to_owned();
        return Err(table.conflict("methods", message, hint));
    }
    let method = methods::read(table, task)?;
    Ok((Stage::read(table, last)?, method))
}

/// What a table of `assistants` is, by the name of its kind.
pub(crate) const ASSISTANT: &str = "network";

/// The networks between teacher and student: other ones, or generations of the student.
fn read_assistants(
    section: &mut Section<'_>,
    student: &Architecture,
) -> Result<Vec<Architecture>, OptionError> {
    let key =
        Key("assistants", "networks between teacher and student, each taught by the one before");
    let assistants = section.optional_tables(key, ASSISTANT, read_assistant)?;
    let generations =
        Key("generations", "students that learn one after the other, the last is judged");
    let generations = section.integer(generations, 1, 1..=100)?;
    if generations > 1 && !assistants.is_empty() {
        let message =
            "`generations` and `assistants` both say who stands between teacher and student";
        let hint = "keep one of them; an assistant may have the student's own network".to_owned();
        return Err(section.conflict("generations", message.to_owned(), hint));
    }
    let born = (1..generations).map(|_| student.clone());
    Ok(assistants.into_iter().chain(born).collect())
}

pub(crate) fn read_assistant(table: &mut Section<'_>) -> Result<Architecture, OptionError> {
    Architecture::read(table, &[32, 32])
}
