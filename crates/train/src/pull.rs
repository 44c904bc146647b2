//! How strongly each term of a loss pulls at the student.

use std::collections::BTreeMap;

use methods::{LogitBatch, LogitLoss, Method, MethodError, TermSum};
use tensors::HostNumbers;

use crate::batch::Batch;

/// What is looked at once in an epoch: the Euclidean norm of the gradient of each term of the loss, its
/// weight included, by the student's logits `[batch, classes]`; empty where the method has no teacher, or
/// is no function of logits.
///
/// The logits are those of the step, so that nothing is computed that training could notice.
///
/// # Errors
/// As the terms themselves.
pub(crate) fn pulls(
    method: &dyn Method,
    batch: &Batch,
    student: &[f32],
    (classes, smoothing): (usize, f64),
) -> Result<BTreeMap<String, f64>, MethodError> {
    let Some(loss) = method.on_logits().filter(|_| method.needs_teacher()) else {
        return Ok(BTreeMap::new());
    };
    let teacher = batch.teacher.as_ref().map(|teacher| teacher.logits());
    let teacher = teacher.map(|logits| (HostNumbers::of(&logits), logits.dims()));
    let teacher = teacher.as_ref().map(|(numbers, dims)| (&**numbers, *dims));
    let logits = LogitBatch { student, teacher, labels: batch.labels(smoothing), classes };
    let mut gradient = vec![0.0; student.len()];
    let names = differentiate(loss, &logits, &mut gradient, &|_| 1.0)?;
    let of_term = |name: &'static str| {
        let alone = |other: &str| if other == name { 1.0 } else { 0.0 };
        differentiate(loss, &logits, &mut gradient, &alone)?;
        Ok((name.to_owned(), norm(&gradient)))
    };
    names.into_iter().map(of_term).collect()
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
