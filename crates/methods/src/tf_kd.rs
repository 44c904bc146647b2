//! Distillation without a teacher.

use std::sync::Arc;

use options::{Key, OptionError, Section};

use crate::labelled::Labelled;
use crate::softened::{Row, mean_over_samples, read_temperature};
use crate::{Labels, LogitBatch, LogitLoss, LogitMethod, Method, MethodError, TermSum};

/// Distillation without a teacher: Yuan, Tay, Li, Wang and Feng, "Revisiting Knowledge Distillation via
/// Label Smoothing Regularization" (2020), section 5, equation 11 (Tf-KD with a hand-made teacher).
///
/// # What it does
/// `kd` from a teacher that is no network: it gives the label the probability `certainty` and the other
/// classes the rest in equal shares. It is a label smoothing whose strength depends on the temperature.
///
/// # When to use it
/// As a measure of how much of a gain comes from soft labels as such and not from what the teacher knows.
/// The paper's other form, Tf-KD with itself as teacher, is `kd` from a teacher of the student's own
/// architecture: give `[teacher]` and `[student]` the same model.
///
/// # Formula
/// `T^2 mean_j KL(d_j || q_j)`
///
/// `q` is the student's softmax at temperature `T`, `d` the softmax of the logarithms of the hand-made
/// probabilities divided by `T`; `j` runs over the samples with a label. That is the paper's formula. The
/// authors' code takes the softmax of the probabilities themselves divided by `T`, which at the paper's `T`
/// of 20 is uniform but for the third digit.
///
/// # Options
/// `temperature` (default 20), `certainty` (a in the paper; default 0.99).
///
/// # Cost
/// Two softmaxes of the logits; no parameters. Samples without a label teach nothing.
///
/// # Example
/// ```toml
/// [distill]
/// method = "tf-kd"
/// certainty = 0.95
/// alpha = 0.5
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TfKd {
    /// `T`, above 0.
    pub temperature: f64,
    /// Probability of the label, above a half and below 1.
    pub certainty: f64,
}

impl Default for TfKd {
    fn default() -> Self {
        Self { temperature: 20.0, certainty: 0.99 }
    }
}

impl TfKd {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let default = Self::default();
        let certainty = Key("certainty", "probability that the made-up teacher gives the label");
        Ok(Arc::new(Self {
            temperature: read_temperature(section, default.temperature)?,
            certainty: section.number(certainty, default.certainty, 0.501..=0.9999)?,
        }))
    }

    /// The logits of the hand-made teacher.
    fn teacher(&self, labels: &[usize], classes: usize) -> Vec<f32> {
        let others = libm::log1p(-self.certainty) - libm::log(classes.saturating_sub(1) as f64);
        // Relative to the other classes.
        let at_label = (libm::log(self.certainty) - others) as f32;
        let mut logits = vec![0.0; labels.len() * classes];
        for (row, &label) in logits.chunks_exact_mut(classes.max(1)).zip(labels) {
            if let Some(logit) = row.get_mut(label) {
                *logit = at_label;
            }
        }
        logits
    }

    fn loss(&self, batch: &LogitBatch<'_>, labelled: &Labelled, gradient: &mut [f32]) -> f64 {
        let student = labelled.select(batch.student);
        let teacher = self.teacher(&labelled.labels, batch.classes);
        let logits = [student.as_slice(), teacher.as_slice()];
        labelled.scatter(gradient, |gradient| {
            mean_over_samples(logits, batch.classes, self.temperature, gradient, divergence)
        })
    }
}

/// The divergence of the student from the teacher, `sum p (log p - log q)`, and its slopes `-p`. In `f64`: the
/// square of a high temperature stands before a small difference.
fn divergence(_: usize, student: Row<'_>, teacher: Row<'_>, slopes: &mut [f64]) -> f64 {
    let logs = teacher.log.iter().zip(student.log);
    let mut sum = 0.0;
    for ((slope, p), (log_p, log_q)) in slopes.iter_mut().zip(teacher.probability).zip(logs) {
        *slope = -p;
        sum += p * (log_p - log_q);
    }
    sum
}

const TERM: &str = "made-up";

impl LogitMethod for TfKd {
    const NAME: &'static str = "tf-kd";
    const LABELLED_TERMS: &'static [&'static str] = &[TERM];
    const NEEDS_TEACHER: bool = false;

    fn temperature_mut(&mut self) -> Option<&mut f64> {
        Some(&mut self.temperature)
    }
}

impl LogitLoss for TfKd {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        // In a mixed batch both labels count by their shares.
        let shares = batch.labels()?.shares().map(|part| {
            let own = LogitBatch { labels: Labels::from(part.classes), ..*batch };
            Ok((Labelled::of(&own)?, part.share))
        });
        let shares = shares.collect::<Result<Vec<_>, MethodError>>()?;
        sum.add(TERM, 1.0, |gradient| {
            if let [(labelled, _)] = shares.as_slice() {
                return self.loss(batch, labelled, gradient);
            }
            gradient.fill(0.0);
            let mut own = vec![0.0; gradient.len()];
            let mut value = 0.0;
            for (labelled, share) in &shares {
                value += share * self.loss(batch, labelled, &mut own);
                let pairs = gradient.iter_mut().zip(&own);
                pairs.for_each(|(sum, own)| *sum += *share as f32 * own);
            }
            value
        });
        Ok(())
    }
}
