//! What several teachers say together.

use data::Task;
use options::{Key, OptionError, Section};

const MEAN: Key =
    Key("mean", "what the ensemble averages: probabilities or logits; of numbers, values");

/// What an ensemble averages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mean {
    /// Probabilities at temperature 1: a mixture.
    Probabilities,
    /// Logits: of classes the geometric mean of probabilities, scaled back to a sum of 1; of labels that of the odds.
    Logits,
    /// Numbers.
    Values,
}

const PROBABILITIES: &str = "probabilities";
const LOGITS: &str = "logits";
const VALUES: &str = "values";

impl Mean {
    /// Reads what is averaged; of numbers there is one choice.
    pub(crate) fn read(section: &mut Section<'_>, task: Task) -> Result<Self, OptionError> {
        let choices: &[&str] = match task {
            Task::Classes | Task::Labels => &[PROBABILITIES, LOGITS],
            Task::Numbers => &[VALUES],
        };
        let usual = choices.first().copied().unwrap_or(PROBABILITIES);
        Ok(match section.choice(MEAN, usual, choices)?.as_str() {
            LOGITS => Self::Logits,
            VALUES => Self::Values,
            _ => Self::Probabilities,
        })
    }

    /// What is averaged, in the words of a recipe.
    pub fn name(self) -> &'static str {
        match self {
            Self::Probabilities => PROBABILITIES,
            Self::Logits => LOGITS,
            Self::Values => VALUES,
        }
    }

    /// The mean of what members say about one sample, each with its weight; the weights sum to 1. Sums are in float64.
    pub(crate) fn of(self, task: Task, said: &[(&[f32], f64)]) -> Vec<f32> {
        let outputs = said.first().map_or(0, |(row, _)| row.len());
        match (self, task) {
            (Self::Probabilities, Task::Classes) => {
                let sums = sums(outputs, said, exponentials);
                sums.into_iter().map(logarithm).map(|logit| logit as f32).collect()
            }
            (Self::Probabilities, Task::Labels) => {
                let applies = sums(outputs, said, |row| sigmoids(row, 1.0));
                let not = sums(outputs, said, |row| sigmoids(row, -1.0));
                let logits = applies.into_iter().zip(not);
                logits.map(|(yes, no)| (logarithm(yes) - logarithm(no)) as f32).collect()
            }
            (Self::Probabilities, Task::Numbers) | (Self::Logits | Self::Values, _) => {
                let sums = sums(outputs, said, |row| row.iter().copied().map(f64::from).collect());
                sums.into_iter().map(|sum| sum as f32).collect()
            }
        }
    }
}

/// The weighed sum of something that is made of each member's row.
fn sums(outputs: usize, said: &[(&[f32], f64)], made: impl Fn(&[f32]) -> Vec<f64>) -> Vec<f64> {
    let mut sums = vec![0.0; outputs];
    for (row, weight) in said {
        for (sum, value) in sums.iter_mut().zip(made(row)) {
            *sum += weight * value;
        }
    }
    sums
}

/// The softmax.
fn exponentials(row: &[f32]) -> Vec<f64> {
    let largest = f64::from(row.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let powers = row.iter().map(|&logit| (f64::from(logit) - largest).exp());
    let total: f64 = powers.clone().sum();
    powers.map(|power| power / total).collect()
}

/// The probability of each label, or with a `sign` of -1 that it does not apply.
fn sigmoids(row: &[f32], sign: f64) -> Vec<f64> {
    row.iter().map(|&logit| 1.0 / (1.0 + (-sign * f64::from(logit)).exp())).collect()
}

/// The logarithm of a mean probability. A 0, which only members that are all surer than double precision can say
/// give, becomes the smallest number above 0.
fn logarithm(probability: f64) -> f64 {
    probability.max(f64::MIN_POSITIVE).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_near(found: &[f32], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 1e-6, "{found} {expected}");
        }
    }

    /// Odds of 3 to 1 and of 1 to 3 with weights of 3/4 and 1/4 are a probability of 5/8, odds of 5 to 3.
    #[test]
    fn labels_have_the_mean_of_their_probabilities_or_of_the_logarithms_of_their_odds() {
        let three = 3_f32.ln();
        let said: [(&[f32], f64); 2] = [(&[three, 0.0], 0.75), (&[-three, 0.0], 0.25)];
        let probabilities = Mean::Probabilities.of(Task::Labels, &said);
        assert_near(&probabilities, &[(5.0_f64 / 3.0).ln(), 0.0]);
        assert_near(&Mean::Logits.of(Task::Labels, &said), &[0.5 * 3.0_f64.ln(), 0.0]);
        // Members that are surer than a probability can be written agree in logits.
        let sure: [(&[f32], f64); 2] = [(&[60.0], 0.5), (&[60.0], 0.5)];
        assert_near(&Mean::Probabilities.of(Task::Labels, &sure), &[60.0]);
    }

    #[test]
    fn numbers_have_their_mean() {
        let said: [(&[f32], f64); 2] = [(&[1.0, -2.0], 0.25), (&[3.0, 2.0], 0.75)];
        assert_near(&Mean::Values.of(Task::Numbers, &said), &[2.5, 1.0]);
    }
}
