//! What can be said about a job without training: `check`, `plan`; and its report once more.

use std::path::{Path, PathBuf};

use data::{Finding, Synthesis};
use nn::totals;
use report::summary::DataView;
use serde::Serialize;
use store::{Disk, Lock};
use train::{OwnTeacher, Settings};

use crate::JobError;
use crate::archive::sweep;
use crate::distill::Request;
use crate::event::Card;
use crate::finish::write_report;
use crate::prepared::Prepared;
use crate::record::RunRecord;
use crate::view::data_view;

/// What a job will do and need.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The data.
    pub data: DataView,
    /// The teacher.
    pub teacher: Card,
    /// The networks between teacher and student.
    pub assistants: Vec<Card>,
    /// The student.
    pub student: Card,
    /// Trainings in all: three for each seed and one for each assistant, one less where the teacher is there
    /// before, and one less without labels.
    pub trainings: u64,
    /// Steps of one training of the teacher; 0 where it is there before.
    pub teacher_steps: u64,
    /// Steps of one training of the student, alone or distilled.
    pub student_steps: u64,
    /// Parameters that the method trains beside the student, which are no part of it.
    pub own_parameters: u64,
    /// Bytes of the recorded soft targets, all seeds together; 0 where the teacher is asked at each step.
    pub label_bytes: u64,
    /// Bytes of the states that are kept at the end, all trainings together; about.
    pub checkpoint_bytes: u64,
}

/// Reads recipe and data and says what the job will do; writes nothing.
///
/// # Errors
/// As [`distill`](crate::distill) before it begins.
pub fn plan(request: &Request) -> Result<Plan, JobError> {
    // Networks are run once for the shapes of their taps, which makes the pool of threads.
    let prepared = Prepared::new(request.begin()?, &request.base)?;
    let Prepared { recipe, corpus, teacher, assistants, student: alone, .. } = &prepared;
    let student = prepared.distilled_card();
    let trained = recipe.teacher.trained();
    let rows = corpus.train.len() as u64;
    let steps =
        |settings: &Settings, rows: usize| settings.all_epochs() * settings.steps_per_epoch(rows);
    let seeds = recipe.distill.seeds;
    let views = match recipe.distill.settings.mixing {
        // Mixed samples are asked about at each step.
        Some(_) => 0,
        None => recipe.data.views_of_students().numbered() as u64,
    };
    // A teacher that is there before says the same for all seeds, unless they have views of their own.
    let sets = match recipe.teacher.own() {
        Some(_) => 0,
        None if trained.is_none() && views == 1 => 1,
        None => seeds,
    };
    let students = match recipe.teacher.own() {
        Some(OwnTeacher::Peers(count)) => count,
        _ => 1,
    };
    let label = recipe.keeping.bytes(corpus.classes.len()) as u64;
    // Two states of each training, each with the weights and about two buffers of the same size.
    let state = |card: &Card| 2 * 3 * 4 * totals(&card.layers).parameters;
    Ok(Plan {
        data: data_view(recipe, corpus),
        trainings: seeds
            * (u64::from(trained.is_some())
                + u64::from(!corpus.is_unlabelled())
                + 1
                + assistants.len() as u64),
        teacher_steps: trained.map_or(0, |teacher| steps(&teacher.settings, corpus.train.len())),
        student_steps: steps(&recipe.distill.settings, corpus.student_rows()),
        own_parameters: prepared.own_parameters,
        label_bytes: (sets + seeds * assistants.len() as u64) * views * rows * label,
        checkpoint_bytes: seeds
            * (trained.map_or(0, |_| state(teacher))
                + assistants.iter().map(state).sum::<u64>()
                + u64::from(!corpus.is_unlabelled()) * state(alone)
                + students * state(student)),
        teacher: teacher.clone(),
        assistants: assistants.clone(),
        student: student.clone(),
    })
}

/// Looks for what is wrong or suspicious in the data of a recipe; writes nothing.
///
/// # Errors
/// As [`distill`](crate::distill) before it begins.
pub fn check(request: &Request) -> Result<Vec<Finding>, JobError> {
    let prepared = Prepared::new(request.begin()?, &request.base)?;
    Ok(data::check(&prepared.recipe.data, &request.base)?)
}

/// Makes rows near to the training rows of a recipe's table, as CSV without labels, and says which files they are
/// made from; writes nothing.
///
/// Of the recipe only `[data]` and the number of threads count, `[data]` without its transfer set, which these rows may become.
///
/// # Errors
/// As [`data::synthesise`].
pub fn synthesise(
    request: &Request,
    synthesis: Synthesis,
    rows: usize,
    seed: u64,
) -> Result<(String, Vec<PathBuf>), JobError> {
    let recipe = request.begin()?;
    let rows = data::synthesise(&recipe.data, &request.base, synthesis, rows, seed)?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&rows.header)?;
    for record in &rows.records {
        writer.write_record(record)?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    let sources = rows.sources.iter().map(|source| request.base.join(&source.name)).collect();
    // All cells came from text.
    Ok((String::from_utf8_lossy(&bytes).into_owned(), sources))
}

/// Writes the report and the plots of a finished run again.
///
/// # Errors
/// [`JobError::NotDone`] when the run has no result yet.
pub fn report(folder: &Path) -> Result<report::Summary, JobError> {
    let record = RunRecord::read(folder)?;
    if record.trains.is_some() {
        return Err(JobError::NoReport { path: folder.to_owned() });
    }
    let summary = record.summary.ok_or(JobError::NotDone { path: folder.to_owned() })?;
    let disk = Disk::from_environment()?;
    let lock = Lock::take(&disk, folder, "potstill report")?;
    sweep(&disk, &lock, folder)?;
    write_report(&summary, folder, &disk)?;
    Ok(summary)
}
