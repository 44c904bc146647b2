//! Distillation of samples with several labels.

use data::Task;
use options::{Key, OptionError, Section};

use crate::binary_cross_entropy::{sigmoid, softplus};
use crate::blend::Blend;
use crate::mse::read_alpha;
use crate::{LogitBatch, LogitLoss, Method, MethodError, Part, Signals, TermSum};

/// Distillation by soft targets where any number of labels applies to a sample: the loss of Hinton,
/// Vinyals and Dean (2015), section 2, with a Bernoulli distribution for each label instead of one
/// distribution over classes.
///
/// # What it does
/// The student learns the teacher's probability of each label at temperature `T`, and, where a sample
/// has them, its labels.
///
/// # When to use it
/// First, for `task = "labels"`. A softmax over labels that do not exclude each other would teach that
/// they do.
///
/// # Formula
/// `alpha T^2 mean_i sum_l [p_il log(p_il / q_il) + (1 - p_il) log((1 - p_il) / (1 - q_il))] +
/// (1 - alpha) mean_j sum_l [-y_jl log s_jl - (1 - y_jl) log(1 - s_jl)]`
///
/// `p` and `q` are the sigmoid of the teacher's and the student's logits divided by `T`, `s` the
/// student's sigmoid at temperature 1, `y` the labels; `i` runs over all samples, `j` over those with
/// labels. Both sums run over labels, as those of `kd` run over classes, so that the loss grows with
/// the number of labels. Logarithms are taken of the logits; the first part is 0 where student and
/// teacher agree.
///
/// # Options
/// `temperature` (default 4), `alpha` (default 0.9). As `T` grows the soft part tends to an eighth of
/// the squared difference of the logits.
///
/// # Cost
/// Two sigmoids of the logits; no parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bernoulli {
    /// `T`, above 0.
    pub temperature: f64,
    /// Weight of the soft part, from 0 to 1; the label part has the rest.
    pub alpha: f64,
}

impl Default for Bernoulli {
    fn default() -> Self {
        Self { temperature: 4.0, alpha: 0.9 }
    }
}

impl Bernoulli {
    /// Reads `temperature` and `alpha`.
    ///
    /// # Errors
    /// Values of another type or out of range.
    pub fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        let default = Self::default();
        let temperature = Key("temperature", "softens both sides of the soft part");
        Ok(Self {
            temperature: section.number(temperature, default.temperature, 0.01..=1000.0)?,
            alpha: read_alpha(section, default.alpha)?,
        })
    }

    fn blend(&self) -> Blend<impl Fn(f64, f64) -> (f64, f64)> {
        let temperature = self.temperature;
        let of = move |student, teacher| divergence(student, teacher, temperature);
        Blend { method: "bernoulli", term: "soft", alpha: self.alpha, of }
    }
}

/// `T^2` times the divergence of one label's softened probability from the teacher's, and its slope.
fn divergence(student: f64, teacher: f64, temperature: f64) -> (f64, f64) {
    let (z, t) = (student / temperature, teacher / temperature);
    let (p, rest) = (sigmoid(t), sigmoid(-t));
    // log p - log q and log(1 - p) - log(1 - q).
    let applies = softplus(-z) - softplus(-t);
    let does_not = softplus(z) - softplus(t);
    let value = p * applies + rest * does_not;
    // Of the two small tails, the smaller one keeps the digits of the difference.
    let slope = if t > 0.0 { rest - sigmoid(-z) } else { sigmoid(z) - p };
    (temperature * temperature * value, temperature * slope)
}

impl Method for Bernoulli {
    fn name(&self) -> &'static str {
        "bernoulli"
    }

    fn parts(&self, signals: &Signals<'_>) -> Result<Vec<Part>, MethodError> {
        self.blend().parts(signals)
    }

    fn task(&self) -> Option<Task> {
        Some(Task::Labels)
    }

    fn on_logits(&self) -> Option<&dyn LogitLoss> {
        Some(self)
    }

    fn learns_without_labels(&self) -> bool {
        self.alpha > 0.0
    }
}

impl LogitLoss for Bernoulli {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        self.blend().terms(batch, sum)
    }
}
