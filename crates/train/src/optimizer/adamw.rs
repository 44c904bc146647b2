//! Adam with decoupled weight decay.

use ops::Level;
use ops::optimizer::Decay;

use super::adam::pass;
use super::{Adam, Epsilon, OptimizerError};

/// AdamW (Loshchilov and Hutter, 2019, algorithm 2), as `torch.optim.AdamW` and
/// `keras.optimizers.AdamW` define it.
///
/// The parameter is first multiplied by `1 - r w`, with learning rate `r` and weight decay `w`; the
/// gradient and the moments know nothing of it. Then comes the step of [`Adam`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamW {
    /// Decay of the mean of the gradient, in `[0, 1)`.
    pub beta1: f64,
    /// Decay of the mean of the squared gradient, in `[0, 1)`.
    pub beta2: f64,
    /// What keeps the denominator from zero, and where it stands.
    pub epsilon: Epsilon,
    /// Share of the parameter, times the learning rate, that each step takes away; at least 0.
    /// The default is PyTorch's 0.01.
    pub weight_decay: f64,
}

impl Default for AdamW {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, epsilon: Epsilon::default(), weight_decay: 0.01 }
    }
}

impl AdamW {
    pub(super) fn check(&self) -> Result<(), OptimizerError> {
        let Self { beta1, beta2, epsilon, weight_decay } = *self;
        Adam { beta1, beta2, epsilon, weight_decay }.check()
    }

    pub(super) fn update(
        &self,
        parameter: &mut [f32],
        gradient: &[f32],
        moments: [&mut [f32]; 2],
        learning_rate: f64,
        step: u64,
    ) -> bool {
        let kept = (1.0 - learning_rate * self.weight_decay) as f32;
        let pass = pass(self.beta1, self.beta2, self.epsilon, learning_rate, step);
        pass.run(Level::best(), Decay::Kept(kept), parameter, gradient, moments)
    }
}
