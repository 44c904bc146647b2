//! The judgement on the test part, read once when all training is done.

use data::Samples;
use eval::{
    Metrics, PairedDifference, Predictions, Verdict, agreement, gap_recovered, paired_difference,
    scaling_temperature,
};
use nn::{Network, infer};
use random::Stream;
use report::summary::Teaching;
use serde::{Deserialize, Serialize};
use train::Ending;

use crate::choices::Choices;
use crate::contest::Entrants;
use crate::ready::Testimony;
use crate::training::Trained;
use crate::{JobError, insight};

/// What one model scored on the test part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Metrics against the labels.
    pub metrics: Metrics,
    /// Share of test samples on which the model and the teacher choose the same class; none for the
    /// teacher itself, and where its outputs are not known.
    pub agreement: Option<f64>,
    /// After temperature scaling; none without a validation part.
    #[serde(default)]
    pub scaled: Option<Scaled>,
    /// Steps that it was trained for.
    pub steps: u64,
    /// Why its training ended.
    pub ending: Option<Ending>,
    /// Highest validation accuracy during its training, where there was validation.
    pub best_validation_accuracy: Option<f64>,
}

/// A model whose logits are divided by the temperature that suits the validation part.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaled {
    /// The temperature.
    pub temperature: f64,
    /// Mean negative log-likelihood on the test part, in nats.
    pub nll: f64,
    /// Expected calibration error on the test part, from 0 to 1.
    pub ece: f64,
}

/// The three models of one seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeedScores {
    /// The seed.
    pub seed: u64,
    /// The teacher; none where its outputs for the test part are not known.
    pub teacher: Option<Score>,
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
    /// mean accuracies; none where the teacher has no lead, or its accuracy is not known.
    pub gap_recovered: Option<f64>,
    /// Scores of every seed.
    pub seeds: Vec<SeedScores>,
}

/// Samples to judge by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Court<'a> {
    /// The test part.
    pub(crate) test: &'a Samples,
    /// The validation part, which may be empty.
    pub(crate) validation: &'a Samples,
    /// The names of the classes.
    pub(crate) classes: &'a [String],
    /// What a teacher says that was not trained here.
    pub(crate) teacher: Option<&'a Testimony>,
}

/// A judgement with what it rests on.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) judgement: Judgement,
    /// What the models chose.
    pub(crate) choices: Vec<Choices>,
    /// Of the first seed.
    pub(crate) teaching: Teaching,
}

/// Reads the test part, once, and judges.
pub(crate) fn judge<T: Network, S: Network>(
    entrants: &[Entrants<T, S>],
    court: Court<'_>,
    seed: u64,
) -> Result<Judged, JobError> {
    let labels: Vec<u32> = court.test.labels.iter().flatten().copied().collect();
    let mut seeds = Vec::with_capacity(entrants.len());
    let mut choices = Vec::with_capacity(entrants.len());
    let mut teaching = Teaching::default();
    let (mut student_scores, mut baseline_scores) = (Vec::new(), Vec::new());
    for models in entrants {
        let of_teacher = match &models.teacher {
            Some(trained) => Some(court.hear(trained, &labels, None)?),
            None => court.recall(&labels)?,
        };
        let (teacher, of_teacher) = of_teacher.unzip();
        let (baseline, of_baseline) = court.hear(&models.baseline, &labels, teacher.as_ref())?;
        let (student, of_student) = court.hear(&models.student, &labels, teacher.as_ref())?;
        if let (true, Some(teacher)) = (seeds.is_empty(), &teacher) {
            teaching = Teaching {
                softened: insight::softened(teacher),
                seed: models.seed,
                disagreements: insight::disagreements(
                    [teacher, &baseline, &student],
                    court.test,
                    court.classes,
                ),
            };
        }
        seeds.push(SeedScores {
            seed: models.seed,
            teacher: of_teacher,
            baseline: of_baseline,
            student: of_student,
        });
        student_scores.push(student.correct(&labels)?);
        baseline_scores.push(baseline.correct(&labels)?);
        let most_probable = [teacher.as_ref(), Some(&baseline), Some(&student)]
            .map(|one| one.map(|one| one.most_probable().to_vec()).unwrap_or_default());
        choices.push(Choices { seed: models.seed, classes: most_probable });
    }
    let stream = Stream::new(seed, "bootstrap");
    let difference = paired_difference(&student_scores, &baseline_scores, &stream)?;
    let mean = |score: fn(&SeedScores) -> Option<&Score>| {
        let accuracies = seeds.iter().map(|seed| score(seed).map(|score| score.metrics.accuracy));
        Some(accuracies.sum::<Option<f64>>()? / seeds.len().max(1) as f64)
    };
    let means = (
        mean(|scores| scores.teacher.as_ref()),
        mean(|scores| Some(&scores.baseline)),
        mean(|scores| Some(&scores.student)),
    );
    let gap_recovered = match means {
        (Some(teacher), Some(baseline), Some(student)) => gap_recovered(teacher, baseline, student),
        _ => None,
    };
    let verdict = Verdict::of(&difference);
    let sentence = difference.sentence();
    let judgement = Judgement { verdict, sentence, difference, gap_recovered, seeds };
    Ok(Judged { judgement, choices, teaching })
}

impl Court<'_> {
    /// What a model says about the test part, and its scores.
    pub(crate) fn hear<N: Network>(
        &self,
        model: &Trained<N>,
        labels: &[u32],
        teacher: Option<&Predictions>,
    ) -> Result<(Predictions, Score), JobError> {
        let predictions = self.predict(&model.network, self.test)?;
        let validation = match self.validation.is_empty() {
            true => None,
            false => Some(self.predict(&model.network, self.validation)?),
        };
        let progress = &model.progress;
        let score = Score {
            metrics: Metrics::measure(&predictions, labels)?,
            agreement: teacher.map(|teacher| agreement(teacher, &predictions)).transpose()?,
            scaled: self.scaled(validation.as_ref(), &predictions, labels)?,
            steps: progress.step,
            ending: progress.ending,
            best_validation_accuracy: progress.best.map(|best| best.accuracy),
        };
        Ok((predictions, score))
    }

    /// The same of a teacher that was not trained here; none where it says nothing about the test part.
    fn recall(&self, labels: &[u32]) -> Result<Option<(Predictions, Score)>, JobError> {
        let Some(Testimony { validation, test: Some(test) }) = self.teacher else {
            return Ok(None);
        };
        let score = Score {
            metrics: Metrics::measure(test, labels)?,
            agreement: None,
            scaled: self.scaled(validation.as_ref(), test, labels)?,
            steps: 0,
            ending: None,
            best_validation_accuracy: None,
        };
        Ok(Some((test.clone(), score)))
    }

    fn predict<N: Network>(&self, network: &N, samples: &Samples) -> Result<Predictions, JobError> {
        let classes = self.classes.len();
        let logits = infer(network, &samples.values, samples.shape.len(), classes)?;
        Ok(Predictions::from_logits(classes, &logits)?)
    }

    /// None where nothing is known about the validation part.
    fn scaled(
        &self,
        validation: Option<&Predictions>,
        test: &Predictions,
        labels: &[u32],
    ) -> Result<Option<Scaled>, JobError> {
        let Some(validation) = validation else { return Ok(None) };
        let known: Vec<u32> = self.validation.labels.iter().flatten().copied().collect();
        let temperature = scaling_temperature(validation, &known)?;
        let Metrics { nll, ece, .. } = Metrics::measure(&test.softened(temperature), labels)?;
        Ok(Some(Scaled { temperature, nll, ece }))
    }
}
