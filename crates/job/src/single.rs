//! The end of a training of one model alone: scores on the test part, and the model as a file.

use std::path::PathBuf;

use data::Task;
use eval::{Spread, spread};
use nn::AnyNetwork;
use report::Summary;
use report::summary::Role;
use serde::Serialize;

use crate::JobError;
use crate::archive::{LARGEST_METRICS, METRICS, unreadable};
use crate::finish::{Ending, best, on_validation, saved, write_curves};
use crate::judgement::{Court, Score};
use crate::prepared::Prepared;
use crate::question::Question;
use crate::record::Status;
use crate::summary::curves;
use crate::training::Trained;

/// The file of the model, in the folder of the run.
pub(crate) const MODEL: &str = "export/model.safetensors";

/// One model, trained with every seed.
#[derive(Clone, Debug, Serialize)]
pub struct Single {
    /// The folder of the run.
    pub folder: PathBuf,
    /// Teacher, or student alone.
    pub role: Role,
    /// The seed whose model was exported: the best on validation, the first of equals.
    pub exported_seed: u64,
    /// What is learned.
    pub task: Task,
    /// Score on the test part over the seeds: accuracy or F1 of a sample from 0 to 1, or the absolute
    /// error, negated.
    pub score: Spread,
    /// Seeds and their scores on the test part.
    pub seeds: Vec<(u64, Score)>,
}

/// Scores the models and writes everything that such a run has.
pub(crate) fn finish_single(
    ending: Ending<'_>,
    trained: &[Trained<AnyNetwork>],
) -> Result<Single, JobError> {
    let Ending { prepared, folder, record, disk } = ending;
    let role = record.trains.unwrap_or(Role::Teacher);
    record.test_reads += 1;
    record.write(disk, folder)?;
    let seeds = scores(prepared, trained)?;
    let scored: Vec<f64> = seeds.iter().map(|(_, score)| score.metrics.score()).collect();
    let networks = trained.iter().map(|model| &model.network);
    let best = best(&on_validation(prepared, networks, None)?).unwrap_or_default();
    let exported_seed = seeds.get(best).map_or(0, |(seed, _)| *seed);
    let single = Single {
        folder: folder.to_owned(),
        role,
        exported_seed,
        task: prepared.corpus.preprocessing.task(),
        score: spread(&scored)?,
        seeds,
    };
    let path = folder.join("results.json");
    let results = serde_json::to_vec_pretty(&single.seeds)
        .map_err(|error| unreadable(&path, &error.to_string()))?;
    disk.write_file(&path, &results)?;

    let architecture = match (role, prepared.recipe.teacher.trained()) {
        (Role::Teacher, Some(teacher)) => &teacher.architecture,
        _ => &prepared.recipe.student,
    };
    disk.create_folder(&folder.join("export"))?;
    if let Some(trained) = trained.get(best) {
        let path = folder.join(MODEL);
        let bytes = saved(prepared, architecture, &trained.network)
            .to_bytes()
            .map_err(|source| JobError::Model { path: path.clone(), source })?;
        disk.write_file(&path, &bytes)?;
    }
    let metrics = store::read_limited(&folder.join(METRICS), LARGEST_METRICS)?;
    let (task, curves) = (single.task, curves(&metrics));
    write_curves(&Summary { task, curves, ..Summary::default() }, folder, disk)?;
    record.status = Status::Done;
    record.reason = Some("all trainings done".to_owned());
    record.write(disk, folder)?;
    Ok(single)
}

fn scores(
    prepared: &Prepared,
    trained: &[Trained<AnyNetwork>],
) -> Result<Vec<(u64, Score)>, JobError> {
    let corpus = &prepared.corpus;
    let question = Question::of(&corpus.preprocessing);
    let truth = question.truth(&corpus.test);
    let (test, validation) = (&corpus.test, &corpus.validation);
    let court = Court { test, validation, classes: &corpus.classes, question, teacher: None };
    let scored = trained.iter().zip(prepared.seeds()).map(|(model, seed)| {
        let (_, score) = court.hear(model, &truth, None)?;
        Ok((seed, score))
    });
    scored.collect()
}
