//! Who knows what a teacher says about the samples of a step.

use std::fmt::Debug;

use data::Mix;

use crate::TeacherError;

/// What was recorded of a teacher, or a teacher that is asked again at each step.
pub trait LogitSource: Debug {
    /// Logits at temperature 1 of samples of the transfer set, by their numbers, in a view, `[samples, outputs]`
    /// row by row; with `mix` of these samples mixed with one another.
    ///
    /// # Errors
    /// [`TeacherError`] when a teacher that is asked does not fit the samples, and [`TeacherError::Mixed`] for what was
    /// recorded and mixed samples.
    fn said(
        &self,
        view: usize,
        rows: &[usize],
        mix: Option<&Mix>,
    ) -> Result<Vec<f32>, TeacherError>;

    /// Outputs of a sample.
    fn outputs(&self) -> usize;
}
