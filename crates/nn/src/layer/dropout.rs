//! Dropout.

use burn::tensor::Tensor;
use tensors::masked;

use crate::Taps;

/// Sets a share of the values to 0 in training and divides the others by what is left, so that
/// their mean stays: Srivastava et al. (2014), in the form that changes nothing in inference.
///
/// Which values those are is a function of seed, step, the name of the layer and the place of the
/// value, so that a training repeats to the bit.
#[derive(Clone, Debug)]
pub struct Dropout {
    name: String,
    rate: f64,
}

impl Dropout {
    /// `name` must be its own in the network; `rate` is 0 to below 1.
    pub fn new(name: &str, rate: f64) -> Self {
        Self { name: name.to_owned(), rate }
    }

    /// Any shape, same shape out.
    pub fn forward<const D: usize>(&self, input: Tensor<D>, taps: &Taps) -> Tensor<D> {
        let Some(noise) = taps.noise(&self.name) else { return input };
        if self.rate == 0.0 || !input.is_autodiff() {
            return input;
        }
        let (rate, kept) = (self.rate, (1.0 / (1.0 - self.rate)) as f32);
        masked(input, |factors| {
            noise.generator().uniforms(factors);
            for factor in factors {
                *factor = if f64::from(*factor) < rate { 0.0 } else { kept };
            }
        })
    }
}
