//! Several runs side by side, paired by seed and test sample.

use std::path::{Path, PathBuf};

use data::Task;
use eval::{PairedDifference, Spread, paired_difference, spread};
use random::Stream;
use report::summary::Role;
use serde::Serialize;

use crate::JobError;
use crate::choices::{self, Students};
use crate::record::RunRecord;

/// Runs ordered by the test score of their distilled students, the best first.
#[derive(Clone, Debug, Serialize)]
pub struct Leaderboard {
    /// One for each run.
    pub places: Vec<Place>,
    /// Test samples, the same for all.
    pub samples: usize,
    /// What is learned, the same for all.
    pub task: Task,
    /// Whether scores are in standard deviations of the training rows: those of several numbers.
    pub in_deviations: bool,
}

/// One run.
#[derive(Clone, Debug, Serialize)]
pub struct Place {
    /// Its folder.
    pub folder: PathBuf,
    /// The student's architecture.
    pub student: String,
    /// Parameters of the student.
    pub parameters: u64,
    /// Test score of the distilled students: accuracy or F1 of a sample from 0 to 1, or the absolute error,
    /// negated.
    pub score: Spread,
    /// Score minus that of the best run, with its interval; none for the best itself.
    pub behind: Option<PairedDifference>,
    /// The run's own verdict, distilled student against the same student alone.
    pub verdict: String,
}

/// Compares the distilled students of finished runs.
///
/// # Errors
/// [`JobError::NotDone`] for a run without a result, [`JobError::NotComparable`] where runs were
/// tested on other samples or have another number of seeds.
pub fn compare(folders: &[PathBuf]) -> Result<Leaderboard, JobError> {
    let mut runs = folders.iter().map(|folder| Run::read(folder)).collect::<Result<Vec<_>, _>>()?;
    if let Some((first, others)) = runs.split_first() {
        others.iter().try_for_each(|other| first.check_comparable(other))?;
    }
    // A stable sort: of equals, the one that was named first.
    runs.sort_by(|one, other| other.score.mean.total_cmp(&one.score.mean));
    let samples = runs.first().and_then(|run| run.scores.first()).map_or(0, Vec::len);
    let stream = Stream::new(0, "compare");
    let mut places = Vec::with_capacity(runs.len());
    for (rank, run) in runs.iter().enumerate() {
        let behind = match runs.first() {
            Some(best) if rank > 0 => Some(paired_difference(&run.scores, &best.scores, &stream)?),
            _ => None,
        };
        places.push(run.place(behind));
    }
    let task = runs.first().map(Run::task).unwrap_or_default();
    let targets = runs.first().and_then(|run| run.record.summary.as_ref());
    let targets = targets.map_or(0, |summary| summary.data.classes);
    let in_deviations = task == Task::Numbers && targets > 1;
    Ok(Leaderboard { places, samples, task, in_deviations })
}

/// What a comparison needs of a run.
struct Run {
    folder: PathBuf,
    record: RunRecord,
    labels: Vec<String>,
    /// By seed and test sample.
    scores: Vec<Vec<f64>>,
    score: Spread,
}

impl Run {
    fn read(folder: &Path) -> Result<Self, JobError> {
        let record = RunRecord::read(folder)?;
        if record.trains.is_some() {
            return Err(JobError::NoReport { path: folder.to_owned() });
        }
        if record.agreement.is_some() {
            return Err(JobError::Unlabelled { what: "a comparison of runs" });
        }
        if record.summary.is_none() {
            return Err(JobError::NotDone { path: folder.to_owned() });
        }
        let Students { labels, scores } = choices::students(folder)?;
        let mean = |scores: &Vec<f64>| scores.iter().sum::<f64>() / scores.len().max(1) as f64;
        let score = spread(&scores.iter().map(mean).collect::<Vec<_>>())?;
        Ok(Self { folder: folder.to_owned(), record, labels, scores, score })
    }

    fn task(&self) -> Task {
        self.record.summary.as_ref().map(|summary| summary.task).unwrap_or_default()
    }

    fn check_comparable(&self, other: &Self) -> Result<(), JobError> {
        let differ = |what, expected: String, found: String| {
            Err(JobError::NotComparable {
                path: other.folder.clone(),
                first: self.folder.clone(),
                what,
                expected,
                found,
            })
        };
        let (expected, found) = (&self.record.test_samples, &other.record.test_samples);
        if expected != found {
            return differ("test samples with the hash", short(expected), short(found));
        }
        let (expected, found) = (self.task(), other.task());
        if expected != found {
            return differ("task", expected.name().to_owned(), found.name().to_owned());
        }
        let mut labels = self.labels.iter().zip(&other.labels);
        if let Some((expected, found)) = labels.find(|(one, other)| one != other) {
            return differ("classes of the test samples", expected.clone(), found.clone());
        }
        let (expected, found) = (self.scores.len(), other.scores.len());
        if expected != found {
            return differ("seeds", expected.to_string(), found.to_string());
        }
        Ok(())
    }

    fn place(&self, behind: Option<PairedDifference>) -> Place {
        let summary = self.record.summary.as_ref();
        let student = summary.and_then(|summary| summary.model(Role::Student));
        Place {
            folder: self.folder.clone(),
            student: student.map(|model| model.architecture.clone()).unwrap_or_default(),
            parameters: student.map_or(0, |model| model.parameters),
            score: self.score,
            behind,
            verdict: summary.map(|summary| summary.verdict.word.clone()).unwrap_or_default(),
        }
    }
}

fn short(hash: &str) -> String {
    hash.chars().take(12).collect()
}
