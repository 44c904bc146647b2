/*!
A recipe: the TOML that describes a job, read into settings that are checked.

The options themselves belong to the crates that use them; a [`Recipe`] gathers them section by
section, checks what concerns several at once, and keeps the resolved text with every default. Only
checked settings come out of here.

```
use potstill_recipe::Recipe;

let text = r#"
[data]
source = "digits"
labelled = 0.1

[teacher]
model = "mlp"
hidden = [64, 64]

[student]
model = "mlp"
hidden = [32, 32]

[distill]
temperature = 2.0
"#;
let recipe = Recipe::read("digits.toml", text, &["distill.seeds=3"])?;
assert_eq!(recipe.distill.seeds, 3);
assert_eq!(recipe.student.name(), "mlp 32-32");
# Ok::<(), potstill_recipe::OptionError>(())
```
*/

#![deny(clippy::indexing_slicing)]

mod distill;
mod run;
mod schema;
mod teaching;

use data::{DataOptions, Task, ViewCount};
use labels::Keeping;
use nn::{Architecture, WeightFile};
use options::{Document, Section};
use train::{OwnTeacher, Select, Settings};

pub use distill::Distill;
pub use options::{OptionError, Place, Problem};
pub use run::Run;
pub use schema::schema;
pub use teaching::{Teacher, TrainedTeacher};

/// A job, checked.
#[derive(Debug)]
pub struct Recipe {
    /// What to learn from.
    pub data: DataOptions,
    /// Who teaches.
    pub teacher: Teacher,
    /// How exactly its outputs are kept.
    pub keeping: Keeping,
    /// The network to ship.
    pub student: Architecture,
    /// The weights that it begins with, alone and distilled; none for random ones.
    pub start: Option<WeightFile>,
    /// How the student learns, and the baseline with it.
    pub distill: Distill,
    /// How the job is carried out; nothing here changes a result.
    pub run: Run,
    /// The recipe with every default, as TOML.
    pub resolved: String,
}

impl Recipe {
    /// Reads TOML `text` that came from `origin`, with `--set` assignments applied on top.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn read<S: AsRef<str>>(
        origin: &str,
        text: &str,
        assignments: &[S],
    ) -> Result<Self, OptionError> {
        let mut document = Document::parse(origin, text)?;
        for assignment in assignments {
            document.set(assignment.as_ref())?;
        }
        Self::read_document(&mut document)
    }

    fn read_document(document: &mut Document) -> Result<Self, OptionError> {
        let mut section = document.section("data", "What to learn from.");
        let data = DataOptions::read(&mut section)?;
        section.finish()?;

        let mut section = document.section("teacher", "Who teaches.");
        let teacher = Teacher::read(&mut section, &data)?;
        let keeping = match teacher {
            // What is never recorded is kept nowhere.
            Teacher::Own(_) => Keeping::default(),
            Teacher::Trained(_) | Teacher::Ready(_) => Keeping::read(&mut section)?,
        };
        check_keeping(&section, &data, keeping)?;
        section.finish()?;

        let mut section = document.section("student", "The network to ship.");
        let student = Architecture::read(&mut section, &[32, 32])?;
        let start = WeightFile::read_if_given(&mut section)?;
        section.finish()?;

        let explanation =
            "How the student learns; the baseline learns alone, by the same settings.";
        let mut section = document.section("distill", explanation);
        let distill = Distill::read(&mut section, data.task, &student)?;
        check_validation(&section, &data, &distill.settings)?;
        check_task(&section, data.task, &distill.settings)?;
        check_mixing(&section, &teacher, keeping, &distill)?;
        check_own_teacher(&section, &teacher, &distill)?;
        check_head(&section, &teacher, &distill)?;
        check_start(&section, &teacher, &distill, start.as_ref())?;
        check_unlabelled(&section, &data, &distill)?;
        section.finish()?;

        let explanation = "How the job is carried out; nothing here changes a result.";
        let mut section = document.section("run", explanation);
        let run = Run::read(&mut section)?;
        section.finish()?;
        document.finish()?;
        let resolved = document.resolved();
        Ok(Self { data, teacher, keeping, student, start, distill, run, resolved })
    }
}

