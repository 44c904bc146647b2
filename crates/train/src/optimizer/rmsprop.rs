//! RMSprop.

use ops::Level;
use ops::optimizer::RmsPropPass;

use super::{OptimizerError, check_range};

/// RMSprop (Tieleman and Hinton, "Neural Networks for Machine Learning", 2012, lecture 6.5), as
/// PyTorch's `torch.optim.RMSprop` defines it, not centred.
///
/// With gradient `g` (weight decay `w` added: `g + w p`), smoothing `a`, momentum `u` and learning
/// rate `r`:
///
/// ```text
/// v = a v + (1 - a) g^2           v = 0 before the first step, and nothing corrects for it
/// b = u b + g / (sqrt(v) + epsilon)
/// p = p - r b
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RmsProp {
    /// Decay of the mean of the squared gradient, in `[0, 1)`.
    pub smoothing: f64,
    /// What keeps the denominator from zero, above 0.
    pub epsilon: f64,
    /// Share of the buffer that stays from step to step, in `[0, 1)`. 0 keeps no buffer.
    pub momentum: f64,
    /// L2 penalty that is added to the gradient, at least 0.
    pub weight_decay: f64,
}

impl Default for RmsProp {
    fn default() -> Self {
        Self { smoothing: 0.99, epsilon: 1e-8, momentum: 0.0, weight_decay: 0.0 }
    }
}

impl RmsProp {
    pub(super) fn check(&self) -> Result<(), OptimizerError> {
        check_range("smoothing", self.smoothing, 0.0..1.0)?;
        // Smaller constants are zero in f32 and would let 0 / 0 through.
        check_range("epsilon", self.epsilon, f64::from(f32::MIN_POSITIVE)..f64::INFINITY)?;
        check_range("momentum", self.momentum, 0.0..1.0)?;
        check_range("weight_decay", self.weight_decay, 0.0..f64::INFINITY)
    }

    pub(super) fn update(
        &self,
        parameter: &mut [f32],
        gradient: &[f32],
        [square, buffer]: [&mut [f32]; 2],
        learning_rate: f64,
    ) -> bool {
        let pass = RmsPropPass {
            rate: learning_rate as f32,
            penalty: self.weight_decay as f32,
            share: (1.0 - self.smoothing) as f32,
            epsilon: self.epsilon as f32,
        };
        if self.momentum == 0.0 {
            return pass.run(Level::best(), parameter, gradient, square);
        }
        let momentum = self.momentum as f32;
        pass.run_with_momentum(Level::best(), momentum, parameter, gradient, [square, buffer])
    }
}
