//! The total variation distance.

use std::sync::Arc;

use ops::softened::{Class, Share};
use options::{OptionError, Section};

use crate::softened::{add_mean, read_temperature};
use crate::{LogitBatch, LogitLoss, LogitMethod, Method, MethodError, TermSum};

/// The total variation distance: Wen, Li, Du and Mou, "f-Divergence Minimization for Sequence-Level
/// Knowledge Distillation" (2023), section 3.4, at each sample.
///
/// # What it does
/// Learns the probabilities by the sum of their absolute differences. It is symmetric and bounded.
///
/// # When to use it
/// Where some of what the teacher says is wrong: no single sample can pull without bound. Far from the
/// teacher its gradient vanishes, so that it is best combined with another method.
///
/// # Formula
/// `T^2 mean_i 1/2 sum_c |p_ic - q_ic|`
///
/// `p` and `q` are the softmax of the teacher's and the student's logits divided by `T`. `T^2` is the
/// factor of every soft part here and in DistillKit; DistiLLM has none. The gradient of this distance
/// falls with `1 / T` alone, so that with a higher temperature the method weighs more. Where both sides
/// are equal, which rounding hides up to 1e-12 of them, any slope from -1/2 to 1/2 is one of this sum; here it is 0,
/// the middle.
///
/// # Options
/// `temperature` (default 1).
///
/// # Cost
/// Two softmaxes of the logits; no parameters.
///
/// # Example
/// ```toml
/// [distill]
/// method = "total-variation"
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TotalVariation {
    /// `T`, above 0.
    pub temperature: f64,
}

/// Relative to the sum of both, the difference that is none.
const EQUAL: f64 = 1e-12;

impl Default for TotalVariation {
    fn default() -> Self {
        Self { temperature: 1.0 }
    }
}

impl TotalVariation {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let temperature = read_temperature(section, Self::default().temperature)?;
        Ok(Arc::new(Self { temperature }))
    }
}

impl LogitMethod for TotalVariation {
    const NAME: &'static str = "total-variation";

    fn temperature_mut(&mut self) -> Option<&mut f64> {
        Some(&mut self.temperature)
    }
}

impl LogitLoss for TotalVariation {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        add_mean(
            (Self::NAME, "variation"),
            self.temperature,
            batch,
            sum,
            #[inline(always)]
            |Class { q, p, .. }| {
                let difference = q - p;
                let half = if difference > 0.0 { 0.5 * q } else { -0.5 * q };
                let apart = difference.abs() > EQUAL * (q + p);
                let slope = if apart { half } else { 0.0 };
                Share { values: [0.5 * difference.abs()], slope }
            },
        )
    }
}
