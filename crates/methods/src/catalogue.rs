//! The methods by their names in a recipe, and how they are read from one.

use std::sync::Arc;

use data::Task;
use options::{Key, OptionError, Section};

use crate::other_task::other_task;
use crate::{
    Ab, At, Attention, Bernoulli, CatKd, Cc, Combination, Course, Crd, Ctkd, Cwd, Dist, Dkd,
    FitNet, Fsp, Ft, Hard, Hidden, Huber, Ickd, Jsd, Kd, KdSvd, Member, Method, Mgd, Mlkd, Mse,
    Nkd, Nst, Ofd, Pkd, Pkt, ReverseKl, ReviewKd, Rkd, Shifted, SkewKl, Sp, Standardised,
    TeacherBounded, TfKd, TopK, TotalVariation, Transform, Vid, Wsld,
};

/// A method that a recipe can name.
struct Entry {
    name: &'static str,
    /// What its samples have as targets; none where any will do, because it compares taps.
    task: Option<Task>,
    /// The weight of the method beside the labels, if the recipe does not say it.
    alpha: f64,
    /// The options of the method itself.
    options: &'static [&'static str],
    read: fn(&mut Section<'_>) -> Result<Arc<dyn Method>, OptionError>,
}

const HEATED: &str = "temperature";
const STUDENT_TAPS: &str = "student_taps";
const TEACHER_TAPS: &str = "teacher_taps";
const LOSS_WEIGHT: &str = "loss_weight";

