//! The result of a job without labels: how closely the student follows its teacher. There is no student alone, so there is
//! no verdict.

use eval::{Answers, EvalError, PairedDifference, Truth, divergences, paired_difference};
use nn::Network;
use random::Stream;
use report::summary::Teaching;
use serde::{Deserialize, Serialize};
use words::counted;

use crate::choices::Choices;
use crate::contest::Entrants;
use crate::judgement::{Court, Score};
use crate::{JobError, insight};

/// How closely the students of all seeds follow their teacher on the test part. It holds no time, so that equal jobs have
/// equal results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// All of it for a person.
    pub sentence: String,
    /// Share of test samples on which student and teacher choose the same class, with a 95 % interval over seeds and
    /// samples.
    pub agreement: PairedDifference,
    /// Kullback-Leibler divergence of the student from the teacher in nats, at temperature 1, with the same.
    pub divergence: PairedDifference,
    /// Scores of every seed.
    pub seeds: Vec<SeedAgreement>,
}

/// The models of one seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeedAgreement {
    /// The seed.
    pub seed: u64,
    /// The networks between teacher and student, in the order in which they learned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assistants: Vec<Score>,
    /// The distilled student.
    pub student: Score,
}

/// An agreement with what it rests on.
#[derive(Debug)]
pub(crate) struct Agreed {
    pub(crate) agreement: Agreement,
    /// What teacher and students chose.
    pub(crate) choices: Vec<Choices>,
    pub(crate) teaching: Teaching,
}

/// Reads the test part, once, and holds the students against their teacher.
pub(crate) fn agree<T: Network, S: Network>(
    entrants: &[Entrants<T, S>],
    court: Court<'_>,
    seed: u64,
) -> Result<Agreed, JobError> {
    let teacher = court.teacher_on_test().ok_or(JobError::TeacherSilent)?;
    let Some(said) = teacher.classes() else { return Err(EvalError::OtherTask.into()) };
    let truth = Truth::Teacher(said.clone());
    let (mut seeds, mut choices) = (Vec::new(), Vec::new());
    let (mut equal, mut apart) = (Vec::new(), Vec::new());
    for models in entrants {
        let heard = models.assistants.iter();
        let heard = heard.map(|model| Ok(court.hear(model, &truth, Some(teacher))?.1));
        let assistants = heard.collect::<Result<Vec<Score>, JobError>>()?;
        let (answers, student) = court.hear(&models.student, &truth, Some(teacher))?;
        equal.push(answers.scores(&truth)?);
        apart.push(answers.classes().map(|answers| divergences(answers, said)).transpose()?);
        seeds.push(SeedAgreement { seed: models.seed, assistants, student });
        let scored = |answers: &Answers| -> Result<_, EvalError> {
            Ok((answers.clone(), answers.scores(&truth)?))
        };
        let models_said = [Some(scored(teacher)?), None, Some(scored(&answers)?)];
        choices.push(Choices { seed: models.seed, models: models_said });
    }
    let apart: Vec<Vec<f64>> = apart.into_iter().flatten().collect();
    let agreement = mean(&equal, &Stream::new(seed, "agreement"), 1.0)?;
    let divergence = mean(&apart, &Stream::new(seed, "divergence"), f64::INFINITY)?;
    let sentence = sentence(&agreement, &divergence);
    let teaching = Teaching { softened: insight::softened(said), seed, ..Teaching::default() };
    let agreement = Agreement { sentence, agreement, divergence, seeds };
    Ok(Agreed { agreement, choices, teaching })
}

/// The mean of scores over seeds and samples with its interval, which is that of a difference from nothing; no end lies
/// where no score can.
fn mean(scores: &[Vec<f64>], stream: &Stream, largest: f64) -> Result<PairedDifference, EvalError> {
    let nothing: Vec<Vec<f64>> = scores.iter().map(|run| vec![0.0; run.len()]).collect();
    let found = paired_difference(scores, &nothing, stream)?;
    let (low, high) = (found.low.max(0.0), found.high.min(largest));
    Ok(PairedDifference { low, high, ..found })
}

fn sentence(agreement: &PairedDifference, divergence: &PairedDifference) -> String {
    let PairedDifference { mean, low, high, seeds, samples, .. } = agreement;
    let (seeds, samples) = (counted(*seeds, "seed"), counted(*samples, "test sample"));
    let over = if agreement.covers_seeds() { "" } else { " over test samples alone" };
    format!(
        "NO VERDICT: no row has a label, so there is no student alone to beat. The distilled student agrees with its \
         teacher on {:.2} % of the test part (95 % interval{over} {:.2} to {:.2}), at a divergence of {:.4} nats ({:.4} to \
         {:.4}; {seeds}, {samples})",
        100.0 * mean,
        100.0 * low,
        100.0 * high,
        divergence.mean,
        divergence.low,
        divergence.high,
    )
}
