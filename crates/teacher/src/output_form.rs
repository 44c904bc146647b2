//! How recorded numbers become logits.

use data::{Preprocessing, TargetScale, Task};

use crate::OutputKind;

/// What a model's outputs are and what they are taken for.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputForm {
    kind: OutputKind,
    floor: f64,
    task: Task,
    /// Of each number to learn, as the student learns it.
    scales: Vec<TargetScale>,
}

/// How far the sum of the probabilities of a row may be from 1: what numbers written with four
/// decimals reach with some ten classes.
const TOLERANCE: f64 = 1e-3;

/// What is wrong with a row: what was expected, and what was found.
pub(crate) type Unfit = (String, String);

impl OutputForm {
    /// Outputs of this kind for who learns from samples of this preprocessing; a smaller probability is taken as `floor`.
    pub fn new(kind: OutputKind, floor: f64, preprocessing: &Preprocessing) -> Self {
        let scales = preprocessing.target_scales().to_vec();
        Self { kind, floor, task: preprocessing.task(), scales }
    }

    /// In words: the kind and the floor.
    pub(crate) fn fingerprint(&self) -> String {
        format!("{} floor {:e}", self.kind.name(), self.floor)
    }

    /// Appends the logits of a row; of numbers what the student learns in their place. Gives how many probabilities
    /// were raised to the floor or, of labels, lowered to what is as far from 1.
    ///
    /// Probabilities of classes become their natural logarithms, and these, like given ones, are at least that of the
    /// floor, so that a zero is a small probability instead of an infinite logit; the softmax of the logits takes
    /// them back to a sum of 1. Those of labels become the logarithms of their odds.
    pub(crate) fn push_logits(&self, row: &[f64], logits: &mut Vec<f32>) -> Result<usize, Unfit> {
        let floor = self.floor;
        match (self.kind, self.task) {
            (OutputKind::Values, _) => {
                let scaled = row.iter().enumerate();
                let scaled = scaled.map(|(output, &value)| {
                    self.scales.get(output).map_or(value, |scale| scale.scaled(value))
                });
                push_finite(scaled, "numbers that single precision can hold when scaled", logits)
            }
            (OutputKind::Logits, _) => {
                push_finite(row.iter().copied(), "logits that single precision can hold", logits)
            }
            (OutputKind::LogProbabilities, task) => {
                check_each(row, |value| value <= TOLERANCE, "log-probabilities, at most 0")?;
                if task == Task::Labels {
                    return Ok(push_odds(row.iter().map(|value| value.exp()), floor, logits));
                }
                check_sum(row.iter().map(|value| value.exp()).sum())?;
                let floor = floor.ln();
                logits.extend(row.iter().map(|&value| value.max(floor) as f32));
                Ok(row.iter().filter(|&&value| value < floor).count())
            }
            (OutputKind::Probabilities, task) => {
                let fits = |value: f64| (0.0..=1.0 + TOLERANCE).contains(&value);
                check_each(row, fits, "probabilities from 0 to 1")?;
                if task == Task::Labels {
                    return Ok(push_odds(row.iter().copied(), floor, logits));
                }
                check_sum(row.iter().sum())?;
                logits.extend(row.iter().map(|&value| value.max(floor).ln() as f32));
                Ok(row.iter().filter(|&&value| value < floor).count())
            }
        }
    }
}

/// Appends numbers as they are.
fn push_finite(
    row: impl Iterator<Item = f64> + Clone,
    expected: &str,
    logits: &mut Vec<f32>,
) -> Result<usize, Unfit> {
    let largest = f64::from(f32::MAX);
    if let Some(found) = row.clone().find(|value| value.is_nan() || value.abs() > largest) {
        return Err((expected.to_owned(), found.to_string()));
    }
    logits.extend(row.map(|value| value as f32));
    Ok(0)
}

/// Appends the logarithms of the odds of probabilities, which are at least `floor` away from 0 and from 1.
fn push_odds(row: impl Iterator<Item = f64>, floor: f64, logits: &mut Vec<f32>) -> usize {
    let (least, most) = (floor.min(0.5), (1.0 - floor).max(0.5));
    let mut moved = 0;
    for probability in row {
        let kept = probability.clamp(least, most);
        moved += usize::from(kept != probability);
        logits.push((kept.ln() - (-kept).ln_1p()) as f32);
    }
    moved
}

fn check_each(row: &[f64], fits: impl Fn(f64) -> bool, expected: &str) -> Result<(), Unfit> {
    match row.iter().find(|value| !fits(**value)) {
        Some(found) => Err((expected.to_owned(), found.to_string())),
        None => Ok(()),
    }
}

