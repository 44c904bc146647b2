//! Squared error to the teacher, for numbers.

use std::sync::Arc;

use data::Task;
use options::{OptionError, Section};

use crate::row_loss::teacher_loss;
use crate::{LogitBatch, LogitLoss, LogitMethod, Method, MethodError, TermSum};

/// Distillation of numbers by squared error: the logit-matching loss of Ba and Caruana, "Do Deep Nets
/// Really Need to be Deep?" (2014), equation 1, on the outputs of a regression.
///
/// # What it does
/// The student learns the teacher's outputs.
///
/// # When to use it
/// First, for `task = "numbers"`: above all where many rows have no numbers, or where they are noisy
/// and the teacher averages the noise.
///
/// # Formula
/// `mean_i sum_o (s_io - t_io)^2`
///
/// `s` and `t` are the student's and the teacher's outputs, both for targets standardised by the
/// training rows; `o` runs over outputs. With all numbers `y` known, `alpha` times this and `1 - alpha`
/// times the label term has the gradient of the squared error to `alpha t + (1 - alpha) y`.
///
/// # Options
/// None of its own.
///
/// # Cost
/// None worth telling; no parameters.
///
/// # Example
/// ```toml
/// [distill]
/// method = "mse"
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mse;

impl Mse {
    pub(crate) fn read(_: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        Ok(Arc::new(Self))
    }
}

/// `(student - target)^2` and its slope by the student's output.
pub(crate) fn squared_error(student: f64, target: f64) -> (f64, f64) {
    let error = student - target;
    (error * error, 2.0 * error)
}

impl LogitMethod for Mse {
    const NAME: &'static str = "mse";
    const TASK: Task = Task::Numbers;
}

impl LogitLoss for Mse {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        let teacher = batch.teacher(Self::NAME)?;
        sum.add("mse", 1.0, |gradient| teacher_loss(batch, teacher, squared_error, gradient));
        Ok(())
    }
}