/// How labels are kept is a matter of those that are kept.
fn check_keeping(
    section: &Section<'_>,
    data: &DataOptions,
    keeping: Keeping,
) -> Result<(), OptionError> {
    if data.views_of_students() != ViewCount::Online || keeping == Keeping::default() {
        return Ok(());
    }
    let key = match keeping {
        Keeping { top_k: Some(_), .. } => "top_k",
        Keeping { taps: true, .. } => "store_taps",
        _ => "store",
    };
    let message = format!(
        "`{key}` says how labels are kept, and with `data.views` \"online\" the teacher is asked at each step"
    );
    let hint = format!("leave `{key}` out, or set `views` in `[data]` to a number of views");
    Err(section.conflict(key, message, hint))
}

/// A training that looks at validation needs some.
pub(crate) fn check_validation(
    section: &Section<'_>,
    data: &DataOptions,
    settings: &Settings,
) -> Result<(), OptionError> {
    let user = match (settings.select, settings.patience) {
        (Select::Best, _) => "select",
        (_, Some(_)) => "patience",
        _ => return Ok(()),
    };
    if data.validation > 0.0 {
        return Ok(());
    }
    let message = format!("`{user}` looks at the validation part, and `data.validation` is 0");
    let hint = "set `validation = 0.1` in `[data]`".to_owned();
    Err(section.conflict(user, message, hint))
}

/// A student that teaches itself has nobody before it, and needs labels to learn anything.
fn check_own_teacher(
    section: &Section<'_>,
    teacher: &Teacher,
    distill: &Distill,
) -> Result<(), OptionError> {
    let Some(own) = teacher.own() else { return Ok(()) };
    if !distill.method.needs_teacher() {
        let message = format!("`{}` asks no teacher", distill.method.name());
        let hint = "leave `student_average` and `peers` out, or choose a method that asks one";
        return Err(section.conflict("method", message, hint.to_owned()));
    }
    if !distill.method.weighs_labels() {
        let message = match own {
            OwnTeacher::Average(_) => {
                "with `alpha` 1 the student learns from what it says itself alone".to_owned()
            }
            OwnTeacher::Peers(_) => {
                "with `alpha` 1 the students learn from one another alone".to_owned()
            }
        };
        let hint = "set `alpha` below 1, so that labels count".to_owned();
        return Err(section.conflict("alpha", message, hint));
    }
    if distill.assistants.is_empty() {
        return Ok(());
    }
    let key = if section.has("generations") { "generations" } else { "assistants" };
    let who = match own {
        OwnTeacher::Average(_) => "the student teaches itself",
        OwnTeacher::Peers(_) => "the students teach one another",
    };
    let message = format!("`{key}` hands on what a teacher says, and {who}");
    let hint =
        format!("leave `{key}` out, or give `[teacher]` a `model` in place of `{}`", own.key());
    Err(section.conflict(key, message, hint))
}

/// Who ends in the last layer of a teacher has one, and nobody between.
fn check_head(
    section: &Section<'_>,
    teacher: &Teacher,
    distill: &Distill,
) -> Result<(), OptionError> {
    if !distill.method.reuses_head() || (teacher.own().is_none() && distill.assistants.is_empty()) {
        return Ok(());
    }
    let key = ["generations", "assistants", "methods"].into_iter().find(|key| section.has(key));
    let message = "the method gives the student the last layer of its teacher, which is to be there by itself";
    let hint = match teacher.own() {
        Some(own) => format!("give `[teacher]` a `model` or a `file` in place of `{}`", own.key()),
        None => "leave `assistants` and `generations` out".to_owned(),
    };
    Err(section.conflict(key.unwrap_or("method"), message.to_owned(), hint))
}

