//! The end of a job: judgement, exported models, report.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use eval::Answers;
use export::SavedModel;
use nn::{AnyNetwork, Architecture, Network, read_weights};
use report::summary::Role;
use store::Disk;

use crate::agreement::{Agreed, Agreement, agree};
use crate::archive::{LARGEST_METRICS, METRICS, unreadable};
use crate::choices::{self, Asked};
use crate::contest::{Entrants, Judges};
use crate::distill::Outcome;
use crate::found::Found;
use crate::judgement::{Court, Judged, Judgement, judge};
use crate::machine::peak_memory;
use crate::prepared::Prepared;
use crate::question::Question;
use crate::ready::Testimony;
use crate::record::{RunRecord, Status};
use crate::speed::{measure, measure_ready};
use crate::summary::{Exported, summarise};
use crate::{JobError, shown_rows};

/// A job that is done.
#[derive(Debug)]
pub struct Finished {
    /// The folder of the run.
    pub folder: PathBuf,
    /// The result.
    pub judgement: Judgement,
    /// All that the report shows.
    pub summary: report::Summary,
    /// Seconds that the job took, those before an interruption included.
    pub seconds: f64,
    /// The most memory that the process used, in bytes.
    pub peak_memory: Option<u64>,
}

/// A job without labels that is done: nothing could be judged.
#[derive(Debug)]
pub struct Unjudged {
    /// The folder of the run.
    pub folder: PathBuf,
    /// How closely the student follows its teacher.
    pub agreement: Agreement,
    /// All that the report shows.
    pub summary: report::Summary,
    /// Seconds that the job took, those before an interruption included.
    pub seconds: f64,
    /// The most memory that the process used, in bytes.
    pub peak_memory: Option<u64>,
}

type AnyEntrants = Entrants<AnyNetwork, AnyNetwork>;

/// What the end of a job needs beside its models.
pub(crate) struct Ending<'a> {
    pub(crate) prepared: &'a Prepared,
    pub(crate) folder: &'a Path,
    pub(crate) record: &'a mut RunRecord,
    pub(crate) disk: &'a Disk,
}

/// Judges the models, or without labels holds them against their teacher, and writes everything that a finished run
/// has.
pub(crate) fn finish(
    ending: Ending<'_>,
    entrants: &[AnyEntrants],
    start: Instant,
    before: f64,
) -> Result<Outcome, JobError> {
    let Ending { prepared, folder, record, disk } = ending;
    let corpus = &prepared.corpus;
    // Counted before it is read, so that a kill in between leaves no reading uncounted.
    record.test_reads += 1;
    record.write(disk, folder)?;
    let question = Question::of(&corpus.preprocessing);
    let testimony = prepared.ready.as_ref().map(|ready| ready.testimony(corpus)).transpose()?;
    let (test, validation, teacher) = (&corpus.test, &corpus.validation, testimony.as_ref());
    let court = Court { test, validation, classes: &corpus.classes, question, teacher };
    let seed = prepared.recipe.distill.seed;
    let (found, chosen, mut teaching) = match corpus.is_unlabelled() {
        false => {
            let Judged { judgement, choices, teaching } = judge(entrants, court, seed)?;
            (Found::Judged(judgement), choices, teaching)
        }
        true => {
            let Agreed { agreement, choices, teaching } = agree(entrants, court, seed)?;
            (Found::Agreed(agreement), choices, teaching)
        }
    };
    let results = serde_json::to_vec_pretty(&found)
        .map_err(|error| unreadable(&folder.join("results.json"), &error.to_string()))?;
    disk.write_file(&folder.join("results.json"), &results)?;
    let of_teacher = |said: fn(&Testimony) -> &Option<Answers>| {
        testimony.as_ref().and_then(|testimony| said(testimony).as_ref())
    };
    let standard = question.standard(&corpus.test, of_teacher(|testimony| &testimony.test));
    let truth = standard.ok_or(JobError::TeacherSilent)?;
    let keys = shown_rows::keys(prepared);
    let (names, task) = (&corpus.classes, question.task);
    choices::write(&chosen, &Asked { truth: &truth, keys: &keys, names, task }, folder, disk)?;
    record.test_samples = corpus.test.fingerprint()?;

    let students = entrants.iter().map(|models| &models.student.network);
    let of_validation = of_teacher(|testimony| &testimony.validation);
    let shipped = best(&on_validation(prepared, students, of_validation)?);
    let mut exported = match shipped.and_then(|place| entrants.get(place)) {
        Some(models) => export_models(prepared, models, folder, disk)?,
        None => BTreeMap::new(),
    };
    if let Some(ready) = &prepared.ready
        && let Some(speed) = measure_ready(ready, corpus)?
    {
        exported.insert(Role::Teacher, Exported { seed, bytes: ready.bytes(), speed });
    }
    let metrics = store::read_limited(&folder.join(METRICS), LARGEST_METRICS)?;
    record.seconds = before + start.elapsed().as_secs_f64();
    let mut summary = summarise(prepared, &found, &exported, &metrics, record, folder);
    shown_rows::add(&mut teaching, prepared);
    summary.teaching = Some(teaching);
    write_report(&summary, folder, disk)?;
    record.status = Status::Done;
    record.reason = Some("all trainings done".to_owned());
    match &found {
        Found::Judged(judgement) => record.judgement = Some(judgement.clone()),
        Found::Agreed(agreement) => record.agreement = Some(agreement.clone()),
    }
    record.summary = Some(summary.clone());
    record.write(disk, folder)?;
    let (folder, seconds, peak_memory) = (folder.to_owned(), record.seconds, peak_memory());
    Ok(match found {
        Found::Judged(judgement) => {
            let finished = Finished { folder, judgement, summary, seconds, peak_memory };
            Outcome::Done(Box::new(finished))
        }
        Found::Agreed(agreement) => {
            let unjudged = Unjudged { folder, agreement, summary, seconds, peak_memory };
            Outcome::Unjudged(Box::new(unjudged))
        }
    })
}

