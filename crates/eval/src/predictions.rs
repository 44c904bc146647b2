//! What a model said about each sample, checked once so that all that follows can trust it.

use crate::EvalError;

/// Log-probabilities of a model for a number of samples, `[samples, classes]`; at least one of each.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    classes: usize,
    log_probabilities: Vec<f64>,
    // Found on the logits: two that differ by less than the rounding of the normaliser would tie.
    top: Vec<usize>,
}

impl Predictions {
    /// Takes logits, `[samples, classes]` row by row, through a log-softmax in double precision.
    ///
    /// # Errors
    /// No class, no row, a last row that is not whole, or a logit that is not finite.
    pub fn from_logits(classes: usize, logits: &[f32]) -> Result<Self, EvalError> {
        EvalError::check_rows(classes, logits)?;
        let mut log_probabilities = Vec::with_capacity(logits.len());
        let mut top = Vec::with_capacity(logits.len() / classes);
        for row in logits.chunks_exact(classes) {
            let (best, largest) = first_largest(row);
            top.push(best);
            push_log_softmax(row, f64::from(largest), &mut log_probabilities);
        }
        Ok(Self { classes, log_probabilities, top })
    }

    /// Number of classes, at least 1.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Number of samples, at least 1.
    pub fn samples(&self) -> usize {
        self.top.len()
    }

    /// The class with the largest logit, the lowest such class where several tie; `None` past the
    /// last sample.
    pub fn argmax(&self, sample: usize) -> Option<usize> {
        self.top.get(sample).copied()
    }

    /// The most probable class of every sample, in order; see [`Predictions::argmax`].
    pub fn most_probable(&self) -> &[usize] {
        &self.top
    }

    /// The log-probabilities (natural logarithm) of every sample, in order; each row has
    /// [`Predictions::classes`] numbers.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, f64> {
        self.log_probabilities.chunks_exact(self.classes)
    }

    /// For every sample 1 where the most probable class is the label, else 0: the scores that
    /// [`paired_difference`](crate::paired_difference) compares.
    ///
    /// # Errors
    /// Not one label a sample.
    pub fn correct(&self, labels: &[u32]) -> Result<Vec<f64>, EvalError> {
        self.check_label_count(labels)?;
        let hit =
            |(&top, &label): (&usize, &u32)| f64::from(u8::from(top as u64 == u64::from(label)));
        Ok(self.top.iter().zip(labels).map(hit).collect())
    }

    /// The same samples with every row of log-probabilities made anew; the order within a row must
    /// stay.
    pub(crate) fn mapped(&self, map: impl Fn(&[f64], &mut Vec<f64>)) -> Self {
        let mut log_probabilities = Vec::with_capacity(self.log_probabilities.len());
        self.rows().for_each(|row| map(row, &mut log_probabilities));
        Self { classes: self.classes, log_probabilities, top: self.top.clone() }
    }

    pub(crate) fn check_label_count(&self, labels: &[u32]) -> Result<(), EvalError> {
        if labels.len() == self.samples() {
            Ok(())
        } else {
            Err(EvalError::LabelCount { expected: self.samples(), found: labels.len() })
        }
    }
}

fn first_largest(row: &[f32]) -> (usize, f32) {
    let mut best = (0, f32::NEG_INFINITY);
    for (class, &logit) in row.iter().enumerate() {
        if logit > best.1 {
            best = (class, logit);
        }
    }
    best
}

fn push_log_softmax(row: &[f32], largest: f64, out: &mut Vec<f64>) {
    let shifted = row.iter().map(|&logit| f64::from(logit) - largest);
    let normaliser = libm::log(shifted.clone().map(libm::exp).sum());
    out.extend(shifted.map(|logit| logit - normaliser));
}
