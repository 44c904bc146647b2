//! Huber's error to the teacher, for numbers.

use std::sync::Arc;

use data::Task;
use options::{Key, OptionError, Section};

use crate::row_loss::teacher_loss;
use crate::{LogitBatch, LogitLoss, LogitMethod, Method, MethodError, TermSum};

/// Distillation of numbers by Huber's loss: Huber, "Robust Estimation of a Location Parameter" (1964),
/// on the difference between student and teacher.
///
/// # What it does
/// As [`Mse`](crate::Mse) while the student is near to the teacher; further away the pull no longer
/// grows, so that a few samples on which the teacher is far off do not rule.
///
/// # When to use it
/// For `task = "numbers"` with heavy tails, where a teacher is now and then badly wrong.
///
/// # Formula
/// `mean_i sum_o h(s_io - t_io)` with `h(x) = x^2 / 2` where `|x| <= delta`, else
/// `delta (|x| - delta / 2)`
///
/// Symbols as for [`Mse`](crate::Mse), of which it is a half near to the teacher.
///
/// # Options
/// `delta` (default 1, in standard deviations of the targets).
///
/// # Cost
/// None worth telling; no parameters.
///
/// # Example
/// ```toml
/// [distill]
/// method = "huber"
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Huber {
    /// Where the loss goes on as a line, above 0.
    pub delta: f64,
}

impl Default for Huber {
    fn default() -> Self {
        Self { delta: 1.0 }
    }
}

impl Huber {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let delta =
            Key("delta", "difference from the teacher beyond which the pull stays the same");
        let delta = section.number(delta, Self::default().delta, 1e-6..=1e6)?;
        Ok(Arc::new(Self { delta }))
    }
}

fn huber(error: f64, delta: f64) -> (f64, f64) {
    if error.abs() <= delta {
        (0.5 * error * error, error)
    } else {
        (delta * (error.abs() - 0.5 * delta), error.signum() * delta)
    }
}

impl LogitMethod for Huber {
    const NAME: &'static str = "huber";
    const TASK: Task = Task::Numbers;
}

impl LogitLoss for Huber {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        let teacher = batch.teacher(Self::NAME)?;
        sum.add("huber", 1.0, |gradient| {
            teacher_loss(
                batch,
                teacher,
                |student, teacher| huber(student - teacher, self.delta),
                gradient,
            )
        });
        Ok(())
    }
}
