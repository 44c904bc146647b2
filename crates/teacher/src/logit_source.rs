//! Who knows what a teacher says about the samples of a step.

use std::fmt::Debug;

use crate::TeacherError;

/// What was recorded of a teacher, or a teacher that is asked again at each step.
pub trait LogitSource: Debug {
    /// Logits at temperature 1 of samples of the transfer set, by their numbers, in a view, `[samples, outputs]`
    /// row by row.
    ///
    /// # Errors
    /// [`TeacherError`] when a teacher that is asked does not fit the samples.
    fn said(&self, view: usize, rows: &[usize]) -> Result<Vec<f32>, TeacherError>;

    /// Outputs of a sample.
    fn outputs(&self) -> usize;
}
