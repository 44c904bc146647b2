//! The reverse divergence.

use std::sync::Arc;

use ops::softened::{Class, Share};
use options::{OptionError, Section};

use crate::softened::{add_mean, read_temperature};
use crate::{LogitBatch, LogitLoss, LogitMethod, Method, MethodError, TermSum};

/// The divergence of the teacher from the student: Gu, Dong, Wei and Huang, "MiniLLM: Knowledge
/// Distillation of Large Language Models" (2024), section 2.1, at each sample.
///
/// # What it does
/// As `kd`, with the sides of the divergence exchanged: the student is punished where it expects what
/// the teacher rules out, and may leave out what the teacher holds possible.
///
/// # When to use it
/// With a student that is too small for all that the teacher says, and where confident mistakes cost
/// more than missed chances. It is the usual loss for language models.
///
/// # Formula
/// `T^2 mean_i sum_c q_ic (log q_ic - log p_ic)`
///
/// `p` and `q` are the softmax of the teacher's and the student's logits divided by `T`. The paper
/// samples sequences from the student; here the sum over classes is exact.
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
/// method = "reverse-kl"
/// temperature = 2.0
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReverseKl {
    /// `T`, above 0.
    pub temperature: f64,
}

impl Default for ReverseKl {
    fn default() -> Self {
        Self { temperature: 1.0 }
    }
}

impl ReverseKl {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let temperature = read_temperature(section, Self::default().temperature)?;
        Ok(Arc::new(Self { temperature }))
    }
}

impl LogitMethod for ReverseKl {
    const NAME: &'static str = "reverse-kl";

    fn temperature_mut(&mut self) -> Option<&mut f64> {
        Some(&mut self.temperature)
    }
}

impl LogitLoss for ReverseKl {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        let name = (Self::NAME, "reverse");
        add_mean(
            name,
            self.temperature,
            batch,
            sum,
            #[inline(always)]
            |Class { q, log_q, log_p, .. }| {
                // The slope of `q` itself is the same for all classes and changes nothing.
                let slope = q * (log_q - log_p);
                Share { values: [slope], slope }
            },
        )
    }
}
