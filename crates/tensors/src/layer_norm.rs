//! Layer normalisation.

use burn::tensor::{Tensor, TensorData};
use ops::Level;
use ops::layer_norm::{Statistics, layer_norm as forward, layer_norm_backward};
use ops::memory::Buffer;

use crate::operation::{Operation, apply};
use crate::value::{Numbers, Value, numbers, recycle, shape, slice};

/// `(input - mean) / sqrt(variance + epsilon) * weight + bias` with the mean and the biased
/// variance of each row: Ba et al. (2016). `input` is `[rows, width]`, `weight` and `bias` are
/// `[width]`.
pub fn layer_norm(input: Tensor<2>, weight: Tensor<1>, bias: Tensor<1>, epsilon: f64) -> Tensor<2> {
    if let [Some(input), Some(weight), Some(bias)] =
        [Value::of(&input), Value::of(&weight), Value::of(&bias)]
    {
        return apply(LayerNorm { epsilon }, [input, weight, bias]).tensor();
    }
    let centred = input.clone() - input.mean_dim(1);
    let variance = (centred.clone() * centred.clone()).mean_dim(1);
    centred / (variance + epsilon).sqrt() * weight.unsqueeze::<2>() + bias.unsqueeze::<2>()
}

#[derive(Clone, Copy, Debug)]
struct LayerNorm {
    epsilon: f64,
}

#[derive(Clone, Debug)]
struct Saved {
    input: Numbers,
    weight: Numbers,
    statistics: Statistics,
}

impl Operation<3> for LayerNorm {
    type Saved = Saved;

    fn forward(&self, inputs: [Numbers; 3], taped: bool) -> (Numbers, Option<Saved>) {
        let [input, weight, bias] = inputs;
        let mut out = Buffer::exact(slice(&input).len());
        let affine = [slice(&weight), slice(&bias)];
        let statistics = forward(Level::best(), slice(&input), affine, self.epsilon, &mut out);
        let output = numbers(out, &shape(&input));
        (output, taped.then_some(Saved { input, weight, statistics }))
    }

    fn backward(
        &self,
        Saved { input, weight, statistics }: Saved,
        gradient: Numbers,
        _wanted: [bool; 3],
    ) -> [Option<Numbers>; 3] {
        let mut out = Buffer::exact(slice(&input).len());
        let (x, gamma, dy) = (slice(&input), slice(&weight), slice(&gradient));
        let found = layer_norm_backward(Level::best(), x, gamma, &statistics, dy, &mut out);
        let row = |values: Vec<f32>| {
            let count = values.len();
            Some(Numbers::from_data(TensorData::new(values, [count])))
        };
        let for_input = numbers(out, &shape(&input));
        recycle([input, gradient]);
        [Some(for_input), row(found.gamma), row(found.beta)]
    }
}
