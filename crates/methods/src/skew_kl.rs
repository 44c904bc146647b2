//! Skewed divergences.

use std::sync::Arc;

use ops::exponential::ln;
use ops::softened::{Class, Share};
use options::{Key, OptionError, Section};

use crate::softened::{add_mean, read_temperature};
use crate::{LogitBatch, LogitLoss, LogitMethod, Method, MethodError, TermSum};

/// Skewed divergences: Ko, Kim, Chen and Yun, "DistiLLM: Towards Streamlined Distillation for Large
/// Language Models" (2024), section 3.1.
///
/// # What it does
/// The divergence of `kd` or of `reverse-kl`, in which the side that stands in the denominator is mixed
/// with a little of the other. The gradient then stays bounded where one side is almost 0.
///
/// # When to use it
/// Where `kd` or `reverse-kl` is wanted and training is unsteady because student and teacher are far
/// apart.
///
/// # Formula
/// `direction = "forward"`: `T^2 mean_i KL(p_i || skew p_i + (1 - skew) q_i)`
///
/// `direction = "reverse"`: `T^2 mean_i KL(q_i || (1 - skew) p_i + skew q_i)`
///
/// `p` and `q` are the softmax of the teacher's and the student's logits divided by `T`. The authors' code
/// has the forward one as a cross-entropy, which has the same gradient; here it is the divergence.
///
/// # Options
/// `temperature` (default 1), `skew` (default 0.1), `direction` (default `"forward"`).
///
/// # Cost
/// Two softmaxes of the logits and a logarithm for each; no parameters.
///
/// # Example
/// ```toml
/// [distill]
/// method = "skew-kl"
/// direction = "reverse"
/// skew = 0.1
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SkewKl {
    /// `T`, above 0.
    pub temperature: f64,
    /// The share of the other side, at least 0 and below 1.
    pub skew: f64,
    /// Which side the expectation is taken over.
    pub direction: Direction,
}

/// Which side of a divergence the expectation is taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The teacher.
    Forward,
    /// The student.
    Reverse,
}

impl Default for SkewKl {
    fn default() -> Self {
        Self { temperature: 1.0, skew: 0.1, direction: Direction::Forward }
    }
}

impl SkewKl {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let default = Self::default();
        let temperature = read_temperature(section, default.temperature)?;
        let skew = Key("skew", "how much of one side is mixed into the other");
        let skew = section.number(skew, default.skew, 0.001..=0.999)?;
        let key = Key("direction", "of the divergence: forward or reverse");
        let direction = match section.choice(key, "forward", &["forward", "reverse"])?.as_str() {
            "reverse" => Direction::Reverse,
            _ => Direction::Forward,
        };
        Ok(Arc::new(Self { temperature, skew, direction }))
    }
}

impl LogitMethod for SkewKl {
    const NAME: &'static str = "skew-kl";

    fn temperature_mut(&mut self) -> Option<&mut f64> {
        Some(&mut self.temperature)
    }
}

impl LogitLoss for SkewKl {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        let Self { temperature, skew, direction } = *self;
        let name = (Self::NAME, "skewed");
        match direction {
            Direction::Forward => add_mean(
                name,
                temperature,
                batch,
                sum,
                #[inline(always)]
                |Class { q, p, log_p, .. }| {
                    let m = mixture(skew * p, (1.0 - skew) * q);
                    let slope = -p * ((1.0 - skew) * q / m);
                    Share { values: [p * (log_p - ln(m))], slope }
                },
            ),
            Direction::Reverse => add_mean(
                name,
                temperature,
                batch,
                sum,
                #[inline(always)]
                |Class { q, p, log_q, .. }| {
                    let m = mixture((1.0 - skew) * p, skew * q);
                    let log = log_q - ln(m);
                    Share { values: [q * log], slope: q * (log - skew * q / m) }
                },
            ),
        }
    }
}

/// The sum; not 0, because it is divided by.
#[inline(always)]
fn mixture(p: f64, q: f64) -> f64 {
    (p + q).max(f64::MIN_POSITIVE)
}
