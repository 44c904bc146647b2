//! The metrics of a model that says numbers.

use serde::{Deserialize, Serialize};

use crate::EvalError;

/// A model's numbers for every sample, `[samples, outputs]`, in the units of the data; at least one of
/// each.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberPredictions {
    outputs: usize,
    values: Vec<f64>,
    /// What the error of each output is divided by, so that several can be added.
    units: Vec<f64>,
}

/// How well the numbers fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NumberMetrics {
    /// Number of samples, at least 1.
    pub samples: u64,
    /// Mean over samples and outputs of the absolute error: of one output in its unit, of several
    /// each divided by its standard deviation in training. What models are compared by.
    pub absolute_error: f64,
    /// Mean over samples of the sum over outputs of the squared error, each divided by its standard
    /// deviation in training first: the loss.
    pub squared_error: f64,
    /// Means over the outputs, that of R2 over those that have one; those of root mean square and absolute error have a unit only where
    /// all outputs have the same.
    pub mean: OutputMetrics,
    /// One for each output.
    pub outputs: Vec<OutputMetrics>,
}

/// How well one number fits, in its unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutputMetrics {
    /// Root mean square error.
    pub rmse: f64,
    /// Mean absolute error.
    pub mae: f64,
    /// `1 - sum of squared errors / sum of squared distances from the mean`; none where all numbers are
    /// equal.
    pub r2: Option<f64>,
}

impl NumberPredictions {
    /// Takes what a network gives for standardised targets, row by row, with mean and deviation of
    /// each output.
    ///
    /// # Errors
    /// No output, no row, a last row that is not whole, or a number that is not finite.
    pub fn from_scaled(scales: &[(f64, f64)], scaled: &[f32]) -> Result<Self, EvalError> {
        EvalError::check_rows(scales.len(), scaled)?;
        let restored = scaled.iter().zip(scales.iter().cycle());
        let values =
            restored.map(|(value, (mean, deviation))| f64::from(*value) * deviation + mean);
        let units = scales.iter().map(|(_, deviation)| *deviation).collect();
        Ok(Self { outputs: scales.len(), values: values.collect(), units })
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.values.len() / self.outputs.max(1)
    }

    /// The numbers of each sample.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, f64> {
        self.values.chunks_exact(self.outputs.max(1))
    }

    /// The standard deviation of each output in training.
    pub fn deviations(&self) -> &[f64] {
        &self.units
    }

    /// For every sample its absolute error, as in [`NumberMetrics::absolute_error`].
    ///
    /// # Errors
    /// Not as many truths as predictions.
    pub fn absolute_errors(&self, truth: &[f64]) -> Result<Vec<f64>, EvalError> {
        self.check(truth)?;
        let one = [1.0];
        let units: &[f64] = if self.outputs == 1 { &one } else { &self.units };
        let rows = self.rows().zip(truth.chunks_exact(self.outputs.max(1)));
        let error = |(said, truth): (&[f64], &[f64])| {
            let errors = said.iter().zip(truth).zip(units);
            let sum: f64 = errors.map(|((said, truth), unit)| (said - truth).abs() / unit).sum();
            sum / self.outputs.max(1) as f64
        };
        Ok(rows.map(error).collect())
    }

    /// Root mean square of the difference between two models, averaged over outputs.
    ///
    /// # Errors
    /// The two differ in samples or outputs.
    pub fn difference(&self, other: &Self) -> Result<f64, EvalError> {
        EvalError::check_shapes([self.samples(), self.outputs], [other.samples(), other.outputs])?;
        Ok(mean(&self.columns(&other.values, |metrics| metrics.rmse)))
    }

    /// Measures predictions against the numbers, `[samples, outputs]`.
    ///
    /// # Errors
    /// Not as many truths as predictions.
    pub fn measure(&self, truth: &[f64]) -> Result<NumberMetrics, EvalError> {
        let errors = self.absolute_errors(truth)?;
        let outputs = self.columns(truth, |metrics| metrics);
        let of = |value: fn(&OutputMetrics) -> f64| {
            mean(&outputs.iter().map(value).collect::<Vec<f64>>())
        };
        let known: Vec<f64> = outputs.iter().filter_map(|output| output.r2).collect();
        let squared =
            outputs.iter().zip(&self.units).map(|(output, unit)| (output.rmse / unit).powi(2));
        Ok(NumberMetrics {
            samples: self.samples() as u64,
            absolute_error: mean(&errors),
            squared_error: squared.sum(),
            mean: OutputMetrics {
                rmse: of(|output| output.rmse),
                mae: of(|output| output.mae),
                r2: (!known.is_empty()).then(|| mean(&known)),
            },
            outputs,
        })
    }

    fn columns<T>(&self, truth: &[f64], of: fn(OutputMetrics) -> T) -> Vec<T> {
        let pairs = |output: usize| {
            let column = |values: &[f64]| {
                values.iter().skip(output).step_by(self.outputs).copied().collect::<Vec<f64>>()
            };
            (column(&self.values), column(truth))
        };
        (0..self.outputs).map(|output| of(output_metrics(pairs(output)))).collect()
    }

    fn check(&self, truth: &[f64]) -> Result<(), EvalError> {
        match truth.len() == self.values.len() {
            true => Ok(()),
            false => Err(EvalError::LabelCount { expected: self.values.len(), found: truth.len() }),
        }
    }
}

fn output_metrics((said, truth): (Vec<f64>, Vec<f64>)) -> OutputMetrics {
    let errors = || said.iter().zip(&truth).map(|(said, truth)| said - truth);
    let count = truth.len().max(1) as f64;
    let squares: f64 = errors().map(|error| error * error).sum();
    let centre = mean(&truth);
    let spread: f64 = truth.iter().map(|truth| (truth - centre) * (truth - centre)).sum();
    // The mean of equal numbers is rounded, so that their spread need not be 0.
    let differ = truth.iter().zip(truth.iter().skip(1)).any(|(one, next)| one != next);
    OutputMetrics {
        rmse: libm::sqrt(squares / count),
        mae: errors().map(f64::abs).sum::<f64>() / count,
        r2: (differ && spread > 0.0).then(|| 1.0 - squares / spread),
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
