//! A recipe at every point of a grid; the best on validation is judged on the test part.
//!
//! Points that agree on data, teacher and seeds share the teacher's trainings and soft targets, and those that agree
//! on student and its training share the student alone: what the first point made is taken over by the others. Each
//! point is a run in a folder of its own, so that a sweep that was stopped continues at the same step.

mod grid;
mod record;

use std::path::{Path, PathBuf};
use std::time::Instant;

use data::Corpus;
use nn::AnyNetwork;
use recipe::Recipe;
use report::summary::{Role, SweepAxis, SweepView};
use store::{Disk, Lock};

use crate::JobError;
use crate::archive::{Archive, Donor};
use crate::contest::Entrants;
use crate::distill::{Outcome, Request, compete};
use crate::event::{Event, Observer};
use crate::finish::{Ending, Finished, finish, on_validation};
use crate::folders::{free_folder, next_folder};
use crate::labelling::Shelf;
use crate::prepared::Prepared;
use crate::record::{RunRecord, Status};
use crate::threads::use_threads;

pub use grid::{parse_axis, usual_axes};
pub use record::{PointRecord, SweepRecord};

/// How a sweep ended.
#[derive(Debug)]
pub enum SweepOutcome {
    /// All points are trained and the best is judged.
    Done {
        /// The folder of the sweep.
        folder: PathBuf,
        /// What every point scored.
        sweep: SweepView,
        /// The run of the best.
        best: Box<Finished>,
    },
    /// It was asked to stop; it continues with [`resume_sweep`].
    Stopped {
        /// The folder of the sweep.
        folder: PathBuf,
    },
}

/// Carries out a sweep in a new folder. All recipes are read before anything is written.
///
/// # Errors
/// [`JobError::Grid`] for a grid that makes no sense, [`JobError::NothingToChooseBy`] without a
/// validation part, and what [`distill`](crate::distill) fails with.
pub fn sweep(
    request: &Request,
    axes: &[SweepAxis],
    observer: &mut dyn Observer,
) -> Result<SweepOutcome, JobError> {
    grid::check_keys(axes)?;
    let record = SweepRecord::new(request, axes)?;
    let recipes =
        record.points.iter().map(|point| record.recipe(point)).collect::<Result<Vec<_>, _>>()?;
    if recipes.iter().any(|recipe| recipe.data.is_unlabelled()) {
        return Err(JobError::Unlabelled { what: "a sweep" });
    }
    let run = recipes.first().map(|recipe| recipe.run.clone());
    use_threads(request.threads.or(run.as_ref().and_then(|run| run.threads)))?;
    let disk = Disk::from_environment()?;
    let folder = match &request.folder {
        Some(folder) => free_folder(folder)?,
        None => {
            let parent = run.map(|run| run.folder).unwrap_or_default();
            let stem = Path::new(&request.origin).file_stem().unwrap_or_default();
            next_folder(&parent, &format!("{}-sweep", stem.to_string_lossy()))
        }
    };
    disk.create_folder(&folder)?;
    let lock = Lock::take(&disk, &folder, &request.command)?;
    record.write(&disk, &folder)?;
    Sweep { record, folder, disk, _lock: lock, to_tell: Some(false) }.carry_out(observer)
}

/// Whether a folder is that of a sweep, and not of a run.
pub fn is_sweep(folder: &Path) -> bool {
    SweepRecord::is_in(folder)
}

/// Continues a sweep that was stopped.
///
/// # Errors
/// As [`sweep`].
pub fn resume_sweep(
    folder: &Path,
    threads: Option<usize>,
    observer: &mut dyn Observer,
) -> Result<SweepOutcome, JobError> {
    let disk = Disk::from_environment()?;
    let lock = Lock::take(&disk, folder, &format!("potstill resume {}", folder.display()))?;
    disk.sweep(&lock, folder)?;
    let record = SweepRecord::read(folder)?;
    let first = record.points.first().map(|point| record.recipe(point)).transpose()?;
    use_threads(threads.or(first.and_then(|recipe| recipe.run.threads)))?;
    if let Some(best) = record.best().and_then(|best| record.points.get(best))
        && record.points.iter().all(|point| point.validation_accuracy.is_some())
        && RunRecord::read(&folder.join(&best.folder))?.status == Status::Done
    {
        return Err(JobError::AlreadyDone { path: folder.to_owned() });
    }
    let folder = folder.to_owned();
    Sweep { record, folder, disk, _lock: lock, to_tell: Some(true) }.carry_out(observer)
}

