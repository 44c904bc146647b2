//! A number whose gradient was found together with it.

use burn::tensor::{Tensor, TensorData};
use ops::memory::Buffer;

use crate::operation::{Operation, apply};
use crate::value::{Numbers, Value, numbers, shape, slice};

/// `value` as a function of `input`, whose gradient there is `gradient`, one number for each of
/// `input`'s. On a tape it sends that gradient back; on no tape it is the value alone.
pub fn known_gradient<const D: usize>(
    input: &Tensor<D>,
    value: f64,
    gradient: Vec<f32>,
) -> Tensor<1> {
    let dims = input.dims();
    if let Some(input) = Value::of(input) {
        let gradient = Numbers::from_data(TensorData::new(gradient, dims.to_vec()));
        return apply(Known { value: value as f32, gradient }, [input]).tensor();
    }
    // A function with this gradient and the value 0, by Burn's own operations.
    let options = (&input.device(), input.dtype());
    let gradient = Tensor::<D>::from_data(TensorData::new(gradient, dims), options);
    let product = (input.clone() * gradient).sum();
    (product.clone() - product.detach()).add_scalar(value)
}

#[derive(Clone, Debug)]
struct Known {
    value: f32,
    gradient: Numbers,
}

impl Operation<1> for Known {
    /// The gradient of the value.
    type Saved = Numbers;

    fn forward(&self, _inputs: [Numbers; 1], taped: bool) -> (Numbers, Option<Numbers>) {
        (Numbers::from_data([self.value].into()), taped.then(|| self.gradient.clone()))
    }

    fn backward(
        &self,
        saved: Numbers,
        gradient: Numbers,
        _wanted: [bool; 1],
    ) -> [Option<Numbers>; 1] {
        let factor = slice(&gradient).first().copied().unwrap_or_default();
        let mut out = Buffer::exact(slice(&saved).len());
        for (out, saved) in out.iter_mut().zip(slice(&saved)) {
            *out = factor * saved;
        }
        [Some(numbers(out, &shape(&saved)))]
    }
}
