//! The methods by their names in a recipe, and how they are read from one.

use std::sync::Arc;

use data::Task;
use options::{Key, OptionError, Section};

use crate::course::TEMPERATURE_KEYS;
use crate::entries::{ENTRIES, Entry};
use crate::other_task::other_task;
use crate::{Combination, Course, Kd, Member, Method, Shifted, Standardised, Transform};

/// The names of all methods that a recipe can name, for samples with such targets.
pub fn names(task: Task) -> impl Iterator<Item = &'static str> {
    ENTRIES.iter().filter(move |entry| entry.suits(task)).map(|entry| entry.name)
}

/// Reads how the student learns: one `method` with its options, or a list of `methods`, and `alpha`.
/// Methods are those for the task.
///
/// # Errors
/// Unknown methods, options of another method, values of another type or out of range.
pub fn read(section: &mut Section<'_>, task: Task) -> Result<Arc<dyn Method>, OptionError> {
    if section.has("methods") {
        return read_several(section, task);
    }
    let entry = Entry::chosen(section, task, names(task).next())?;
    let (member, changes) = entry.read_member(section)?;
    let alpha = read_alpha(section, entry.alpha)?;
    if let ("kd", Some(temperature), false) = (entry.name, member.temperature(), changes) {
        return Ok(Arc::new(Kd { temperature, alpha }));
    }
    Ok(Arc::new(Combination::new(alpha).with(member)))
}

fn read_several(section: &mut Section<'_>, task: Task) -> Result<Arc<dyn Method>, OptionError> {
    let foreign = ENTRIES.iter().flat_map(|entry| entry.options).chain(&SHARED);
    if let Some(key) = foreign.chain(&["method"]).find(|key| section.has(key)) {
        let message = format!("`{key}` belongs to one method, and `methods` lists several");
        let hint = format!("put `{key}` into the table of its method");
        return Err(section.conflict(key, message, hint));
    }
    let mut named: Vec<&str> = Vec::new();
    let key = Key("methods", "several ways to distil, each with its weight and options");
    let example = "[{ method = \"kd\" }, { method = \"dist\", weight = 0.5 }]";
    let members = section.tables(key, MEMBER, example, |table| {
        let member = read_member(table, task)?;
        if named.contains(&member.name()) {
            let message = format!("the method `{}` stands in `methods` twice", member.name());
            return Err(table.conflict("method", message, "leave one of them out".to_owned()));
        }
        named.push(member.name());
        Ok(member)
    })?;
    if members.is_empty() {
        let message = "expected a method in `methods`, found none".to_owned();
        return Err(section.conflict("methods", message, format!("write `methods = {example}`")));
    }
    if members.iter().all(|member| member.weight() == 0.0) {
        let message = "the methods in `methods` all have the weight 0".to_owned();
        let hint = "give one of them a weight; without a teacher a student learns by `alpha = 0`";
        return Err(section.conflict("methods", message, hint.to_owned()));
    }
    let alpha = read_alpha(section, 0.9)?;
    Ok(Arc::new(members.into_iter().fold(Combination::new(alpha), Combination::with)))
}

/// What a table of `methods` is, by the name of its kind.
pub const MEMBER: &str = "method";

/// Reads one method of several: its name, its weight and its options.
///
/// # Errors
/// As [`read`].
pub fn read_member(table: &mut Section<'_>, task: Task) -> Result<Member, OptionError> {
    let entry = Entry::chosen(table, task, None)?;
    let weight = Key("weight", "of this method beside the others");
    let weight = table.number(weight, 1.0, 0.0..=1e6)?;
    let (member, _) = entry.read_member(table)?;
    Ok(member.scaled(weight))
}

fn read_alpha(section: &mut Section<'_>, default: f64) -> Result<f64, OptionError> {
    let key = Key("alpha", "weight of the soft part; the label part has the rest");
    section.number(key, default, 0.0..=1.0)
}

/// Whether logits are standardised, and whether the teacher's are shifted.
fn read_transforms(section: &mut Section<'_>) -> Result<(bool, bool), OptionError> {
    let standardise = Key(TRANSFORMS[0], "whether logits are brought to mean 0, deviation 1");
    let shift = Key(TRANSFORMS[1], "whether the teacher's first class is made the label");
    Ok((section.boolean(standardise, false)?, section.boolean(shift, false)?))
}

const TRANSFORMS: [&str; 2] = ["standardise", "probability_shift"];

/// Keys of every method.
const SHARED: [&str; 4] =
    ["standardise", "probability_shift", "temperature_schedule", "weight_schedule"];

impl Entry {
    fn suits(&self, task: Task) -> bool {
        self.task.is_none_or(|own| own == task)
    }

