//! Activations that are cut off at fixed values.

/// Runs `$body` with the constant `$constant` set to the activation, so that the innermost loop is
/// compiled for each one.
macro_rules! with_activation {
    ($activation:expr, $constant:ident => $body:expr) => {
        match $activation {
            $crate::activation::Activation::None => {
                const $constant: $crate::activation::Activation =
                    $crate::activation::Activation::None;
                $body
            }
            $crate::activation::Activation::Relu => {
                const $constant: $crate::activation::Activation =
                    $crate::activation::Activation::Relu;
                $body
            }
            $crate::activation::Activation::Relu6 => {
                const $constant: $crate::activation::Activation =
                    $crate::activation::Activation::Relu6;
                $body
            }
        }
    };
}
pub(crate) use with_activation;

/// What is applied to each number at the end of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// The number itself.
    None,
    /// `max(x, 0)`: Nair and Hinton, "Rectified Linear Units Improve Restricted Boltzmann Machines"
    /// (2010).
    Relu,
    /// `min(max(x, 0), 6)`: Krizhevsky, "Convolutional Deep Belief Networks on CIFAR-10" (2010).
    Relu6,
}

impl Activation {
    /// The activation of `x`; what is not a number stays so, because it must be noticed.
    #[inline(always)]
    pub fn apply(self, x: f32) -> f32 {
        match self {
            Self::None => x,
            Self::Relu => floor(x),
            Self::Relu6 => ceiling(floor(x)),
        }
    }

    /// Applies the activation to each number. The choice is made once, so that the loop has none.
    #[inline(always)]
    pub fn apply_to(self, values: &mut [f32]) {
        with_activation!(self, ACTIVATION => for value in values {
            *value = ACTIVATION.apply(*value);
        });
    }

    /// Whether the activation lets a gradient through where its output is `y`: its derivative there
    /// is 1 or 0, and 0 at the kinks.
    #[inline(always)]
    pub fn passes(self, y: f32) -> bool {
        match self {
            Self::None => true,
            Self::Relu => y > 0.0,
            // Not `&&`, which would be a branch.
            Self::Relu6 => (y > 0.0) & (y < 6.0),
        }
    }

    /// The gradient `dy` where it passes, and 0 elsewhere.
    #[inline(always)]
    pub(crate) fn mask(self, y: f32, dy: f32) -> f32 {
        if self.passes(y) { dy } else { 0.0 }
    }
}

#[inline(always)]
fn floor(x: f32) -> f32 {
    if x < 0.0 { 0.0 } else { x }
}

#[inline(always)]
fn ceiling(x: f32) -> f32 {
    if x > 6.0 { 6.0 } else { x }
}