fn check_sum(sum: f64) -> Result<(), Unfit> {
    if (sum - 1.0).abs() <= TOLERANCE {
        return Ok(());
    }
    Err((format!("probabilities that sum to 1, within {TOLERANCE}"), format!("a sum of {sum:.6}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(kind: OutputKind, task: Task, scales: &[TargetScale]) -> OutputForm {
        OutputForm { kind, floor: 1e-6, task, scales: scales.to_vec() }
    }

    fn classes(kind: OutputKind) -> OutputForm {
        form(kind, Task::Classes, &[])
    }

    fn assert_near(found: &[f32], expected: &[f32]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!(
                (found - expected).abs() <= 1e-6 * expected.abs().max(1.0),
                "{found} {expected}"
            );
        }
    }

    #[test]
    fn probabilities_become_logarithms_and_zeros_the_logarithm_of_the_floor() {
        let mut logits = Vec::new();
        let raised =
            classes(OutputKind::Probabilities).push_logits(&[0.75, 0.25, 0.0], &mut logits);
        assert_eq!(raised, Ok(1));
        // ln 0.75, ln 0.25 and ln 1e-6.
        assert_near(&logits, &[-0.287_682_07, -1.386_294_4, -13.815_511]);
    }

    #[test]
    fn log_probabilities_have_the_floor_of_the_probabilities() {
        let (mut logits, mut expected) = (Vec::new(), Vec::new());
        let kind = classes(OutputKind::LogProbabilities);
        assert_eq!(kind.push_logits(&[0.0, -20.0, f64::NEG_INFINITY], &mut logits), Ok(2));
        let kind = classes(OutputKind::Probabilities);
        assert_eq!(kind.push_logits(&[1.0, 2e-9, 0.0], &mut expected), Ok(2));
        assert_eq!(logits, expected);
    }

    /// The logarithms of 3, 1/3, 1 and 999,999, each by hand.
    #[test]
    fn probabilities_of_labels_become_the_logarithms_of_their_odds_and_need_no_sum() {
        let expected = [1.098_612_3, -1.098_612_3, 0.0, 13.815_51, -13.815_51];
        let rows: [(OutputKind, [f64; 5]); 2] = [
            (OutputKind::Probabilities, [0.75, 0.25, 0.5, 1.0, 0.0]),
            (
                OutputKind::LogProbabilities,
                [0.75_f64.ln(), 0.25_f64.ln(), 0.5_f64.ln(), 0.0, f64::NEG_INFINITY],
            ),
        ];
        for (kind, row) in rows {
            let mut logits = Vec::new();
            let moved = form(kind, Task::Labels, &[]).push_logits(&row, &mut logits);
            assert_eq!(moved, Ok(2), "{kind:?}");
            assert_near(&logits, &expected);
            let wrong = form(kind, Task::Labels, &[]).push_logits(&[1.2], &mut logits);
            assert!(wrong.is_err(), "{kind:?}");
        }
        let mut logits = Vec::new();
        let kind = form(OutputKind::Logits, Task::Labels, &[]);
        assert_eq!(kind.push_logits(&[3.0, -7.5], &mut logits), Ok(0));
        assert_eq!(logits, [3.0, -7.5]);
    }

    #[test]
    fn numbers_come_to_the_scale_that_the_student_learns() {
        let scale = |mean, deviation| TargetScale { mean, deviation };
        let form = form(OutputKind::Values, Task::Numbers, &[scale(10.0, 4.0), scale(-1.0, 0.5)]);
        let mut logits = Vec::new();
        assert_eq!(form.push_logits(&[12.0, -2.0], &mut logits), Ok(0));
        assert_eq!(logits, [0.5, -2.0]);
        assert!(form.push_logits(&[f64::NAN, 0.0], &mut logits).is_err());
        assert!(form.push_logits(&[1e300, 0.0], &mut logits).is_err());
    }

    #[test]
    fn rows_that_are_no_distribution_are_refused_with_what_was_found() {
        let refused =
            |kind: OutputKind, row: &[f64]| classes(kind).push_logits(row, &mut Vec::new());
        let (expected, found) = refused(OutputKind::Probabilities, &[0.5, 0.4]).unwrap_err();
        assert_eq!(expected, "probabilities that sum to 1, within 0.001");
        assert_eq!(found, "a sum of 0.900000");
        assert!(refused(OutputKind::Probabilities, &[1.2, -0.2]).is_err());
        assert!(refused(OutputKind::LogProbabilities, &[-0.7, -0.7, -0.7]).is_err());
        assert!(refused(OutputKind::LogProbabilities, &[0.1, -5.0]).is_err());
        assert!(refused(OutputKind::Logits, &[1e39, 0.0]).is_err());
        for kind in OutputKind::ALL {
            assert!(refused(kind, &[0.0, f64::NAN]).is_err(), "{kind:?}");
        }
        assert_eq!(refused(OutputKind::Logits, &[3.0, 0.0]), Ok(0));
    }
}
