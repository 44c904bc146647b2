//! The judgement on the test part, read once when all training is done.

use data::Samples;
use eval::{
    Metrics, PairedDifference, Predictions, Verdict, agreement, gap_recovered, paired_difference,
};
use nn::{Network, infer};
use random::Stream;
use serde::{Deserialize, Serialize};
use train::{Ending, Progress};

use crate::JobError;
use crate::choices::Choices;
use crate::contest::Entrants;

/// What one model scored on the test part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Metrics against the labels.
    pub metrics: Metrics,
    /// Share of test samples on which the model and the teacher choose the same class; none for the
    /// teacher itself.
    pub agreement: Option<f64>,
    /// Steps that it was trained for.
    pub steps: u64,
    /// Why its training ended.
    pub ending: Option<Ending>,
    /// Highest validation accuracy during its training, where there was validation.
    pub best_validation_accuracy: Option<f64>,
}

/// The three models of one seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeedScores {
    /// The seed.
    pub seed: u64,
    /// The teacher.
    pub teacher: Score,
    /// The student trained alone.
    pub baseline: Score,
    /// The distilled student.
    pub student: Score,
}

/// The result of a job. It holds no time, so that equal jobs have equal results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// Whether distillation helped.
    pub verdict: Verdict,
    /// The verdict for a person.
    pub sentence: String,
    /// Accuracy of the distilled student minus that of the student alone, from 0 to 1.
    pub difference: PairedDifference,
    /// Share of the teacher's lead over the student alone that the distilled student gains, from
    /// mean accuracies; none where the teacher has no lead.
    pub gap_recovered: Option<f64>,
    /// Scores of every seed.
    pub seeds: Vec<SeedScores>,
}

/// Reads the test part, once, and judges; gives what the models chose as well.
pub(crate) fn judge<T: Network, S: Network>(
    entrants: &[Entrants<T, S>],
    test: &Samples,
    classes: usize,
    seed: u64,
) -> Result<(Judgement, Vec<Choices>), JobError> {
    let labels: Vec<u32> = test.labels.iter().flatten().copied().collect();
    let mut seeds = Vec::with_capacity(entrants.len());
    let mut choices = Vec::with_capacity(entrants.len());
    let (mut student_scores, mut baseline_scores) = (Vec::new(), Vec::new());
    for models in entrants {
        let teacher = predict(&models.teacher.network, test, classes)?;
        let baseline = predict(&models.baseline.network, test, classes)?;
        let student = predict(&models.student.network, test, classes)?;
        let score = |predictions: &Predictions, progress: &Progress, against| {
            score(predictions, &labels, progress, against)
        };
        seeds.push(SeedScores {
            seed: models.seed,
            teacher: score(&teacher, &models.teacher.progress, None)?,
            baseline: score(&baseline, &models.baseline.progress, Some(&teacher))?,
            student: score(&student, &models.student.progress, Some(&teacher))?,
        });
        let most_probable = [&teacher, &baseline, &student].map(|one| one.most_probable().to_vec());
        choices.push(Choices { seed: models.seed, classes: most_probable });
        student_scores.push(student.correct(&labels)?);
        baseline_scores.push(baseline.correct(&labels)?);
    }
    let stream = Stream::new(seed, "bootstrap");
    let difference = paired_difference(&student_scores, &baseline_scores, &stream)?;
    let mean = |accuracy: fn(&SeedScores) -> f64| {
        seeds.iter().map(accuracy).sum::<f64>() / seeds.len().max(1) as f64
    };
    let gap_recovered = gap_recovered(
        mean(|scores| scores.teacher.metrics.accuracy),
        mean(|scores| scores.baseline.metrics.accuracy),
        mean(|scores| scores.student.metrics.accuracy),
    );
    let verdict = Verdict::of(&difference);
    let sentence = difference.sentence();
    Ok((Judgement { verdict, sentence, difference, gap_recovered, seeds }, choices))
}

pub(crate) fn predict<N: Network>(
    network: &N,
    samples: &Samples,
    classes: usize,
) -> Result<Predictions, JobError> {
    let logits = infer(network, &samples.values, samples.shape.len(), classes)?;
    Ok(Predictions::from_logits(classes, &logits)?)
}

pub(crate) fn score(
    predictions: &Predictions,
    labels: &[u32],
    progress: &Progress,
    teacher: Option<&Predictions>,
) -> Result<Score, JobError> {
    Ok(Score {
        metrics: Metrics::measure(predictions, labels)?,
        agreement: teacher.map(|teacher| agreement(teacher, predictions)).transpose()?,
        steps: progress.step,
        ending: progress.ending,
        best_validation_accuracy: progress.best.map(|best| best.accuracy),
    })
}
