//! A loss as a plain function of logits, for training without a tape.

use crate::cross_entropy::{check, check_labels};
use crate::{Labels, MethodError, OwnNumbers, TermSum};

/// A loss that is a function of logits alone and knows its own gradient, so that a network of dense
/// layers can be trained without a tape. It is the same function as the parts of its method.
pub trait LogitLoss: Send + Sync + std::fmt::Debug {
    /// Adds the terms of the loss to `sum`, as [`Method::parts`](crate::Method::parts) has them.
    ///
    /// # Errors
    /// [`MethodError`] when the logits do not belong together.
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError>;
}

/// Logits of a batch and what is known about the same samples, row by row.
#[derive(Clone, Copy, Debug)]
pub struct LogitBatch<'a> {
    /// The student's, `[batch, classes]`.
    pub student: &'a [f32],
    /// The teacher's, with the sizes of its axes; `None` where nobody asked it.
    pub teacher: Option<(&'a [f32], [usize; 2])>,
    /// The classes of the samples, where they are known.
    pub labels: Labels<'a>,
    /// Classes of the student.
    pub classes: usize,
    /// The method's own parameters; none where it has none, or is to be as it begins.
    pub own: &'a OwnNumbers<'a>,
}

impl<'a> LogitBatch<'a> {
    /// The teacher's logits, checked to be as many as the student's; `method` is who asks.
    ///
    /// # Errors
    /// [`MethodError::MissingTeacher`] or [`MethodError::TeacherShape`].
    pub fn teacher(&self, method: &'static str) -> Result<&'a [f32], MethodError> {
        let (teacher, found) = self.teacher.ok_or(MethodError::MissingTeacher { method })?;
        let expected = [self.rows(), self.classes];
        if found != expected {
            return Err(MethodError::TeacherShape { expected, found });
        }
        Ok(teacher)
    }

    /// The labels, checked to be one a sample, each a class or the number of targets.
    ///
    /// # Errors
    /// [`MethodError::LabelCount`], [`MethodError::LabelRange`] or [`MethodError::TargetWidth`].
    pub fn labels(&self) -> Result<Labels<'a>, MethodError> {
        check(self.labels, [self.rows(), self.classes])?;
        Ok(self.labels)
    }

    /// The labels, checked to be one a sample, each a class.
    ///
    /// # Errors
    /// [`MethodError::LabelCount`] or [`MethodError::LabelRange`].
    pub(crate) fn class_labels(&self) -> Result<Labels<'a>, MethodError> {
        let shape = [self.rows(), self.classes];
        self.labels.shares().try_for_each(|share| check_labels(share, shape))?;
        Ok(self.labels)
    }

    pub(crate) fn rows(&self) -> usize {
        self.student.len().checked_div(self.classes).unwrap_or_default()
    }
}
