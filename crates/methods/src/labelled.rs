//! The samples of a batch that have a label, for losses that need one.

use crate::{LogitBatch, MethodError};

/// The logits of the samples with a label, one behind the other, and their classes.
#[derive(Debug)]
pub(crate) struct Labelled {
    rows: Vec<usize>,
    pub(crate) labels: Vec<usize>,
    classes: usize,
}

impl Labelled {
    /// The samples of these labels, one for each row of `batch`.
    ///
    /// # Errors
    /// [`MethodError::LabelCount`] or [`MethodError::LabelRange`].
    pub(crate) fn of(batch: &LogitBatch<'_>) -> Result<Self, MethodError> {
        let known = batch.labels()?.classes.iter().enumerate();
        let (rows, labels) =
            known.filter_map(|(row, label)| Some((row, (*label)? as usize))).unzip();
        Ok(Self { rows, labels, classes: batch.classes.max(1) })
    }

    /// The rows with a label.
    pub(crate) fn select(&self, logits: &[f32]) -> Vec<f32> {
        if self.rows.len() * self.classes == logits.len() {
            return logits.to_vec();
        }
        let row = |&row: &usize| logits.chunks_exact(self.classes).nth(row).unwrap_or_default();
        self.rows.iter().flat_map(row).copied().collect()
    }

    /// Runs `loss`, which fills the gradient of the selected rows, and puts that where they came from;
    /// 0 elsewhere. Without any label the loss is exactly 0.
    pub(crate) fn scatter(
        &self,
        gradient: &mut [f32],
        loss: impl FnOnce(&mut [f32]) -> f64,
    ) -> f64 {
        if self.rows.len() * self.classes == gradient.len() {
            return loss(gradient);
        }
        gradient.fill(0.0);
        if self.rows.is_empty() {
            return 0.0;
        }
        let mut own = vec![0.0; self.rows.len() * self.classes];
        let value = loss(&mut own);
        let mut rows = gradient.chunks_exact_mut(self.classes).enumerate();
        for (&wanted, own) in self.rows.iter().zip(own.chunks_exact(self.classes)) {
            if let Some((_, row)) = rows.find(|(row, _)| *row == wanted) {
                row.copy_from_slice(own);
            }
        }
        value
    }

    /// The same logits without that of each sample's label, `[samples, classes - 1]`.
    pub(crate) fn others(&self, selected: &[f32]) -> Vec<f32> {
        let mut others = Vec::with_capacity(selected.len());
        for (row, &label) in selected.chunks_exact(self.classes).zip(&self.labels) {
            let (before, after) = row.split_at(label.min(row.len()));
            others.extend(before.iter().chain(after.iter().skip(1)));
        }
        others
    }
}

/// Puts 0 at the label between numbers of the other classes.
pub(crate) fn with_label(others: &[f32], label: usize, row: &mut [f32]) {
    let (before, after) = others.split_at(label.min(others.len()));
    for (to, from) in row.iter_mut().zip(before.iter().chain(&[0.0]).chain(after)) {
        *to = *from;
    }
}
