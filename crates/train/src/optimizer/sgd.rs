//! Stochastic gradient descent.

use ops::Level;
use ops::optimizer::SgdPass;

use super::{OptimizerError, check_range};

/// Stochastic gradient descent with momentum, as PyTorch's `torch.optim.SGD` defines it.
///
/// With gradient `g` (weight decay `w` added: `g + w p`), momentum `u` and learning rate `r`:
///
/// ```text
/// b = u b + g                     b = 0 before the first step, dampening 0
/// p = p - r b                     or, with Nesterov momentum, p - r (g + u b)
/// ```
///
/// The learning rate is outside of the buffer, unlike in Sutskever et al. (2013), so a change of it
/// takes effect at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    /// Share of the buffer that stays from step to step, in `[0, 1)`. 0 keeps no buffer.
    pub momentum: f64,
    /// Whether to look ahead by one more decayed step.
    pub nesterov: bool,
    /// L2 penalty that is added to the gradient, at least 0.
    pub weight_decay: f64,
}

impl Default for Sgd {
    fn default() -> Self {
        Self { momentum: 0.9, nesterov: false, weight_decay: 0.0 }
    }
}

impl Sgd {
    pub(super) fn check(&self) -> Result<(), OptimizerError> {
        check_range("momentum", self.momentum, 0.0..1.0)?;
        check_range("weight_decay", self.weight_decay, 0.0..f64::INFINITY)?;
        if self.nesterov && self.momentum == 0.0 {
            return Err(OptimizerError::NesterovWithoutMomentum);
        }
        Ok(())
    }

    pub(super) fn update(
        &self,
        parameter: &mut [f32],
        gradient: &[f32],
        buffer: &mut [f32],
        learning_rate: f64,
    ) -> bool {
        let pass = SgdPass { rate: learning_rate as f32, penalty: self.weight_decay as f32 };
        if self.momentum == 0.0 {
            return pass.run(Level::best(), parameter, gradient);
        }
        let momentum = (self.momentum as f32, self.nesterov);
        pass.run_with_momentum(Level::best(), momentum, parameter, gradient, buffer)
    }
}