struct Sweep {
    record: SweepRecord,
    folder: PathBuf,
    disk: Disk,
    _lock: Lock,
    /// Whether the sweep is resumed, until the observer was told that it begins.
    to_tell: Option<bool>,
}

/// A point that is trained.
struct Trained {
    prepared: Prepared,
    entrants: Vec<Entrants<AnyNetwork, AnyNetwork>>,
    record: RunRecord,
    archive: Archive,
}

impl Sweep {
    fn carry_out(mut self, observer: &mut dyn Observer) -> Result<SweepOutcome, JobError> {
        let mut corpus = None;
        for number in 0..self.record.points.len() {
            if self.point(number)?.validation_accuracy.is_some() {
                continue;
            }
            let Some(trained) = self.train(number, corpus.take(), observer)? else {
                return Ok(SweepOutcome::Stopped { folder: self.folder });
            };
            let students = trained.entrants.iter().map(|models| &models.student.network);
            let scores = on_validation(&trained.prepared, students, None)?;
            let scores: Option<Vec<f64>> = scores.into_iter().collect();
            if let Some(point) = self.record.points.get_mut(number) {
                point.validation_accuracy = Some(scores.ok_or(JobError::NothingToChooseBy)?);
                let score = point.mean().unwrap_or(f64::NAN);
                observer
                    .event(&Event::PointEnded { task: trained.prepared.recipe.data.task, score });
            }
            self.record.write(&self.disk, &self.folder)?;
            corpus = Some((trained.prepared.recipe.data.clone(), trained.prepared.corpus));
        }
        let best = self.record.best().unwrap_or_default();
        let Some(trained) = self.train(best, corpus, observer)? else {
            return Ok(SweepOutcome::Stopped { folder: self.folder });
        };
        let finished = self.judge(best, trained, observer)?;
        let sweep = self.record.view();
        Ok(SweepOutcome::Done { folder: self.folder, sweep, best: Box::new(finished) })
    }

    fn point(&self, number: usize) -> Result<&PointRecord, JobError> {
        let none = || crate::archive::unreadable(&self.folder, "the sweep has no points");
        self.record.points.get(number).ok_or_else(none)
    }

