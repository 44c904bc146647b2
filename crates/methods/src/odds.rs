//! How sure a side is of the label.

use ops::decoupled::Labelled;
use ops::exponential::{exp_of_negative, ln};

use crate::{LogitBatch, MethodError};

/// The probabilities of the label and of all other classes together, and their logarithms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    pub(crate) label: f64,
    pub(crate) others: f64,
    pub(crate) log_label: f64,
    pub(crate) log_others: f64,
}

impl Pair {
    /// By the logarithm of the one over the other.
    #[inline(always)]
    pub(crate) fn of(odds: f64) -> Self {
        let less = exp_of_negative(-odds.abs());
        let (total, log) = (1.0 + less, ln(1.0 + less));
        let (more, less) = (1.0 / total, less / total);
        let likely = odds > 0.0;
        let (label, others) = if likely { (more, less) } else { (less, more) };
        let (below, above) = if likely { (0.0, -odds) } else { (odds, 0.0) };
        Self { label, others, log_label: below - log, log_others: above - log }
    }
}

/// Student and teacher with the labels of a batch.
///
/// # Errors
/// [`MethodError::LabelCount`] or [`MethodError::LabelRange`].
pub(crate) fn labelled<'a>(
    batch: &LogitBatch<'a>,
    teacher: &'a [f32],
    temperature: f64,
) -> Result<Labelled<'a>, MethodError> {
    let (labels, classes) = (batch.class_labels()?.classes, batch.classes);
    Ok(Labelled { logits: [batch.student, teacher], labels, classes, temperature })
}
