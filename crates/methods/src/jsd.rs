//! The generalised Jensen-Shannon divergence.

use std::sync::Arc;

use ops::exponential::ln;
use ops::softened::{Class, Share};
use options::{Key, OptionError, Section};

use crate::softened::{add_mean, read_temperature};
use crate::{LogitBatch, LogitLoss, LogitMethod, Method, MethodError, TermSum};

/// The generalised Jensen-Shannon divergence: Agarwal et al., "On-Policy Distillation of Language
/// Models: Learning from Self-Generated Mistakes" (2024), section 2, equation 1.
///
/// # What it does
/// Both sides are compared with a mixture of them, so that neither a class that only the teacher nor
/// one that only the student expects costs without bound.
///
/// # When to use it
/// With teachers that are far away from the student, or sure and wrong on some samples.
///
/// # Formula
/// `T^2 mean_i (beta KL(p_i || m_i) + (1 - beta) KL(q_i || m_i))`, `m = beta p + (1 - beta) q`
///
/// `p` and `q` are the softmax of the teacher's and the student's logits divided by `T`. At `beta = 0.5`
/// it is the Jensen-Shannon divergence, at most `log 2` before the factor. It goes to 0 as `beta` goes to
/// 0 or 1, so that small values are not near `kd`; TRL gives the ends of the range the divergences of
/// `kd` and `reverse-kl`, with a jump. Here the ends are not in the range: those methods have names of
/// their own.
///
/// # Options
/// `temperature` (default 1), `beta` (default 0.5).
///
/// # Cost
/// Two softmaxes of the logits and a logarithm for each; no parameters.
///
/// # Example
/// ```toml
/// [distill]
/// method = "jsd"
/// beta = 0.3
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jsd {
    /// `T`, above 0.
    pub temperature: f64,
    /// The teacher's share of the mixture, above 0 and below 1.
    pub beta: f64,
}

impl Default for Jsd {
    fn default() -> Self {
        Self { temperature: 1.0, beta: 0.5 }
    }
}

impl Jsd {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let default = Self::default();
        let beta = Key("beta", "the teacher's share of the mixture");
        Ok(Arc::new(Self {
            temperature: read_temperature(section, default.temperature)?,
            beta: section.number(beta, default.beta, 0.001..=0.999)?,
        }))
    }
}

impl LogitMethod for Jsd {
    const NAME: &'static str = "jsd";

    fn temperature_mut(&mut self) -> Option<&mut f64> {
        Some(&mut self.temperature)
    }
}

impl LogitLoss for Jsd {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        let Self { temperature, beta } = *self;
        add_mean(
            (Self::NAME, "jensen-shannon"),
            temperature,
            batch,
            sum,
            #[inline(always)]
            |Class { q, p, log_q, log_p }| {
                let log_m = ln(beta * p + (1.0 - beta) * q);
                // Where both are 0, so is what this is multiplied by. What the mixture's change adds is the same
                // for all classes.
                let slope = (1.0 - beta) * q * (log_q - log_m);
                Share { values: [slope + beta * p * (log_p - log_m)], slope }
            },
        )
    }
}