    /// Trains the models of a point, or takes them from their saved states; none when the observer
    /// stopped it before its end.
    fn train(
        &mut self,
        number: usize,
        corpus: Option<(data::DataOptions, Corpus)>,
        observer: &mut dyn Observer,
    ) -> Result<Option<Trained>, JobError> {
        let start = Instant::now();
        let point = self.point(number)?.clone();
        let recipe = self.record.recipe(&point)?;
        let donor = self.donor(number, &recipe)?;
        let corpus = match corpus {
            Some((data, corpus)) if data == recipe.data => corpus,
            _ => data::load(&recipe.data, &self.record.base)?,
        };
        let prepared = Prepared::with_corpus(recipe, corpus, &self.record.base)?;
        prepared.refuse_learned_test()?;
        let folder = self.folder.join(&point.folder);
        self.disk.create_folder(&folder)?;
        let lock = Lock::take(&self.disk, &folder, &self.record.command)?;
        self.disk.write_file(&folder.join("recipe.toml"), prepared.recipe.resolved.as_bytes())?;
        let sources = &prepared.sources();
        let mut record = match RunRecord::read(&folder) {
            Err(JobError::NotARun { .. }) => {
                RunRecord::new(&self.record.command, &self.record.base, &prepared)
            }
            found => found?,
        };
        record.check_sources(sources)?;
        let first = self.record.recipe(self.point(0)?)?;
        if number > 0 && prepared.recipe.data == first.data {
            let same_files =
                prepared.recipe.teacher == first.teacher && prepared.recipe.start == first.start;
            let of_first = RunRecord::read(&self.folder.join(&self.point(0)?.folder))?;
            match same_files {
                true => of_first.check_sources(sources)?,
                false => of_first.check_first_sources(&prepared.corpus.sources)?,
            }
        }
        record.status = Status::Running;
        record.write(&self.disk, &folder)?;
        let steps = prepared.recipe.run.checkpoint_steps;
        // Labels that are kept in runs are those of the run whose teacher is taken over.
        let lender = donor.as_ref().filter(|donor| donor.roles.contains(&Role::Teacher));
        let of_labels = lender.map_or(&folder, |donor| &donor.root);
        let shelf = Shelf::new(&prepared, &self.disk, of_labels)?;
        let archive =
            Archive::open(self.disk.clone(), &folder, lock, steps, shelf)?.with_donor(donor);
        if let Some(resumed) = self.to_tell.take() {
            observer.event(&Event::Begun {
                folder: &self.folder,
                resumed,
                data: crate::view::in_words(&prepared.recipe, &prepared.corpus),
                teacher: &prepared.teacher,
                assistants: &prepared.assistants,
                student: prepared.distilled_card(),
            });
        }
        if point.validation_accuracy.is_none() {
            let values = self.record.assignments(&point);
            let count = self.record.points.len();
            observer.event(&Event::PointBegun { number: number + 1, count, values: &values });
        }
        let mut archive = Some(archive);
        let found = compete(&prepared, &mut archive, observer);
        record.seconds += start.elapsed().as_secs_f64();
        record.status = match &found {
            Ok(Some(_)) => Status::Trained,
            Ok(None) => Status::Stopped,
            Err(_) => Status::Failed,
        };
        record.reason = found.as_ref().err().map(ToString::to_string);
        record.write(&self.disk, &folder)?;
        let found = found?;
        Ok(found.zip(archive).map(|(entrants, archive)| Trained {
            prepared,
            entrants,
            record,
            archive,
        }))
    }

    /// What a point can take over from the first one.
    fn donor(&self, number: usize, recipe: &Recipe) -> Result<Option<Donor>, JobError> {
        if number == 0 {
            return Ok(None);
        }
        let point = self.point(0)?;
        let first = self.record.recipe(point)?;
        let (one, other) = (&first.distill, &recipe.distill);
        let same = first.data == recipe.data && one.seed == other.seed && one.seeds == other.seeds;
        let teacher = same && first.teacher == recipe.teacher;
        // Its log says how far it agrees with the teacher.
        let alone = first.student == recipe.student && first.start == recipe.start;
        let baseline = teacher && alone && one.settings == other.settings;
        let mut roles = Vec::new();
        roles.extend(teacher.then_some(Role::Teacher));
        roles.extend(baseline.then_some(Role::Baseline));
        Ok(Some(Donor { root: self.folder.join(&point.folder), roles }))
    }

    fn judge(
        &self,
        number: usize,
        trained: Trained,
        observer: &mut dyn Observer,
    ) -> Result<Finished, JobError> {
        let Trained { prepared, entrants, mut record, archive } = trained;
        observer.event(&Event::Judging);
        record.sweep = Some(self.record.view());
        let folder = self.folder.join(&self.point(number)?.folder);
        let (start, before) = (Instant::now(), record.seconds);
        let (prepared, record, disk) = (&prepared, &mut record, &self.disk);
        let ending = Ending { prepared, folder: &folder, record, disk };
        let finished = finish(ending, &entrants, start, before)?;
        drop(archive);
        match finished {
            Outcome::Done(finished) => Ok(*finished),
            _ => Err(JobError::Unlabelled { what: "a sweep" }),
        }
    }
}