static CATALOGUE: [Entry; 40] = [
    Entry { name: "kd", task: Some(Task::Classes), alpha: 0.9, options: &[HEATED], read: read_kd },
    Entry { name: "hard", task: Some(Task::Classes), alpha: 0.5, options: &[], read: Hard::read },
    Entry {
        name: "dkd",
        task: Some(Task::Classes),
        alpha: 0.5,
        options: &[HEATED, "target_weight", "other_weight"],
        read: Dkd::read,
    },
    Entry {
        name: "nkd",
        task: Some(Task::Classes),
        alpha: 0.5,
        options: &[HEATED, "other_weight"],
        read: Nkd::read,
    },
    Entry {
        name: "dist",
        task: Some(Task::Classes),
        alpha: 0.667,
        options: &[HEATED, "inter_weight", "intra_weight"],
        read: Dist::read,
    },
    Entry {
        name: "mlkd",
        task: Some(Task::Classes),
        alpha: 0.9,
        options: &["temperatures"],
        read: Mlkd::read,
    },
    Entry {
        name: "ctkd",
        task: Some(Task::Classes),
        alpha: 0.9,
        options: &["lowest_temperature", "temperature_range", "ramp_epochs"],
        read: Ctkd::read,
    },
    Entry {
        name: "wsld",
        task: Some(Task::Classes),
        alpha: 0.7,
        options: &[HEATED],
        read: Wsld::read,
    },
    Entry {
        name: "reverse-kl",
        task: Some(Task::Classes),
        alpha: 0.9,
        options: &[HEATED],
        read: ReverseKl::read,
    },
    Entry {
        name: "jsd",
        task: Some(Task::Classes),
        alpha: 0.9,
        options: &[HEATED, "beta"],
        read: Jsd::read,
    },
    Entry {
        name: "skew-kl",
        task: Some(Task::Classes),
        alpha: 0.9,
        options: &[HEATED, "skew", "direction"],
        read: SkewKl::read,
    },
    Entry {
        name: "total-variation",
        task: Some(Task::Classes),
        alpha: 0.9,
        options: &[HEATED],
        read: TotalVariation::read,
    },
    Entry {
        name: "top-k",
        task: Some(Task::Classes),
        alpha: 0.9,
        options: &[HEATED, "k", "tail"],
        read: TopK::read,
    },
    Entry {
        name: "tf-kd",
        task: Some(Task::Classes),
        alpha: 0.9,
        options: &[HEATED, "certainty"],
        read: TfKd::read,
    },
    Entry {
        name: "bernoulli",
        task: Some(Task::Labels),
        alpha: 0.9,
        options: &[HEATED],
        read: Bernoulli::read,
    },
    Entry { name: "mse", task: Some(Task::Numbers), alpha: 0.9, options: &[], read: Mse::read },
    Entry {
        name: "huber",
        task: Some(Task::Numbers),
        alpha: 0.9,
        options: &["delta"],
        read: Huber::read,
    },
    Entry {
        name: "teacher-bounded",
        task: Some(Task::Numbers),
        alpha: 0.333,
        options: &["margin"],
        read: TeacherBounded::read,
    },
    of_taps("fitnet", &[STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], FitNet::read),
    of_taps("at", &["form", STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], At::read),
    of_taps("sp", &[STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Sp::read),
    of_taps(
        "rkd",
        &["distance_weight", "angle_weight", STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT],
        Rkd::read,
    ),
    of_taps("pkt", &[STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Pkt::read),
    of_taps("cc", &["gamma", "order", STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Cc::read),
    of_taps("nst", &[STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Nst::read),
    of_taps("fsp", &[STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Fsp::read),
    of_taps("vid", &["variance", STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Vid::read),
    of_taps("cwd", &[HEATED, STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Cwd::read),
    of_taps("ickd", &[STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Ickd::read),
    of_taps("ab", &["boundary_margin", STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Ab::read),
    of_taps(
        "ft",
        &["factor_rate", "paraphrase_weight", STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT],
        Ft::read,
    ),
    of_taps("kdsvd", &["singular_vectors", STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], KdSvd::read),
    of_taps("ofd", &[STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Ofd::read),
    of_taps("reviewkd", &[STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], ReviewKd::read),
    of_taps("mgd", &["mask_ratio", "masked", STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Mgd::read),
    of_taps(
        "crd",
        &[
            "embedding_size",
            "negatives",
            "contrast_temperature",
            "memory_momentum",
            STUDENT_TAPS,
            TEACHER_TAPS,
            LOSS_WEIGHT,
        ],
        Crd::read,
    ),
    of_taps("cat-kd", &["map_size", STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], CatKd::read),
    of_taps("hidden", &["hidden_form", STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Hidden::read),
    of_taps(
        "attention",
        &["attention_form", STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT],
        Attention::read,
    ),
    of_taps("pkd", &["token", STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Pkd::read),
];

/// A method that compares taps, whatever the targets are.
const fn of_taps(
    name: &'static str,
    options: &'static [&'static str],
    read: fn(&mut Section<'_>) -> Result<Arc<dyn Method>, OptionError>,
) -> Entry {
    Entry { name, task: None, alpha: 0.5, options, read }
}

/// The soft part alone.
fn read_kd(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
    Ok(Arc::new(Kd { alpha: 1.0, ..Kd::read(section)? }))
}

/// The names of all methods that a recipe can name, for samples with such targets.
pub fn names(task: Task) -> impl Iterator<Item = &'static str> {
    CATALOGUE.iter().filter(move |entry| entry.suits(task)).map(|entry| entry.name)
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
    let foreign = CATALOGUE.iter().flat_map(|entry| entry.options).chain(&SHARED);
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
        let entry = CATALOGUE.iter().find(|entry| entry.name == name && entry.suits(task));
        let entry = entry.ok_or_else(|| section.unknown_choice(key, &name, &names))?;
        entry.refuse_others(section, task)?;
        entry.refuse_transforms(section)?;
        Ok(entry)
    }

    /// An option that belongs to other methods alone is told with their names.
    fn refuse_others(&self, section: &Section<'_>, task: Task) -> Result<(), OptionError> {
        let options = CATALOGUE.iter().flat_map(|entry| entry.options);
        let mut foreign = options.filter(|option| !self.options.contains(option));
        let Some(key) = foreign.find(|option| section.has(option)) else { return Ok(()) };
        let owners = CATALOGUE.iter().filter(|entry| entry.options.contains(key));
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

    /// The method with its options, transforms and courses, and whether there are any of these.
    fn read_member(&self, section: &mut Section<'_>) -> Result<(Member, bool), OptionError> {
        let mut method = (self.read)(section)?;
        let (standardise, shift) = match self.task {
            Some(Task::Classes) => read_transforms(section)?,
            _ => (false, false),
        };
        let heat = match method.temperature() {
            Some(_) => Course::read_temperature(section)?,
            None => Course::Constant,
        };
        let weight = Course::read_weight(section)?;
        let changes =
            standardise || shift || heat != Course::Constant || weight != Course::Constant;
        if standardise {
            method = Arc::new(Standardised.of(method));
        }
        if shift {
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
        for entry in &CATALOGUE {
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