/// Writes the report, its plots, the model card and the curves for TensorBoard.
pub(crate) fn write_report(
    summary: &report::Summary,
    folder: &Path,
    disk: &Disk,
) -> Result<(), JobError> {
    let plots = folder.join("plots");
    disk.create_folder(&plots)?;
    for (name, svg) in report::plots(summary) {
        disk.write_file(&plots.join(name), svg.as_bytes())?;
    }
    write_curves(summary, folder, disk)?;
    disk.write_file(&folder.join("MODEL_CARD.md"), report::model_card(summary).as_bytes())?;
    Ok(disk.write_file(&folder.join("report.html"), report::html(summary).as_bytes())?)
}

/// Writes the curves for TensorBoard.
pub(crate) fn write_curves(
    summary: &report::Summary,
    folder: &Path,
    disk: &Disk,
) -> Result<(), JobError> {
    for (name, content) in report::event_files(summary) {
        let path = folder.join("tensorboard").join(name);
        if let Some(parent) = path.parent() {
            disk.create_folder(parent)?;
        }
        disk.write_file(&path, &content)?;
    }
    Ok(())
}

/// The score of each network on the validation part, of which the teacher may have said something; none where the part is
/// empty.
pub(crate) fn on_validation<'n>(
    prepared: &Prepared,
    networks: impl Iterator<Item = &'n AnyNetwork>,
    teacher: Option<&Answers>,
) -> Result<Vec<Option<f64>>, JobError> {
    let corpus = &prepared.corpus;
    let question = Question::of(&corpus.preprocessing);
    let teacher = teacher.cloned();
    let judges = Judges { validation: &corpus.validation, question, teacher };
    let judged = networks.map(|network| Ok(judges.validate(network)?.map(|scores| scores.score())));
    judged.collect()
}

/// The place of the network that is handed over: the best on validation, the first of equals.
pub(crate) fn best(scores: &[Option<f64>]) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (place, score) in scores.iter().enumerate() {
        let score = score.unwrap_or_default();
        if best.is_none_or(|(_, highest)| score > highest) {
            best = Some((place, score));
        }
    }
    best.map(|(place, _)| place)
}

fn export_models(
    prepared: &Prepared,
    models: &AnyEntrants,
    folder: &Path,
    disk: &Disk,
) -> Result<BTreeMap<Role, Exported>, JobError> {
    let export = folder.join("export");
    disk.create_folder(&export)?;
    let teacher = models.teacher.as_ref().zip(prepared.recipe.teacher.trained());
    let teacher =
        teacher.map(|(model, options)| (Role::Teacher, &options.architecture, &model.network));
    let student = &prepared.recipe.student;
    let assistants = (1..).zip(&prepared.recipe.distill.assistants).zip(&models.assistants);
    let assistants = assistants.map(|((number, architecture), model)| {
        (Role::Assistant(number), architecture, &model.network)
    });
    let alone = models.baseline.as_ref();
    let alone = alone.map(|model| (Role::Baseline, student, &model.network));
    let students =
        alone.into_iter().chain([(Role::Student, prepared.distilled(), &models.student.network)]);
    let mut exported = BTreeMap::new();
    for (role, architecture, network) in teacher.into_iter().chain(assistants).chain(students) {
        let path = export.join(format!("{role}.safetensors"));
        let bytes = saved(prepared, architecture, network)
            .to_bytes()
            .map_err(|source| JobError::Model { path: path.clone(), source })?;
        disk.write_file(&path, &bytes)?;
        let speed = measure(network, &prepared.corpus.test)?;
        exported.insert(role, Exported { seed: models.seed, bytes: bytes.len() as u64, speed });
    }
    Ok(exported)
}

/// A network with all that its use takes.
pub(crate) fn saved<N: Network>(
    prepared: &Prepared,
    architecture: &Architecture,
    network: &N,
) -> SavedModel {
    SavedModel {
        architecture: architecture.clone(),
        preprocessing: prepared.corpus.preprocessing.clone(),
        weights: read_weights(network),
    }
}
