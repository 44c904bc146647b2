//! A loss as a plain function of logits, for training without a tape.

use ops::memory::Buffer;
use tensors::{HostNumbers, known_gradient};

use crate::cross_entropy::check;
use crate::{Labels, MethodError, Part, Signals};

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

    /// The labels, checked to be one a sample, each a class or the number of targets.
    ///
    /// # Errors
    /// [`MethodError::LabelCount`], [`MethodError::LabelRange`] or [`MethodError::TargetWidth`].
    pub fn labels(&self) -> Result<Labels<'a>, MethodError> {
        check(self.labels, [self.rows(), self.classes])?;
        Ok(self.labels)
    }

    pub(crate) fn rows(&self) -> usize {
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

impl Term {
    fn weighted(self, weight: f64) -> Self {
        Self { weight: weight * self.weight, ..self }
    }
}

/// The terms of a loss, and their gradients: of the weighted sum, or of each by itself.
pub struct TermSum<'a> {
    terms: Vec<Term>,
    gradients: Gradients<'a>,
}

enum Gradients<'a> {
    /// Of the sum; each term has a further factor by its name.
    Sum { gradient: &'a mut [f32], share: &'a dyn Fn(&str) -> f64 },
    /// Of each term before its weight, so many numbers.
    Each { length: usize, found: Vec<Buffer> },
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
        Self { terms: Vec::with_capacity(2), gradients: Gradients::Sum { gradient, share } }
    }

    /// No term yet; the gradient of each term, of so many numbers, is kept by itself.
    fn apart(length: usize) -> Self {
        Self { terms: Vec::new(), gradients: Gradients::Each { length, found: Vec::new() } }
    }

    /// Adds a term: `function` fills the slice with the term's gradient and gives its value.
    pub fn add(
        &mut self,
        name: &'static str,
        weight: f64,
        function: impl FnOnce(&mut [f32]) -> f64,
    ) {
        let value = match &mut self.gradients {
            Gradients::Sum { gradient, share } if self.terms.is_empty() => {
                let value = function(gradient);
                scale(gradient, weight * share(name));
                value
            }
            Gradients::Sum { gradient, share } => {
                let mut own = Buffer::exact(gradient.len());
                let value = function(&mut own);
                add_scaled(gradient, &own, weight * share(name));
                value
            }
            Gradients::Each { length, found } => {
                let mut own = Buffer::exact(*length);
                let value = function(&mut own);
                found.push(own);
                value
            }
        };
        self.terms.push(Term { name, weight, value });
    }

    /// Adds two terms that one function knows, by their names and weights: it fills the slice with the
    /// gradient of their sum, weighted as it is told, and gives the value of each.
    pub(crate) fn add_both(
        &mut self,
        named: [(&'static str, f64); 2],
        function: impl Fn([f64; 2], &mut [f32]) -> [f64; 2],
    ) {
        let values = match &mut self.gradients {
            Gradients::Sum { gradient, share } => {
                let weights = named.map(|(name, weight)| weight * share(name));
                if self.terms.is_empty() {
                    function(weights, gradient)
                } else {
                    let mut own = Buffer::exact(gradient.len());
                    let values = function(weights, &mut own);
                    add_scaled(gradient, &own, 1.0);
                    values
                }
            }
            Gradients::Each { length, found } => {
                let mut one = |weights| {
                    let mut own = Buffer::exact(*length);
                    let values = function(weights, &mut own);
                    found.push(own);
                    values
                };
                let [first, _] = one([1.0, 0.0]);
                let [_, second] = one([0.0, 1.0]);
                [first, second]
            }
        };
        let terms = named.iter().zip(values);
        self.terms.extend(terms.map(|(&(name, weight), value)| Term { name, weight, value }));
    }

    /// Adds the terms that `run` adds to another sum, each with a further `weight`, and their
    /// gradients after `pull_back`, which must be linear.
    pub(crate) fn within(
        &mut self,
        weight: f64,
        pull_back: impl Fn(&mut [f32]),
        run: impl FnOnce(&mut TermSum<'_>) -> Result<(), MethodError>,
    ) -> Result<(), MethodError> {
        match &mut self.gradients {
            // What is first needs no memory of its own.
            Gradients::Sum { gradient, share } if self.terms.is_empty() => {
                let mut inner = TermSum::sharing(gradient, *share);
                run(&mut inner)?;
                let terms = inner.terms();
                pull_back(gradient);
                scale(gradient, weight);
                self.terms.extend(terms.into_iter().map(|term| term.weighted(weight)));
            }
            Gradients::Sum { gradient, share } => {
                let mut own = Buffer::exact(gradient.len());
                let mut inner = TermSum::sharing(&mut own, *share);
                run(&mut inner)?;
                let terms = inner.terms();
                pull_back(&mut own);
                add_scaled(gradient, &own, weight);
                self.terms.extend(terms.into_iter().map(|term| term.weighted(weight)));
            }
            Gradients::Each { length, found } => {
                let mut inner = TermSum::apart(*length);
                run(&mut inner)?;
                let (terms, gradients) = inner.each();
                self.terms.extend(terms.into_iter().map(|term| term.weighted(weight)));
                found.extend(gradients.into_iter().map(|mut own| {
                    pull_back(&mut own);
                    own
                }));
            }
        }
        Ok(())
    }

    /// The names of the terms so far.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.terms.iter().map(|term| term.name)
    }

    /// The terms in the order in which they were added.
    pub fn terms(self) -> Vec<Term> {
        self.terms
    }

    /// The terms with the gradient of each, where they are kept apart.
    fn each(self) -> (Vec<Term>, Vec<Buffer>) {
        match self.gradients {
            Gradients::Sum { .. } => (self.terms, Vec::new()),
            Gradients::Each { found, .. } => (self.terms, found),
        }
    }
}

fn scale(values: &mut [f32], factor: f64) {
    let factor = factor as f32;
    values.iter_mut().for_each(|value| *value *= factor);
}

fn add_scaled(sum: &mut [f32], values: &[f32], factor: f64) {
    let factor = factor as f32;
    for (sum, value) in sum.iter_mut().zip(values) {
        *sum += factor * value;
    }
}

/// The parts of a method that is a function of logits: on the tape of the student's logits, each with
/// the gradient that it found together with its value.
///
/// # Errors
/// [`MethodError`] when the signals do not belong together.
pub fn logit_parts(loss: &dyn LogitLoss, signals: &Signals<'_>) -> Result<Vec<Part>, MethodError> {
    let logits = signals.student.for_teacher();
    let [_, classes] = logits.dims();
    let student = HostNumbers::of(logits);
    let teacher = signals.teacher.map(|teacher| teacher.logits());
    let teacher = teacher.map(|logits| (HostNumbers::of(&logits), logits.dims()));
    let teacher = teacher.as_ref().map(|(numbers, dims)| (&**numbers, *dims));
    let batch = LogitBatch { student: &student, teacher, labels: signals.labels, classes };
    let mut sum = TermSum::apart(student.len());
    loss.terms(&batch, &mut sum)?;
    let (terms, gradients) = sum.each();
    let part = |(term, gradient): (Term, Buffer)| {
        let value = known_gradient(logits, term.value, gradient.into_vec());
        Part { name: term.name, weight: term.weight, value }
    };
    Ok(terms.into_iter().zip(gradients).map(part).collect())
}

impl std::fmt::Debug for TermSum<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("TermSum").field("terms", &self.terms).finish_non_exhaustive()
    }
}
