//! The section `[distill]`.

use std::sync::Arc;

use data::Task;
use methods::Method;
use options::{Key, OptionError, Section};
use train::Settings;

/// How the student learns.
#[derive(Debug)]
pub struct Distill {
    /// The method with its options, or several of them together.
    pub method: Arc<dyn Method>,
    /// Training of student and baseline alike.
    pub settings: Settings,
    /// What is added to the bias of each class of the distilled student after its training, by name.
    pub bias_shift: Vec<(String, f64)>,
    /// How many times the whole job is repeated, each time with another seed.
    pub seeds: u64,
    /// The first seed; the others follow it.
    pub seed: u64,
}

impl Distill {
    pub(crate) fn read(section: &mut Section<'_>, task: Task) -> Result<Self, OptionError> {
        let method = methods::read(section, task)?;
        let settings = Settings::read(section)?;
        let smallest = method.smallest_batch();
        if settings.batch_size < smallest {
            let message = format!(
                "the method compares the samples of a batch and needs at least {smallest}, found {}",
                settings.batch_size
            );
            let hint = format!("set `batch_size = 32`, or at least {smallest}");
            return Err(section.conflict("batch_size", message, hint));
        }
        if let Some(key) = ["mixup", "cutmix"].into_iter().find(|key| section.has(key)) {
            let message = format!(
                "`{key}` mixes samples, and what the teacher said is about samples that are not mixed"
            );
            let hint = format!("set `{key}` in `[teacher]`, or leave it out");
            return Err(section.conflict(key, message, hint));
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
        let seeds = Key("seeds", "repetitions of the whole job, each with another seed");
        let seeds = section.integer(seeds, 5, 1..=1000)?;
        let seed = section.integer(Key("seed", "the first seed; the others follow it"), 0, 0..)?;
        Ok(Self { method, settings, bias_shift, seeds, seed })
    }
}
