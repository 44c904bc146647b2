//! What a method sees of one batch.

use burn::tensor::Tensor;
use nn::{Output, Taps};

use crate::{Labels, MethodError};

/// What student, teacher and data say about the same samples in the same order.
#[derive(Clone, Copy, Debug)]
pub struct Signals<'a> {
    /// The student's logits and taps, with their tape.
    pub student: &'a Output,
    /// What the teacher said, without a tape; `None` where nobody asked it.
    pub teacher: Option<&'a TeacherOutput>,
    /// The classes of the samples, where they are known.
    pub labels: Labels<'a>,
}

impl<'a> Signals<'a> {
    /// What the teacher said, checked to be about as many samples and classes as the student's
    /// logits; `method` is who asks.
    ///
    /// # Errors
    /// [`MethodError::MissingTeacher`] or [`MethodError::TeacherShape`].
    pub fn teacher(&self, method: &'static str) -> Result<&'a TeacherOutput, MethodError> {
        let teacher = self.teacher.ok_or(MethodError::MissingTeacher { method })?;
        let (expected, found) = (self.student.logits.dims(), teacher.logits.dims());
        if found != expected {
            return Err(MethodError::TeacherShape { expected, found });
        }
        Ok(teacher)
    }
}

/// What a teacher said about a batch, as constants.
///
/// The association with automatic differentiation is dropped when the value is made, so no loss can
/// send a gradient to the teacher.
#[derive(Clone, Debug)]
pub struct TeacherOutput {
    logits: Tensor<2>,
    taps: Taps,
    rows: Vec<usize>,
}

impl TeacherOutput {
    /// Takes the teacher's logits at temperature 1, `[batch, classes]`, without their tape.
    pub fn new(logits: Tensor<2>) -> Self {
        Self { logits: logits.without_autodiff(), taps: Taps::none(), rows: Vec::new() }
    }

    /// The same with what the teacher held at its taps, without their tape.
    #[must_use]
    pub fn with_taps(self, taps: Taps) -> Self {
        Self { taps: taps.without_tape(), ..self }
    }

    /// The same about samples in these rows of the transfer set.
    #[must_use]
    pub fn of_rows(self, rows: &[usize]) -> Self {
        Self { rows: rows.to_vec(), ..self }
    }

    /// The rows of the samples in the transfer set; empty where they are not told.
    pub fn rows(&self) -> &[usize] {
        &self.rows
    }

    /// What the teacher held at its taps, for the same samples; nothing where nobody asked.
    pub fn taps(&self) -> &Taps {
        &self.taps
    }

    /// The logits at temperature 1, `[batch, classes]`.
    pub fn logits(&self) -> Tensor<2> {
        self.logits.clone()
    }
}
