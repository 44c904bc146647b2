//! Squared error to the teacher, for numbers.

use data::Task;
use options::{Key, OptionError, Section};

use crate::blend::Blend;
use crate::{LogitBatch, LogitLoss, Method, MethodError, Part, Signals, TermSum};

/// Distillation of numbers by squared error: the logit-matching loss of Ba and Caruana, "Do Deep Nets
/// Really Need to be Deep?" (2014), equation 1, on the outputs of a regression.
///
/// # What it does
/// The student learns the teacher's outputs, and, where a sample has them, its numbers.
///
/// # When to use it
/// First, for `task = "numbers"`: above all where many rows have no numbers, or where they are noisy
/// and the teacher averages the noise.
///
/// # Formula
/// `alpha mean_i sum_o (s_io - t_io)^2 + (1 - alpha) mean_j sum_o (s_jo - y_jo)^2`
///
/// `s`, `t` and `y` are the student's outputs, the teacher's and the targets, all standardised by the
/// training rows; `i` runs over all samples, `j` over those with targets. With all targets known it
/// has the gradient of the squared error to `alpha t + (1 - alpha) y`.
///
/// # Options
/// `alpha` (default 0.9).
///
/// # Cost
/// None worth telling; no parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mse {
    /// Weight of the teacher's part, from 0 to 1; the label part has the rest.
    pub alpha: f64,
}

impl Default for Mse {
    fn default() -> Self {
        Self { alpha: 0.9 }
    }
}

impl Mse {
    /// Reads `alpha`.
    ///
    /// # Errors
    /// A value of another type or out of range.
    pub fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        Ok(Self { alpha: read_alpha(section, Self::default().alpha)? })
    }

    fn blend(&self) -> Blend<impl Fn(f64, f64) -> (f64, f64)> {
        Blend { method: "mse", term: "mse", alpha: self.alpha, of: squared_error }
    }
}

/// Reads `alpha`, the weight of the teacher's part.
pub(crate) fn read_alpha(section: &mut Section<'_>, default: f64) -> Result<f64, OptionError> {
    let alpha = Key("alpha", "weight of the teacher's part; the label part has the rest");
    section.number(alpha, default, 0.0..=1.0)
}

/// `(student - target)^2` and its slope by the student's output.
pub(crate) fn squared_error(student: f64, target: f64) -> (f64, f64) {
    let error = student - target;
    (error * error, 2.0 * error)
}

impl Method for Mse {
    fn name(&self) -> &'static str {
        "mse"
    }

    fn parts(&self, signals: &Signals<'_>) -> Result<Vec<Part>, MethodError> {
        self.blend().parts(signals)
    }

    fn task(&self) -> Option<Task> {
        Some(Task::Numbers)
    }

    fn on_logits(&self) -> Option<&dyn LogitLoss> {
        Some(self)
    }

    fn learns_without_labels(&self) -> bool {
        self.alpha > 0.0
    }
}

impl LogitLoss for Mse {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        self.blend().terms(batch, sum)
    }
}
