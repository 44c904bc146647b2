//! A function of logits on a tape.

use ops::memory::Buffer;
use tensors::{HostNumbers, known_gradient};

use crate::own_numbers::OwnNumbers;
use crate::{LogitBatch, LogitLoss, MethodError, OwnParameters, Part, Signals, Term, TermSum};

/// The parts of a method that is a function of logits: on the tape of the student's logits, each with
/// the gradient that it found together with its value.
///
/// # Errors
/// [`MethodError`] when the signals do not belong together.
pub fn logit_parts(loss: &dyn LogitLoss, signals: &Signals<'_>) -> Result<Vec<Part>, MethodError> {
    logit_parts_with(loss, signals, &OwnParameters::new())
}

/// As [`logit_parts`] of a method with parameters of its own, on their tape as well.
///
/// # Errors
/// As [`logit_parts`].
pub fn logit_parts_with(
    loss: &dyn LogitLoss,
    signals: &Signals<'_>,
    parameters: &OwnParameters,
) -> Result<Vec<Part>, MethodError> {
    let logits = signals.student.for_teacher();
    let [_, classes] = logits.dims();
    let student = HostNumbers::of(logits);
    let teacher = signals.teacher.map(|teacher| teacher.logits());
    let teacher = teacher.map(|logits| (HostNumbers::of(&logits), logits.dims()));
    let teacher = teacher.as_ref().map(|(numbers, dims)| (&**numbers, *dims));
    let numbers = parameters.iter().map(|(name, tensor)| (name.as_str(), HostNumbers::of(tensor)));
    let numbers: Vec<_> = numbers.collect();
    let own: OwnNumbers<'_> = numbers.iter().map(|(name, values)| (*name, &**values)).collect();
    let labels = signals.labels;
    let batch = LogitBatch { student: &student, teacher, labels, classes, own: &own };
    let mut sum = TermSum::apart(student.len());
    loss.terms(&batch, &mut sum)?;
    let (terms, gradients, of_own) = sum.each();
    let part = |(place, (term, gradient)): (usize, (Term, Buffer))| {
        let mut value = known_gradient(logits, term.value, gradient.into_vec());
        for own in of_own.iter().filter(|own| own.term == place) {
            if let Some(parameter) = parameters.get(&own.parameter) {
                value = value + known_gradient(parameter, 0.0, own.values.clone());
            }
        }
        Part { name: term.name, weight: term.weight, value }
    };
    Ok(terms.into_iter().zip(gradients).enumerate().map(part).collect())
}
