//! The judgement on the test part, read once when all training is done.

use data::Samples;
use eval::{
    Answers, EvalError, Measured, Metrics, PairedDifference, Truth, Verdict, gap_recovered,
    paired_difference, scaling_temperature,
};
use nn::Network;
use random::Stream;
use report::summary::Teaching;
use serde::{Deserialize, Serialize};
use train::Ending;

use crate::choices::Choices;
use crate::contest::Entrants;
use crate::question::Question;
use crate::ready::Testimony;
use crate::training::Trained;
use crate::{JobError, insight};

/// What one model scored on the test part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Metrics against the labels.
    pub metrics: Measured,
    /// Share of test samples on which the model and the teacher choose the same class, or share of
    /// labels on which they are of one mind; of numbers the root mean square of their difference.
    /// None for the teacher itself, and where its outputs are not known.
    pub agreement: Option<f64>,
    /// After temperature scaling, of classes; none without a validation part.
    #[serde(default)]
    pub scaled: Option<Scaled>,
    /// Steps that it was trained for.
    pub steps: u64,
    /// Why its training ended.
    pub ending: Option<Ending>,
    /// Highest validation score during its training, where there was validation: accuracy, F1 of a
    /// sample, or the absolute error, negated.
    #[serde(alias = "best_validation_accuracy")]
    pub best_validation_score: Option<f64>,
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

/// The models of one seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeedScores {
    /// The seed.
    pub seed: u64,
    /// The teacher; none where its outputs for the test part are not known.
    pub teacher: Option<Score>,
    /// The networks between teacher and student, in the order in which they learned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assistants: Vec<Score>,
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
    /// Score of the distilled student minus that of the student alone: accuracy or F1 of a sample from 0
    /// to 1, or the absolute error, negated.
    pub difference: PairedDifference,
    /// Share of the teacher's lead over the student alone that the distilled student gains, from
    /// mean scores; none where the teacher has no lead, or its score is not known.
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
    /// The names of the classes, labels or numbers.
    pub(crate) classes: &'a [String],
    pub(crate) question: Question<'a>,
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
    let truth = court.question.truth(court.test);
    let mut seeds = Vec::with_capacity(entrants.len());
    let mut choices = Vec::with_capacity(entrants.len());
    let mut teaching = Teaching::default();
    let (mut student_scores, mut baseline_scores) = (Vec::new(), Vec::new());
    for models in entrants {
        let of_teacher = match &models.teacher {
            Some(trained) => Some(court.hear(trained, &truth, None)?),
            None => court.recall(&truth)?,
        };
        let (teacher, of_teacher) = of_teacher.unzip();
        let heard = models.assistants.iter();
        let heard = heard.map(|model| Ok(court.hear(model, &truth, teacher.as_ref())?.1));
        let assistants = heard.collect::<Result<Vec<Score>, JobError>>()?;
        let alone = models.baseline.as_ref().ok_or(JobError::Unlabelled { what: "a verdict" })?;
        let (baseline, of_baseline) = court.hear(alone, &truth, teacher.as_ref())?;
        let (student, of_student) = court.hear(&models.student, &truth, teacher.as_ref())?;
        if let (true, Some(teacher)) = (seeds.is_empty(), &teacher) {
            teaching = court.teaching([teacher, &baseline, &student], &truth, models.seed)?;
        }
        seeds.push(SeedScores {
            seed: models.seed,
            teacher: of_teacher,
            assistants,
            baseline: of_baseline,
            student: of_student,
        });
        let scored = |answers: Answers| -> Result<_, EvalError> {
            let scores = answers.scores(&truth)?;
            Ok((answers, scores))
        };
        let (baseline, student) = (scored(baseline)?, scored(student)?);
        student_scores.push(student.1.clone());
        baseline_scores.push(baseline.1.clone());
        let said = [teacher.map(scored).transpose()?, Some(baseline), Some(student)];
        choices.push(Choices { seed: models.seed, models: said });
    }
    let stream = Stream::new(seed, "bootstrap");
    let difference = paired_difference(&student_scores, &baseline_scores, &stream)?;
    let mean = |score: fn(&SeedScores) -> Option<&Score>| {
        let scores = seeds.iter().map(|seed| score(seed).map(|score| score.metrics.score()));
        Some(scores.sum::<Option<f64>>()? / seeds.len().max(1) as f64)
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
    let nothing = EvalError::Nothing { what: "seeds" };
    let kind = seeds.first().and_then(|scores| scores.student.metrics.kind()).ok_or(nothing)?;
    let sentence = difference.sentence(kind);
    let judgement = Judgement { verdict, sentence, difference, gap_recovered, seeds };
    Ok(Judged { judgement, choices, teaching })
}

impl<'a> Court<'a> {
    /// What a teacher that was not trained here says about the test part, if it does.
    pub(crate) fn teacher_on_test(&self) -> Option<&'a Answers> {
        self.teacher?.test.as_ref()
    }

    /// What a model says about the test part, and its scores.
    pub(crate) fn hear<N: Network>(
        &self,
        model: &Trained<N>,
        truth: &Truth,
        teacher: Option<&Answers>,
    ) -> Result<(Answers, Score), JobError> {
        let answers = self.question.ask(&model.network, self.test)?;
        let validation = match self.validation.is_empty() {
            true => None,
            false => Some(self.question.ask(&model.network, self.validation)?),
        };
        let progress = &model.progress;
        let score = Score {
            metrics: answers.measure(truth)?,
            agreement: teacher.map(|teacher| teacher.agreement(&answers)).transpose()?,
            scaled: self.scaled(validation.as_ref(), &answers, truth)?,
            steps: progress.step,
            ending: progress.ending,
            best_validation_score: progress.best.map(|best| best.score),
        };
        Ok((answers, score))
    }

    /// The same of a teacher that was not trained here; none where it says nothing about the test part.
    fn recall(&self, truth: &Truth) -> Result<Option<(Answers, Score)>, JobError> {
        let Some(Testimony { validation, test: Some(test) }) = self.teacher else {
            return Ok(None);
        };
        let score = Score {
            metrics: test.measure(truth)?,
            agreement: None,
            scaled: self.scaled(validation.as_ref(), test, truth)?,
            steps: 0,
            ending: None,
            best_validation_score: None,
        };
        Ok(Some((test.clone(), score)))
    }

    /// What the teacher of a seed had to say, of classes and labels at several temperatures, and where the student does not follow it.
    fn teaching(
        &self,
        models: [&Answers; 3],
        truth: &Truth,
        seed: u64,
    ) -> Result<Teaching, JobError> {
        let [teacher, ..] = models;
        Ok(Teaching {
            softened: insight::softened_answers(teacher)?,
            seed,
            disagreements: insight::disagreements(models, self.test, truth, self.classes)?,
            rows_unread: None,
        })
    }

    /// None where nothing is known about the validation part.
    fn scaled(
        &self,
        validation: Option<&Answers>,
        test: &Answers,
        truth: &Truth,
    ) -> Result<Option<Scaled>, JobError> {
        let (Some(Answers::Classes(said)), Answers::Classes(test), Truth::Classes(labels)) =
            (validation, test, truth)
        else {
            return Ok(None);
        };
        let known: Vec<u32> = self.validation.labels.iter().flatten().copied().collect();
        let temperature = scaling_temperature(said, &known)?;
        let Metrics { nll, ece, .. } = Metrics::measure(&test.softened(temperature), labels)?;
        Ok(Some(Scaled { temperature, nll, ece }))
    }
}
