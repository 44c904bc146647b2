//! Numbers times others that nothing is learned from.

use burn::tensor::{Tensor, TensorData};
use ops::memory::Buffer;

use crate::operation::{Operation, apply};
use crate::value::{Numbers, Value, numbers, recycle, shape, slice};

/// `input` times as many numbers as it has, which `fill` writes; gradients go to the input alone.
pub fn masked<const D: usize>(input: Tensor<D>, fill: impl FnOnce(&mut [f32])) -> Tensor<D> {
    let dims = input.dims();
    let mut factors = Buffer::exact(dims.iter().product());
    fill(&mut factors);
    if let Some(value) = Value::of(&input) {
        let factors = Value::Plain(numbers(factors, &dims));
        return apply(Mask, [value, factors]).tensor();
    }
    let options = (&input.device(), input.dtype());
    input * Tensor::from_data(TensorData::new(factors.into_vec(), dims), options)
}

#[derive(Clone, Copy, Debug)]
struct Mask;

impl Operation<2> for Mask {
    /// The factors.
    type Saved = Numbers;

    fn forward(&self, [input, factors]: [Numbers; 2], taped: bool) -> (Numbers, Option<Numbers>) {
        (product(&input, &factors), taped.then_some(factors))
    }

    fn backward(
        &self,
        factors: Numbers,
        gradient: Numbers,
        _wanted: [bool; 2],
    ) -> [Option<Numbers>; 2] {
        let found = product(&gradient, &factors);
        recycle([factors, gradient]);
        [Some(found), None]
    }
}

fn product(values: &Numbers, factors: &Numbers) -> Numbers {
    let mut out = Buffer::exact(slice(values).len());
    for ((out, value), factor) in out.iter_mut().zip(slice(values)).zip(slice(factors)) {
        *out = value * factor;
    }
    numbers(out, &shape(values))
}
