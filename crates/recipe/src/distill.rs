//! The section `[distill]`.

use data::Task;
use methods::{Bernoulli, Huber, Kd, Method, Mse, TeacherBounded};
use options::{Key, OptionError, Section};
use train::Settings;

/// How the student learns.
#[derive(Debug)]
pub struct Distill {
    /// The method with its options.
    pub method: Box<dyn Method>,
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
        let method = method(section, task)?;
        let settings = Settings::read(section)?;
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

/// The method, one of those for the task.
fn method(section: &mut Section<'_>, task: Task) -> Result<Box<dyn Method>, OptionError> {
    let choices: &[&str] = match task {
        Task::Classes => &["kd"],
        Task::Labels => &["bernoulli"],
        Task::Numbers => &["mse", "huber", "teacher-bounded"],
    };
    let key = Key("method", "one published way to distil, of those for the task of `[data]`");
    let usual = choices.first().copied().unwrap_or_default();
    Ok(match section.choice(key, usual, choices)?.as_str() {
        "bernoulli" => Box::new(Bernoulli::read(section)?),
        "mse" => Box::new(Mse::read(section)?),
        "huber" => Box::new(Huber::read(section)?),
        "teacher-bounded" => Box::new(TeacherBounded::read(section)?),
        _ => Box::new(Kd::read(section)?),
    })
}
