//! The Gaussian error linear unit.

use burn::tensor::Tensor;
use ops::Level;
use ops::gelu::{gelu as forward, gelu_backward};
use ops::memory::Buffer;

use crate::operation::{Operation, apply};
use crate::value::{Numbers, Value, numbers, recycle, shape, slice};

/// `x Phi(x)` with the exact normal distribution: Hendrycks and Gimpel (2016).
pub fn gelu(input: Tensor<2>) -> Tensor<2> {
    match Value::of(&input) {
        Some(value) => apply(Gelu, [value]).tensor(),
        None => burn::tensor::activation::gelu(input),
    }
}

#[derive(Clone, Copy, Debug)]
struct Gelu;

impl Operation<1> for Gelu {
    type Saved = Numbers;

    fn forward(&self, [input]: [Numbers; 1], taped: bool) -> (Numbers, Option<Numbers>) {
        let mut out = Buffer::exact(slice(&input).len());
        forward(Level::best(), slice(&input), &mut out);
        (numbers(out, &shape(&input)), taped.then_some(input))
    }

    fn backward(
        &self,
        input: Numbers,
        gradient: Numbers,
        _wanted: [bool; 1],
    ) -> [Option<Numbers>; 1] {
        let mut out = Buffer::exact(slice(&input).len());
        gelu_backward(Level::best(), slice(&input), slice(&gradient), &mut out);
        let found = numbers(out, &shape(&input));
        recycle([input, gradient]);
        [Some(found)]
    }
}