    /// The method that the recipe names.
    fn chosen(
        section: &mut Section<'_>,
        task: Task,
        default: Option<&str>,
    ) -> Result<&'static Self, OptionError> {
        let key = Key("method", "one published way to distil; docs/methods.md has them all");
        let names: Vec<&str> = names(task).collect();
        let name = match default {
            Some(default) => {
                let chosen = section.choice(key, default, &names);
                chosen.map_err(|error| other_task(section, task, error))?
            }
            None => {
                let example = format!("\"{}\"", names.first().unwrap_or(&"kd"));
                section.name(key, &example, &names, &[])?
            }
        };
        let entry = ENTRIES.iter().find(|entry| entry.name == name && entry.suits(task));
        let entry = entry.ok_or_else(|| section.unknown_choice(key, &name, &names))?;
        entry.refuse_others(section, task)?;
        entry.refuse_transforms(section)?;
        Ok(entry)
    }

    /// An option that belongs to other methods alone is told with their names.
    fn refuse_others(&self, section: &Section<'_>, task: Task) -> Result<(), OptionError> {
        let options = ENTRIES.iter().flat_map(|entry| entry.options);
        let mut foreign = options.filter(|option| !self.options.contains(option));
        let Some(key) = foreign.find(|option| section.has(option)) else { return Ok(()) };
        let owners = ENTRIES.iter().filter(|entry| entry.options.contains(key));
        let owners = owners.filter(|entry| entry.suits(task));
        let owners: Vec<String> = owners.map(|entry| format!("`{}`", entry.name)).collect();
        let message = format!("`{key}` is no option of the method `{}`", self.name);
        let hint = match owners.is_empty() {
            true => format!("leave it out; no method for {} has it", task.name()),
            false => format!("leave it out; it is an option of {}", owners.join(", ")),
        };
        Err(section.conflict(key, message, hint))
    }

    /// Transforms of the logits of classes.
    fn refuse_transforms(&self, section: &Section<'_>) -> Result<(), OptionError> {
        let Some(key) = TRANSFORMS.iter().find(|key| section.has(key)) else { return Ok(()) };
        let found = match self.task {
            Some(Task::Classes) => return Ok(()),
            Some(task) => format!("the task is {}", task.name()),
            None => format!("`{}` compares taps", self.name),
        };
        let message = format!("`{key}` changes logits of classes, and {found}");
        Err(section.conflict(key, message, "leave it out".to_owned()))
    }

    /// Only a temperature that is given can change by a schedule.
    fn refuse_schedule(&self, section: &Section<'_>) -> Result<Course, OptionError> {
        let Some(key) = TEMPERATURE_KEYS.iter().find(|key| section.has(key)) else {
            return Ok(Course::Constant);
        };
        let message =
            format!("`{key}` is about a temperature, and `{}` has none to set", self.name);
        Err(section.conflict(key, message, "leave it out, or choose `method = \"kd\"`".to_owned()))
    }

    /// The method with its options, transforms and courses, and whether there are any of these.
    fn read_member(&self, section: &mut Section<'_>) -> Result<(Member, bool), OptionError> {
        let mut method = (self.read)(section)?;
        let (standardise, shift) = match self.task {
            Some(Task::Classes) => read_transforms(section)?,
            _ => (false, false),
        };
        let heat = match method.temperature() {
            Some(_) => Course::read_temperature(section)?,
            None => self.refuse_schedule(section)?,
        };
        let weight = Course::read_weight(section)?;
        let changes =
            standardise || shift || heat != Course::Constant || weight != Course::Constant;
        if standardise {
            method = Arc::new(Standardised.of(method));
        }
        if shift {
            if !method.needs_teacher() {
                let key = TRANSFORMS[1];
                let message =
                    format!("`{key}` changes what the teacher says, and `{}` asks none", self.name);
                return Err(section.conflict(key, message, "leave it out".to_owned()));
            }
            method = Arc::new(Shifted.of(method));
        }
        Ok((Member::of(method).weighted(1.0, weight).heated(heat), changes))
    }
}

#[cfg(test)]
mod tests {
    use options::Document;

    use super::*;

    /// The options of the catalogue are the keys that the methods read.
    #[test]
    fn every_entry_names_the_options_that_its_method_reads() {
        for entry in &ENTRIES {
            let text = format!("[distill]\nmethod = \"{}\"\n", entry.name);
            let mut document = Document::parse("job.toml", &text).unwrap();
            let mut section = document.section("distill", "");
            let task = entry.task.unwrap_or(Task::Numbers);
            let entry = Entry::chosen(&mut section, task, Some("")).unwrap();
            let method = (entry.read)(&mut section).unwrap();
            section.finish().unwrap();
            assert_eq!((method.name(), method.task()), (entry.name, entry.task));
            let resolved = document.resolved();
            let keys = resolved.lines().filter_map(|line| line.split_once(" = "));
            let keys: Vec<&str> = keys.map(|(key, _)| key.trim_matches(['#', ' '])).collect();
            let expected: Vec<&str> =
                std::iter::once("method").chain(entry.options.iter().copied()).collect();
            assert_eq!(keys, expected);
        }
    }
}
