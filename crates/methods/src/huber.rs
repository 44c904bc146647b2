//! Huber's error to the teacher, for numbers.

use data::Task;
use options::{Key, OptionError, Section};

use crate::blend::Blend;
use crate::mse::read_alpha;
use crate::{LogitBatch, LogitLoss, Method, MethodError, Part, Signals, TermSum};

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
/// `alpha mean_i sum_o h(s_io - t_io) + (1 - alpha) mean_j sum_o (s_jo - y_jo)^2` with
/// `h(x) = x^2 / 2` where `|x| <= delta`, else `delta (|x| - delta / 2)`
///
/// Symbols as for [`Mse`](crate::Mse). Near 0 the teacher's part is half of that of `mse`. The label
/// part is the squared error, as that of the student alone.
///
/// # Options
/// `alpha` (default 0.9), `delta` (default 1, in standard deviations of the targets).
///
/// # Cost
/// None worth telling; no parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Huber {
    /// Weight of the teacher's part, from 0 to 1; the label part has the rest.
    pub alpha: f64,
    /// Where the loss goes on as a line, above 0.
    pub delta: f64,
}

impl Default for Huber {
    fn default() -> Self {
        Self { alpha: 0.9, delta: 1.0 }
    }
}

impl Huber {
    /// Reads `alpha` and `delta`.
    ///
    /// # Errors
    /// Values of another type or out of range.
    pub fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        let default = Self::default();
        let delta =
            Key("delta", "difference from the teacher beyond which the pull stays the same");
        Ok(Self {
            alpha: read_alpha(section, default.alpha)?,
            delta: section.number(delta, default.delta, 1e-6..=1e6)?,
        })
    }

    fn blend(&self) -> Blend<impl Fn(f64, f64) -> (f64, f64)> {
        let delta = self.delta;
        let of = move |student, teacher| huber(student - teacher, delta);
        Blend { method: "huber", term: "huber", alpha: self.alpha, of }
    }
}

fn huber(error: f64, delta: f64) -> (f64, f64) {
    if error.abs() <= delta {
        (0.5 * error * error, error)
    } else {
        (delta * (error.abs() - 0.5 * delta), error.signum() * delta)
    }
}

impl Method for Huber {
    fn name(&self) -> &'static str {
        "huber"
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

impl LogitLoss for Huber {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        self.blend().terms(batch, sum)
    }
}