/// Students that begin alike cannot teach one another, and one that ends in its teacher's last layer is another network than
/// the student alone.
fn check_start(
    section: &Section<'_>,
    teacher: &Teacher,
    distill: &Distill,
    start: Option<&WeightFile>,
) -> Result<(), OptionError> {
    let message = match (start, teacher.own()) {
        (None, _) => return Ok(()),
        (_, Some(OwnTeacher::Peers(_))) => {
            "`student.weights` makes all students begin alike, and `teacher.peers` have nothing to tell one another then"
        }
        _ if distill.method.reuses_head() => {
            "the method gives the student the last layer of its teacher, and `student.weights` are of a student with its own"
        }
        _ => return Ok(()),
    };
    let key = if section.has("methods") { "methods" } else { "method" };
    let hint = "leave `weights` out of `[student]`, or choose another method or teacher";
    Err(section.conflict(key, message.to_owned(), hint.to_owned()))
}

/// Where no row has a label the teacher's term is the whole loss.
fn check_unlabelled(
    section: &Section<'_>,
    data: &DataOptions,
    distill: &Distill,
) -> Result<(), OptionError> {
    if !data.is_unlabelled() {
        return Ok(());
    }
    if distill.method.weighs_labels() {
        let message = "with `data.labelled` 0 no row has a label, so the label part has no weight";
        let (key, hint) = match section.has("stages") {
            true => ("stages", "set `alpha = 1.0` in `[distill]` and in every stage"),
            false => ("alpha", "set `alpha = 1.0`"),
        };
        return Err(section.conflict(key, message.to_owned(), hint.to_owned()));
    }
    if !distill.method.has_part_for_labels_alone() {
        return Ok(());
    }
    let key = ["stages", "methods"].into_iter().find(|key| section.has(key)).unwrap_or("method");
    let message = format!(
        "`{key}` has what learns from rows with a label alone, and with `data.labelled` 0 there are none"
    );
    let hint = "choose `method = \"kd\"`, or others that need no labels".to_owned();
    Err(section.conflict(key, message, hint))
}

/// Mixed samples are others in each step: the teacher is asked about them then, and nothing is kept.
fn check_mixing(
    section: &Section<'_>,
    teacher: &Teacher,
    keeping: Keeping,
    distill: &Distill,
) -> Result<(), OptionError> {
    let Some(mixing) = distill.settings.mixing else { return Ok(()) };
    let key = mixing.key();
    let (message, hint) = match teacher {
        _ if distill.method.needs_single_samples() => (
            "the method looks at the class or the place of each sample",
            "choose `method = \"kd\"`, or another that does not",
        ),
        Teacher::Ready(source) if source.is_recorded() => (
            "recorded outputs are of single samples",
            "take a teacher that can be asked: a network or an ONNX file",
        ),
        _ if keeping != Keeping::default() => (
            "the keys of `[teacher]` for labels that are kept mean nothing where it is asked at each step",
            "leave out `store`, `top_k` and `store_taps` of `[teacher]`",
        ),
        _ => return Ok(()),
    };
    let message = format!("`{key}` mixes samples, and {message}");
    Err(section.conflict(key, message, format!("{hint}, or leave `{key}` out")))
}

/// Smoothing and mixing are about classes.
pub(crate) fn check_task(
    section: &Section<'_>,
    task: Task,
    settings: &Settings,
) -> Result<(), OptionError> {
    if task.is_classes() {
        return Ok(());
    }
    let (key, why) = if settings.label_smoothing > 0.0 {
        ("label_smoothing", "shares a label among classes")
    } else if let Some(mixing) = settings.mixing {
        (mixing.key(), "mixes the classes of samples")
    } else {
        return Ok(());
    };
    let message = format!("`{key}` {why}, and `data.task` is {}", task.name());
    Err(section.conflict(key, message, format!("leave `{key}` out")))
}
