//! What a method sees of one batch.

use burn::tensor::Tensor;
use nn::Output;

use crate::MethodError;

/// What teacher, student and data say about the same samples in the same order.
#[derive(Clone, Copy, Debug)]
pub struct Signals<'a> {
    /// The student's logits and taps, with their tape.
    pub student: &'a Output,
    /// What the teacher said, without a tape.
    pub teacher: &'a TeacherOutput,
    /// The class of each sample, or `None` where it is not known.
    pub labels: &'a [Option<u32>],
}

/// What a teacher said about a batch, as constants.
///
/// The association with automatic differentiation is dropped when the value is made, so no loss can
/// send a gradient to the teacher.
#[derive(Clone, Debug)]
pub struct TeacherOutput {
    logits: Tensor<2>,
}

impl TeacherOutput {
    /// Takes the teacher's logits at temperature 1, `[batch, classes]`, without their tape.
    pub fn new(logits: Tensor<2>) -> Self {
        Self { logits: logits.without_autodiff() }
    }

    /// The logits at temperature 1, `[batch, classes]`.
    pub fn logits(&self) -> Tensor<2> {
        self.logits.clone()
    }
}

/// The samples and classes of the student's logits, of which there must be some: the mean over no
/// sample is no number.
pub(crate) fn student_shape(logits: &Tensor<2>) -> Result<[usize; 2], MethodError> {
    let shape = logits.dims();
    if shape.contains(&0) {
        return Err(MethodError::Empty { found: shape });
    }
    Ok(shape)
}
