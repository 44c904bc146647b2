//! How strongly each term of a loss pulls at the student.

use std::collections::BTreeMap;

use methods::{LogitBatch, LogitLoss, Method, MethodError, OwnNumbers, TermSum};
use nn::Output;
use tensors::{HostNumbers, copied};

use crate::batch::Batch;

/// Looks once in an epoch at the gradient of each term of a loss, from the logits of a step, so that nothing
/// is computed that training could notice.
#[derive(Debug)]
pub(crate) struct Pull {
    /// Classes of the student.
    classes: usize,
    /// Of the labels.
    smoothing: f64,
    /// Whether the next batch is looked at.
    wanted: bool,
    norms: BTreeMap<String, f64>,
}

impl Pull {
    pub(crate) fn new(classes: usize, smoothing: f64) -> Self {
        Self { classes, smoothing, wanted: false, norms: BTreeMap::new() }
    }

    /// Before a step: its first batch is looked at where it ends an epoch of learning from a teacher.
    pub(crate) fn begin(&mut self, method: &dyn Method, step: u64, steps_per_epoch: u64) {
        self.wanted = method.needs_teacher() && step.is_multiple_of(steps_per_epoch);
    }

    /// As [`look`](Self::look), at a network's output with its tape; not where it has two heads, each of
    /// which has a gradient of its own.
    pub(crate) fn look_at(
        &mut self,
        loss: Option<(&dyn LogitLoss, OwnNumbers<'_>)>,
        batch: &Batch,
        output: &Output,
    ) -> Result<(), MethodError> {
        if !self.wanted || output.has_two_heads() {
            return Ok(());
        }
        self.look(loss, batch, &copied(&output.logits.clone().without_autodiff()))
    }

    /// Notes the Euclidean norm of the gradient of each term, its weight included, by the student's logits,
    /// `[batch, classes]`; nothing for a loss that is no function of logits. A loss has the
    /// method's own parameters beside it.
    ///
    /// # Errors
    /// As the terms themselves.
    pub(crate) fn look(
        &mut self,
        loss: Option<(&dyn LogitLoss, OwnNumbers<'_>)>,
        batch: &Batch,
        student: &[f32],
    ) -> Result<(), MethodError> {
        let wanted = std::mem::take(&mut self.wanted);
        let Some((loss, own)) = loss.filter(|_| wanted) else { return Ok(()) };
        let teacher = batch.teacher.as_ref().map(|teacher| teacher.logits());
        let teacher = teacher.map(|logits| (HostNumbers::of(&logits), logits.dims()));
        let teacher = teacher.as_ref().map(|(numbers, dims)| (&**numbers, *dims));
        let logits = LogitBatch {
            student,
            teacher,
            labels: batch.labels(self.smoothing),
            classes: self.classes,
            own: &own,
        };
        let mut gradient = vec![0.0; student.len()];
        for name in differentiate(loss, &logits, &mut gradient, &|_| 1.0)? {
            let alone = |other: &str| if other == name { 1.0 } else { 0.0 };
            differentiate(loss, &logits, &mut gradient, &alone)?;
            self.norms.insert(name.to_owned(), norm(&gradient));
        }
        Ok(())
    }

    /// What was noted since the last time.
    pub(crate) fn take(&mut self) -> BTreeMap<String, f64> {
        std::mem::take(&mut self.norms)
    }
}

/// Fills the gradient of the terms that `share` lets through, and gives the names of all.
fn differentiate(
    loss: &dyn LogitLoss,
    logits: &LogitBatch<'_>,
    gradient: &mut [f32],
    share: &dyn Fn(&str) -> f64,
) -> Result<Vec<&'static str>, MethodError> {
    let mut sum = TermSum::sharing(gradient, share);
    loss.terms(logits, &mut sum)?;
    Ok(sum.terms().iter().map(|term| term.name).collect())
}

fn norm(values: &[f32]) -> f64 {
    values.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt()
}
