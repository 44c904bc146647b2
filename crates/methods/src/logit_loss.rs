//! A loss as a plain function of logits, for training without a tape.

use ops::memory::Buffer;

use crate::cross_entropy::check_labels;
use crate::{Labels, MethodError};

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

    /// The labels, checked to be one a sample, each below the number of classes.
    ///
    /// # Errors
    /// [`MethodError::LabelCount`] or [`MethodError::LabelRange`].
    pub fn labels(&self) -> Result<Labels<'a>, MethodError> {
        for share in self.labels.shares() {
            check_labels(share, [self.rows(), self.classes])?;
        }
        Ok(self.labels)
    }

    fn rows(&self) -> usize {
        self.student.len().checked_div(self.classes).unwrap_or_default()
    }
}

/// One term of a loss as a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    /// As in [`Part`](crate::Part).
    pub name: &'static str,
    /// The factor of the term in the sum that is minimised.
    pub weight: f64,
    /// The term before its weight.
    pub value: f64,
}

/// The terms of a loss, and the gradient of their weighted sum.
pub struct TermSum<'a> {
    terms: Vec<Term>,
    gradient: &'a mut [f32],
    share: &'a dyn Fn(&str) -> f64,
}

impl<'a> TermSum<'a> {
    /// No term yet; `gradient` is where that of the student's logits will be.
    pub fn new(gradient: &'a mut [f32]) -> Self {
        Self::sharing(gradient, &|_| 1.0)
    }

    /// As [`new`](Self::new), for a batch that is a part of a larger one: `share` tells how much of
    /// it each term is, by name. The gradient has it as a further factor, the values do not.
    pub fn sharing(gradient: &'a mut [f32], share: &'a dyn Fn(&str) -> f64) -> Self {
        gradient.fill(0.0);
        Self { terms: Vec::with_capacity(2), gradient, share }
    }

    /// Adds a term: `function` fills the slice with the term's gradient and gives its value.
    pub fn add(
        &mut self,
        name: &'static str,
        weight: f64,
        function: impl FnOnce(&mut [f32]) -> f64,
    ) {
        let mut own = Buffer::exact(self.gradient.len());
        let value = function(&mut own);
        let factor = (weight * (self.share)(name)) as f32;
        for (sum, own) in self.gradient.iter_mut().zip(own.iter()) {
            *sum += factor * own;
        }
        self.terms.push(Term { name, weight, value });
    }

    /// The terms in the order in which they were added.
    pub fn terms(self) -> Vec<Term> {
        self.terms
    }
}

impl std::fmt::Debug for TermSum<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("TermSum").field("terms", &self.terms).finish_non_exhaustive()
    }
}
