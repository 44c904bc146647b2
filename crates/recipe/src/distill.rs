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
        let seeds = Key("seeds", "repetitions of the whole job, each with another seed");
        let seeds = section.integer(seeds, 5, 1..=1000)?;
        let seed = section.integer(Key("seed", "the first seed; the others follow it"), 0, 0..)?;
        Ok(Self { method, settings, seeds, seed })
    }
}
