//! A term that compares each output with the teacher's, and the label term.

use crate::cross_entropy::{LABEL_TERM, label_term};
use crate::row_loss::{mean_loss, on_tape};
use crate::{LogitBatch, MethodError, Part, Signals, TermSum, label_loss};
use tensors::HostNumbers;

/// `alpha` times the mean over samples of the sum over outputs of `of`, plus `1 - alpha` times the label
/// term. `of` gives value and slope for an output of the student and the teacher's.
pub(crate) struct Blend<F> {
    /// Who asks, for errors.
    pub(crate) method: &'static str,
    /// What the term of the teacher is called.
    pub(crate) term: &'static str,
    pub(crate) alpha: f64,
    pub(crate) of: F,
}

impl<F: Fn(f64, f64) -> (f64, f64)> Blend<F> {
    pub(crate) fn parts(&self, signals: &Signals<'_>) -> Result<Vec<Part>, MethodError> {
        let student = &signals.student.logits;
        let mut parts = Vec::with_capacity(2);
        if self.alpha > 0.0 {
            let teacher = signals.teacher(self.method)?.logits();
            let teacher = HostNumbers::of(&teacher);
            let [_, outputs] = student.dims();
            let value = on_tape(student, |student, gradient| {
                self.teacher_loss(student, &teacher, outputs, gradient)
            });
            parts.push(Part { name: self.term, weight: self.alpha, value });
        }
        if self.alpha < 1.0 {
            let value = label_loss(student, signals.labels)?;
            parts.push(Part { name: LABEL_TERM, weight: 1.0 - self.alpha, value });
        }
        Ok(parts)
    }

    pub(crate) fn terms(
        &self,
        batch: &LogitBatch<'_>,
        sum: &mut TermSum<'_>,
    ) -> Result<(), MethodError> {
        let LogitBatch { student, classes, .. } = *batch;
        if self.alpha > 0.0 {
            let teacher = batch.teacher(self.method)?;
            sum.add(self.term, self.alpha, |gradient| {
                self.teacher_loss(student, teacher, classes, gradient)
            });
        }
        if self.alpha < 1.0 {
            label_term(1.0 - self.alpha, batch, sum)?;
        }
        Ok(())
    }

    fn teacher_loss(
        &self,
        student: &[f32],
        teacher: &[f32],
        outputs: usize,
        gradient: &mut [f32],
    ) -> f64 {
        let rows = teacher.chunks_exact(outputs.max(1)).map(Some);
        mean_loss(student, outputs, rows, &[], &self.of, gradient)
    }
}
