//! Learned numbers for each token.

use burn::tensor::{Int, Tensor};
use ops::embedding::{embedding as forward, embedding_gradient};
use ops::memory::Buffer;

use crate::operation::{Operation, apply};
use crate::value::{Numbers, Value, numbers, recycle, shape, slice};

/// The rows of `weight`, `[vocabulary, units]`, that `tokens`, `[batch, length]`, number:
/// `[batch, length, units]`. Tokens are whole numbers below the vocabulary, and have no gradient.
pub fn embedding(tokens: Tensor<2>, weight: Tensor<2>) -> Tensor<3> {
    match [Value::of(&tokens), Value::of(&weight)] {
        [Some(tokens), Some(weight)] => apply(Embedding, [tokens, weight]).tensor(),
        _ => {
            let numbers: Tensor<2, Int> = tokens.int();
            burn::tensor::module::embedding(weight, numbers)
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Embedding;

impl Operation<2> for Embedding {
    /// The tokens, and the shape of the weights.
    type Saved = (Numbers, Vec<usize>);

    fn forward(
        &self,
        [tokens, weight]: [Numbers; 2],
        taped: bool,
    ) -> (Numbers, Option<Self::Saved>) {
        let (mut sizes, weights) = (shape(&tokens), shape(&weight));
        let units = weights.last().copied().unwrap_or_default();
        sizes.push(units);
        let mut out = Buffer::exact(sizes.iter().product());
        forward(slice(&weight), units, slice(&tokens), &mut out);
        (numbers(out, &sizes), taped.then_some((tokens, weights)))
    }

    fn backward(
        &self,
        (tokens, weights): Self::Saved,
        gradient: Numbers,
        wanted: [bool; 2],
    ) -> [Option<Numbers>; 2] {
        let for_weight = wanted[1].then(|| {
            let mut out = Buffer::exact(weights.iter().product());
            let units = weights.last().copied().unwrap_or_default();
            embedding_gradient(units, slice(&tokens), slice(&gradient), &mut out);
            numbers(out, &weights)
        });
        let for_tokens = wanted[0].then(|| {
            let mut out = Buffer::exact(slice(&tokens).len());
            out.fill(0.0);
            numbers(out, &shape(&tokens))
        });
        recycle([gradient]);
        [for_tokens, for_weight]
    }
}
