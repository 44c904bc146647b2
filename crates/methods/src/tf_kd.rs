//! Distillation without a teacher.

use std::sync::Arc;

use ops::Level;
use ops::softened::{MadeUp, divergence_from_made_up};
use options::{Key, OptionError, Section};

use crate::softened::read_temperature;
use crate::{LogitBatch, LogitLoss, LogitMethod, Method, MethodError, TermSum};

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
/// One softmax of the logits; no parameters. Samples without a label teach nothing. The teacher of a recipe is trained
/// all the same, to be shown beside the student.
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

    /// How far the hand-made teacher's logit of the label is above the others.
    fn above(&self, classes: usize) -> f64 {
        let others = libm::log1p(-self.certainty) - libm::log(classes.saturating_sub(1) as f64);
        libm::log(self.certainty) - others
    }
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
        let shares = batch.class_labels()?.shares().map(|part| {
            let count = part.classes.iter().flatten().count().max(1);
            (part.classes, part.share / count as f64)
        });
        let shares: Vec<_> = shares.collect();
        let made_up = MadeUp { above: self.above(batch.classes), shares: &shares };
        let shape = (batch.classes, self.temperature);
        sum.add(TERM, 1.0, |gradient| {
            divergence_from_made_up(Level::best(), batch.student, shape, made_up, gradient)
        });
        Ok(())
    }
}
