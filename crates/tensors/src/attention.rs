//! Multi-head self-attention.

use burn::tensor::Tensor;
use burn::tensor::activation::softmax;
use ops::Level;
use ops::attention::{Heads, attention as forward, attention_backward};
use ops::memory::Buffer;

use crate::operation::{Operation, apply};
use crate::value::{Numbers, Value, numbers, recycle, shape, slice};

/// `softmax(q k^T / sqrt(d)) v` in each of `heads` heads: Vaswani et al. (2017), equation 1.
///
/// `projected` is `[batch * tokens, 3 width]`: queries, keys and values beside each other, each
/// `heads` times `d` numbers. The result is `[batch * tokens, width]`.
pub fn attention(projected: Tensor<2>, tokens: usize, heads: usize) -> Tensor<2> {
    let [rows, columns] = projected.dims();
    let (batch, width) = (rows / tokens.max(1), columns / 3);
    let head = width / heads.max(1);
    if let Some(value) = Value::of(&projected) {
        return apply(Attention(Heads { tokens, heads, head_width: head }), [value]).tensor();
    }
    let parts = projected.reshape([batch, tokens, 3, heads, head]).permute([2, 0, 3, 1, 4]);
    let part = |number: usize| -> Tensor<4> {
        parts.clone().narrow(0, number, 1).reshape([batch, heads, tokens, head])
    };
    let scores = part(0).matmul(part(1).swap_dims(2, 3)) / (head as f64).sqrt();
    let mixed = softmax(scores, 3).matmul(part(2));
    mixed.swap_dims(1, 2).reshape([rows, width])
}

#[derive(Clone, Copy, Debug)]
struct Attention(Heads);

#[derive(Clone, Debug)]
struct Saved {
    projected: Numbers,
    probabilities: Numbers,
}

impl Operation<1> for Attention {
    type Saved = Saved;

    fn forward(&self, [projected]: [Numbers; 1], taped: bool) -> (Numbers, Option<Saved>) {
        let heads = self.0;
        let rows = shape(&projected).first().copied().unwrap_or_default();
        let mut out = Buffer::exact(rows * heads.width());
        let count = rows / heads.tokens.max(1) * heads.probabilities();
        let mut probabilities = taped.then(|| Buffer::exact(count));
        let kept = probabilities.as_deref_mut();
        forward(Level::best(), heads, slice(&projected), &mut out, kept);
        let saved =
            probabilities.map(|kept| Saved { projected, probabilities: numbers(kept, &[count]) });
        (numbers(out, &[rows, heads.width()]), saved)
    }

    fn backward(
        &self,
        Saved { projected, probabilities }: Saved,
        gradient: Numbers,
        _wanted: [bool; 1],
    ) -> [Option<Numbers>; 1] {
        let mut out = Buffer::exact(slice(&projected).len());
        let (kept, dout) = (slice(&probabilities), slice(&gradient));
        attention_backward(Level::best(), self.0, slice(&projected), kept, dout, &mut out);
        let found = numbers(out, &shape(&projected));
        recycle([projected, probabilities, gradient]);
        [Some(found)]
    }
}
