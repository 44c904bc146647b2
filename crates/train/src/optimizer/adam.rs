//! Adam, and the scalars of a step that AdamW shares with it.

use ops::Level;
use ops::optimizer::{AdamPass, Decay};

use super::{OptimizerError, check_range};

/// Adam (Kingma and Ba, 2015, algorithm 1).
///
/// With gradient `g` (weight decay `w` added: `g + w p`) at step `t`, counted from 1:
///
/// ```text
/// m = beta1 m + (1 - beta1) g
/// v = beta2 v + (1 - beta2) g^2
/// ```
///
/// and then the parameter by one of the two forms of [`Epsilon`]. Weight decay is PyTorch's L2
/// penalty; for the decoupled form take [`AdamW`](super::AdamW).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// Decay of the mean of the gradient, in `[0, 1)`.
    pub beta1: f64,
    /// Decay of the mean of the squared gradient, in `[0, 1)`.
    pub beta2: f64,
    /// What keeps the denominator from zero, and where it stands.
    pub epsilon: Epsilon,
    /// L2 penalty that is added to the gradient, at least 0.
    pub weight_decay: f64,
}

impl Default for Adam {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, epsilon: Epsilon::default(), weight_decay: 0.0 }
    }
}

/// The constant in Adam's denominator, above 0, and the place where it stands.
///
/// The forms differ while `1 - beta2^t` is far from 1, that is in about the first `1 / (1 - beta2)`
/// steps, and then only for gradients that are not large against the constant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Epsilon {
    /// Added after the correction of the second moment, as in algorithm 1 of the paper and in
    /// PyTorch's `torch.optim.Adam` (there 1e-8):
    ///
    /// `p -= r / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)`
    PyTorch(f64),
    /// Added before the correction, the "epsilon hat" at the end of section 2 of the paper, as in
    /// Keras' `keras.optimizers.Adam` (there 1e-7):
    ///
    /// `p -= r sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon)`
    Keras(f64),
}

impl Default for Epsilon {
    fn default() -> Self {
        Self::PYTORCH
    }
}

impl Epsilon {
    /// PyTorch's form with PyTorch's default, 1e-8.
    pub const PYTORCH: Self = Self::PyTorch(1e-8);
    /// Keras' form with Keras' default, 1e-7.
    pub const KERAS: Self = Self::Keras(1e-7);

    /// The constant itself.
    pub fn value(self) -> f64 {
        match self {
            Self::PyTorch(value) | Self::Keras(value) => value,
        }
    }

    /// Keras' form is PyTorch's with the constant divided by the correction, so that one pass
    /// serves both.
    fn after_correction(self, correction: f64) -> f64 {
        match self {
            Self::PyTorch(value) => value,
            Self::Keras(value) => value / correction,
        }
    }
}

impl Adam {
    pub(super) fn check(&self) -> Result<(), OptimizerError> {
        check_range("beta1", self.beta1, 0.0..1.0)?;
        check_range("beta2", self.beta2, 0.0..1.0)?;
        // Smaller constants are zero in f32 and would let 0 / 0 through.
        check_range("epsilon", self.epsilon.value(), f64::from(f32::MIN_POSITIVE)..f64::INFINITY)?;
        check_range("weight_decay", self.weight_decay, 0.0..f64::INFINITY)
    }

    pub(super) fn update(
        &self,
        parameter: &mut [f32],
        gradient: &[f32],
        moments: [&mut [f32]; 2],
        learning_rate: f64,
        step: u64,
    ) -> bool {
        let penalty = Decay::Penalty(self.weight_decay as f32);
        let pass = pass(self.beta1, self.beta2, self.epsilon, learning_rate, step);
        pass.run(Level::best(), penalty, parameter, gradient, moments)
    }
}

/// The scalars of one step.
pub(super) fn pass(beta1: f64, beta2: f64, epsilon: Epsilon, rate: f64, step: u64) -> AdamPass {
    let correction = (1.0 - libm::pow(beta2, step as f64)).sqrt();
    AdamPass {
        first_share: (1.0 - beta1) as f32,
        second_share: (1.0 - beta2) as f32,
        rate: (rate / (1.0 - libm::pow(beta1, step as f64))) as f32,
        inverse_correction: (1.0 / correction) as f32,
        epsilon: epsilon.after_correction(correction) as f32,
    }
}
