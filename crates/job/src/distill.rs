//! The main job: from a recipe to a judged student in a run folder.

use std::path::{Path, PathBuf};

use nn::AnyNetwork;
use recipe::Recipe;
use report::summary::Role;
use store::{Disk, Lock, read_limited};

use crate::JobError;
use crate::archive::Archive;
use crate::event::{Event, Observer};
use crate::finish::{Ending, Finished, Unjudged, finish};
use crate::folders::{free_folder, next_folder};
use crate::labelling::Shelf;
use crate::prepared::{Prepared, with_contest};
use crate::record::{RunRecord, Status};
use crate::single::{Single, finish_single};
use crate::threads::use_threads;
use crate::training::Trained;

/// A recipe is a page of text.
const LARGEST_RECIPE: u64 = 1 << 20;

/// What the user asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// Path of the recipe, as typed.
    pub origin: String,
    /// Its text.
    pub text: String,
    /// The folder that relative paths in it start at.
    pub base: PathBuf,
    /// `section.key=value`, applied on top.
    pub assignments: Vec<String>,
    /// The folder of the run; none takes the next free one with the recipe's name.
    pub folder: Option<PathBuf>,
    /// Threads to compute with, before what the recipe says.
    pub threads: Option<usize>,
    /// The command line, for the record.
    pub command: String,
}

impl Request {
    /// Reads the recipe.
    ///
    /// # Errors
    /// [`JobError::Recipe`] with the place of the mistake.
    pub fn recipe(&self) -> Result<Recipe, JobError> {
        Ok(Recipe::read(&self.origin, &self.text, &self.assignments)?)
    }

    /// Reads the recipe, and sizes the pool of threads as the request says, or else the recipe.
    pub(crate) fn begin(&self) -> Result<Recipe, JobError> {
        let recipe = self.recipe()?;
        use_threads(self.threads.or(recipe.run.threads))?;
        Ok(recipe)
    }
}

/// How a job ended.
#[derive(Debug)]
pub enum Outcome {
    /// The comparison is done.
    Done(Box<Finished>),
    /// There were no labels: the student is trained, and held against its teacher.
    Unjudged(Box<Unjudged>),
    /// The only model that was asked for is trained.
    Trained(Box<Single>),
    /// It was asked to stop; it continues with [`resume`].
    Stopped {
        /// The folder of the run.
        folder: PathBuf,
    },
}

/// Carries out a recipe in a new run folder. Nothing is written before recipe, data and networks
/// are found to be right.
///
/// # Errors
/// [`JobError`]; the run folder, if there is one, then says why in `run.json`.
pub fn distill(request: &Request, observer: &mut dyn Observer) -> Result<Outcome, JobError> {
    begin(request, None, observer)
}

/// Trains one model of a recipe on the labels, for every seed, and scores it on the test part.
///
/// # Errors
/// As [`distill`].
pub fn train(
    request: &Request,
    model: Role,
    observer: &mut dyn Observer,
) -> Result<Outcome, JobError> {
    begin(request, Some(model), observer)
}

fn begin(
    request: &Request,
    trains: Option<Role>,
    observer: &mut dyn Observer,
) -> Result<Outcome, JobError> {
    let prepared = Prepared::new(request.begin()?, &request.base)?;
    if trains == Some(Role::Teacher) && prepared.recipe.teacher.trained().is_none() {
        return Err(JobError::TeacherNotTrained);
    }
    if trains.is_some() {
        prepared.need_labels("training one model alone")?;
    }
    prepared.refuse_learned_test()?;
    let disk = Disk::from_environment()?;
    let folder = match &request.folder {
        Some(folder) => free_folder(folder)?,
        None => next_folder(&prepared.recipe.run.folder, &name_of(request, trains)),
    };
    disk.create_folder(&folder)?;
    let lock = Lock::take(&disk, &folder, &request.command)?;
    disk.write_file(&folder.join("recipe.toml"), prepared.recipe.resolved.as_bytes())?;
    let base = std::path::absolute(&request.base).unwrap_or_else(|_| request.base.clone());
    let mut record = RunRecord::new(&request.command, &base, &prepared);
    record.trains = trains;
    record.write(&disk, &folder)?;
    carry_out(&prepared, &folder, record, disk, lock, false, observer)
}

/// What the folder of a run is called.
fn name_of(request: &Request, trains: Option<Role>) -> String {
    let stem = Path::new(&request.origin).file_stem().unwrap_or_default().to_string_lossy();
    match trains {
        None => stem.into_owned(),
        Some(Role::Teacher) => format!("{stem}-teacher"),
        Some(Role::Assistant(_) | Role::Baseline | Role::Student) => format!("{stem}-student"),
    }
}

