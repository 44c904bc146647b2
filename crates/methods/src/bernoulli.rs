//! Distillation of samples with several labels.

use std::sync::Arc;

use data::Task;
use options::{OptionError, Section};

use crate::binary_cross_entropy::{sigmoid, softplus};
use crate::row_loss::teacher_loss;
use crate::softened::read_temperature;
use crate::{LogitBatch, LogitLoss, LogitMethod, Method, MethodError, TermSum};

/// Distillation by soft targets where any number of labels applies to a sample: the loss of Hinton,
/// Vinyals and Dean (2015), section 2, with a Bernoulli distribution for each label instead of one
/// distribution over classes.
///
/// # What it does
/// The student learns the teacher's probability of each label at temperature `T`.
///
/// # When to use it
/// First, for `task = "labels"`. A softmax over labels that do not exclude each other would teach that
/// they do.
///
/// # Formula
/// `T^2 mean_i sum_l [p_il log(p_il / q_il) + (1 - p_il) log((1 - p_il) / (1 - q_il))]`
///
/// `p` and `q` are the sigmoid of the teacher's and the student's logits divided by `T`. The sum runs
/// over labels, as that of `kd` runs over classes, so that the loss grows with the number of labels.
/// Logarithms are taken of the logits; it is 0 where student and teacher agree.
///
/// # Options
/// `temperature` (default 4). As `T` grows the loss tends to an eighth of the squared difference of the
/// logits.
///
/// # Cost
/// Two sigmoids of the logits; no parameters.
///
/// # Example
/// ```toml
/// [distill]
/// method = "bernoulli"
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bernoulli {
    /// `T`, above 0.
    pub temperature: f64,
}

impl Default for Bernoulli {
    fn default() -> Self {
        Self { temperature: 4.0 }
    }
}

impl Bernoulli {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let temperature = read_temperature(section, Self::default().temperature)?;
        Ok(Arc::new(Self { temperature }))
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

impl LogitMethod for Bernoulli {
    const NAME: &'static str = "bernoulli";
    const TASK: Task = Task::Labels;

    fn temperature_mut(&mut self) -> Option<&mut f64> {
        Some(&mut self.temperature)
    }
}

impl LogitLoss for Bernoulli {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        let teacher = batch.teacher(Self::NAME)?;
        sum.add("soft", 1.0, |gradient| {
            teacher_loss(
                batch,
                teacher,
                |student, teacher| divergence(student, teacher, self.temperature),
                gradient,
            )
        });
        Ok(())
    }
}
