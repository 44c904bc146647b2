//! The metrics of one classifier on one labelled set of samples.

use serde::{Deserialize, Serialize};

use crate::calibration::{Bin, expected_calibration_error, reliability};
use crate::{EvalError, Predictions};

/// Most classes that are measured: the confusion matrix then takes 800 MB.
pub const MAX_CLASSES: usize = 10_000;

/// How well the predictions fit the labels. All shares are in `[0, 1]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Number of samples, at least 1.
    pub samples: u64,
    /// Share of samples whose most probable class is the label.
    pub accuracy: f64,
    /// Mean negative log-likelihood of the labels, in nats.
    pub nll: f64,
    /// Mean over samples of the squared distance between the probabilities and the one-hot label,
    /// summed over classes; in `[0, 2]` (Brier, "Verification of Forecasts Expressed in Terms of
    /// Probability", 1950, equation 2).
    pub brier: f64,
    /// Expected calibration error of the top probability over [`BINS`](crate::BINS) equal-width
    /// bins (Guo et al. 2017, equation 3).
    pub ece: f64,
    /// Number of samples by label (row) and most probable class (column).
    pub confusion: Vec<Vec<u64>>,
    /// The bins behind [`Metrics::ece`], lowest first.
    pub reliability: Vec<Bin>,
    /// Share of each class's samples that are right; `None` for a class without samples.
    pub per_class_accuracy: Vec<Option<f64>>,
}

impl Metrics {
    /// Measures predictions against labels, one a sample, numbered from 0.
    ///
    /// # Errors
    /// Not one label a sample, a label that is no class, or more than [`MAX_CLASSES`] classes.
    pub fn measure(predictions: &Predictions, labels: &[u32]) -> Result<Self, EvalError> {
        check(predictions, labels)?;
        let samples = labels.len() as f64;
        let confusion = confusion(predictions, labels);
        let right: u64 =
            confusion.iter().enumerate().filter_map(|(class, row)| row.get(class)).sum();
        let reliability = reliability(predictions, labels);
        Ok(Self {
            samples: labels.len() as u64,
            accuracy: right as f64 / samples,
            nll: total(predictions, labels, negative_log_likelihood) / samples,
            brier: total(predictions, labels, brier) / samples,
            ece: expected_calibration_error(&reliability),
            per_class_accuracy: per_class_accuracy(&confusion),
            confusion,
            reliability,
        })
    }
}

fn check(predictions: &Predictions, labels: &[u32]) -> Result<(), EvalError> {
    let classes = predictions.classes();
    if classes > MAX_CLASSES {
        return Err(EvalError::TooManyClasses { limit: MAX_CLASSES, found: classes });
    }
    predictions.check_label_count(labels)?;
    let outside = |&(_, &label): &(usize, &u32)| label as usize >= classes;
    match labels.iter().enumerate().find(outside) {
        Some((sample, &label)) => Err(EvalError::LabelOutOfRange { sample, label, classes }),
        None => Ok(()),
    }
}

fn total(predictions: &Predictions, labels: &[u32], of: fn(&[f64], usize) -> f64) -> f64 {
    predictions.rows().zip(labels).map(|(row, &label)| of(row, label as usize)).sum()
}

fn negative_log_likelihood(row: &[f64], label: usize) -> f64 {
    row.get(label).map_or(0.0, |log_probability| -log_probability)
}

fn brier(row: &[f64], label: usize) -> f64 {
    let square = |(class, &log_probability): (usize, &f64)| {
        // 1 - p through expm1, which keeps its digits where p is nearly 1.
        let distance =
            if class == label { libm::expm1(log_probability) } else { libm::exp(log_probability) };
        distance * distance
    };
    row.iter().enumerate().map(square).sum()
}

fn confusion(predictions: &Predictions, labels: &[u32]) -> Vec<Vec<u64>> {
    let classes = predictions.classes();
    let mut counts = vec![vec![0; classes]; classes];
    for (&top, &label) in predictions.most_probable().iter().zip(labels) {
        if let Some(count) = counts.get_mut(label as usize).and_then(|row| row.get_mut(top)) {
            *count += 1;
        }
    }
    counts
}

fn per_class_accuracy(confusion: &[Vec<u64>]) -> Vec<Option<f64>> {
    let share = |(class, row): (usize, &Vec<u64>)| {
        let samples: u64 = row.iter().sum();
        let right = row.get(class).copied().unwrap_or(0);
        (samples > 0).then(|| right as f64 / samples as f64)
    };
    confusion.iter().enumerate().map(share).collect()
}