/// Continues the run in `folder` from its last saved states, to the same bits as a run that was
/// never stopped.
///
/// # Errors
/// [`JobError`]: also when the run is done, in use, or when the data has changed since it began.
pub fn resume(
    folder: &Path,
    threads: Option<usize>,
    observer: &mut dyn Observer,
) -> Result<Outcome, JobError> {
    let mut record = RunRecord::read(folder)?;
    if record.status == Status::Done {
        return Err(JobError::AlreadyDone { path: folder.to_owned() });
    }
    let disk = Disk::from_environment()?;
    let lock = Lock::take(&disk, folder, &format!("potstill resume {}", folder.display()))?;
    let recipe = read_recipe(folder)?;
    use_threads(threads.or(recipe.run.threads))?;
    let prepared = Prepared::new(recipe, &record.base)?;
    record.check_sources(&prepared.sources())?;
    record.status = Status::Running;
    record.reason = None;
    record.write(&disk, folder)?;
    carry_out(&prepared, folder, record, disk, lock, true, observer)
}

/// The resolved recipe of a run.
pub(crate) fn read_recipe(folder: &Path) -> Result<Recipe, JobError> {
    let path = folder.join("recipe.toml");
    let bytes = read_limited(&path, LARGEST_RECIPE)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| crate::archive::unreadable(&path, "it is not UTF-8 text"))?;
    let none: [&str; 0] = [];
    Ok(Recipe::read(&path.display().to_string(), &text, &none)?)
}

fn carry_out(
    prepared: &Prepared,
    folder: &Path,
    mut record: RunRecord,
    disk: Disk,
    lock: Lock,
    resumed: bool,
    observer: &mut dyn Observer,
) -> Result<Outcome, JobError> {
    let (start, before) = (prepared.began, record.seconds);
    let steps = prepared.recipe.run.checkpoint_steps;
    let shelf = Shelf::new(prepared, &disk, folder)?;
    let mut archive = Some(Archive::open(disk.clone(), folder, lock, steps, shelf)?);
    observer.event(&Event::Begun {
        folder,
        resumed,
        data: crate::view::in_words(&prepared.recipe, &prepared.corpus),
        teacher: &prepared.teacher,
        assistants: &prepared.assistants,
        student: prepared.distilled_card(),
    });
    let of_teacher = prepared.ready.iter().flat_map(|ready| ready.warnings.clone());
    let skipped = crate::view::skipped_in_words(&prepared.corpus);
    let shared = crate::view::shared_in_words(prepared.shared_rows()?);
    for warning in skipped.into_iter().chain(shared).chain(of_teacher) {
        observer.event(&Event::Warning(warning));
    }
    let trained = match record.trains {
        None => compete(prepared, &mut archive, observer).map(|all| all.map(Models::All)),
        Some(role) => alone(prepared, role, &mut archive, observer).map(|all| all.map(Models::One)),
    };
    record.seconds = before + start.elapsed().as_secs_f64();
    let outcome = match trained {
        Ok(Some(models)) => {
            observer.event(&Event::Judging);
            let ending = Ending { prepared, folder, record: &mut record, disk: &disk };
            match models {
                Models::All(entrants) => finish(ending, &entrants, start, before),
                Models::One(trained) => {
                    finish_single(ending, &trained).map(|single| Outcome::Trained(Box::new(single)))
                }
            }
        }
        Ok(None) => {
            record.status = Status::Stopped;
            record.reason = Some("asked to stop".to_owned());
            record.write(&disk, folder)?;
            Ok(Outcome::Stopped { folder: folder.to_owned() })
        }
        Err(error) => Err(error),
    };
    if let Err(error) = &outcome {
        record.status = Status::Failed;
        record.reason = Some(error.to_string());
        // The first failure is the one to tell, also when the disk takes no more.
        let _ = record.write(&disk, folder);
    }
    outcome
}

type AnyEntrants = crate::contest::Entrants<AnyNetwork, AnyNetwork>;

/// Trains all models of all seeds; none when the observer stopped the job before its end.
pub(crate) fn compete(
    prepared: &Prepared,
    archive: &mut Option<Archive>,
    observer: &mut dyn Observer,
) -> Result<Option<Vec<AnyEntrants>>, JobError> {
    with_contest(prepared, |contest| contest.run(archive, observer))
}

/// Trains one model of all seeds on the labels; none when the observer stopped it before the end.
fn alone(
    prepared: &Prepared,
    role: Role,
    archive: &mut Option<Archive>,
    observer: &mut dyn Observer,
) -> Result<Option<Vec<Trained<AnyNetwork>>>, JobError> {
    with_contest(prepared, |contest| match role {
        Role::Teacher => contest.teachers(archive, observer),
        Role::Assistant(_) | Role::Baseline | Role::Student => contest.baselines(archive, observer),
    })
}

/// What was trained.
enum Models {
    All(Vec<AnyEntrants>),
    One(Vec<Trained<AnyNetwork>>),
}
