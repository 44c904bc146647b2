//! Multi-head self-attention.

use burn::module::Module;
use burn::tensor::Tensor;
use tensors::attention;

use crate::{Initial, Linear, TapKind, Taps};

/// Multi-head self-attention without mask: Vaswani et al. (2017), section 3.2.2.
#[derive(Module, Debug)]
pub struct Attention {
    /// Queries, keys and values beside each other, `[width, 3 width]`.
    pub projection: Linear,
    /// `[width, width]`
    pub output: Linear,
    #[module(skip)]
    heads: usize,
}

impl Attention {
    /// `width` must be a multiple of `heads`.
    pub fn new(width: usize, heads: usize, initial: &Initial) -> Self {
        Self {
            projection: Linear::new(width, 3 * width, &initial.below("projection")),
            output: Linear::new(width, width, &initial.below("output")),
            heads,
        }
    }

    /// Rows are the tokens of one sample after the other, `tokens` each: `[rows, width]`, same shape
    /// out. The scores are a tap of this name, and computed for it alone.
    pub fn forward(
        &self,
        input: Tensor<2>,
        tokens: usize,
        (name, taps): (&str, &mut Taps),
    ) -> Tensor<2> {
        let projected = self.projection.forward(input);
        taps.keep_kind(TapKind::Attention, name, || self.scores(projected.clone(), tokens));
        self.output.forward(attention(projected, tokens, self.heads))
    }

    /// `q k / sqrt(d)` of each head: `[rows, 3 width]` to `[batch, heads, tokens, tokens]`.
    fn scores(&self, projected: Tensor<2>, tokens: usize) -> Tensor<4> {
        let [rows, columns] = projected.dims();
        let (batch, head) = (rows / tokens.max(1), columns / (3 * self.heads).max(1));
        let parts = projected.reshape([batch, tokens, 3, self.heads, head]);
        let part = |number: usize| -> Tensor<4> {
            let part = parts.clone().narrow(2, number, 1);
            part.reshape([batch, tokens, self.heads, head]).swap_dims(1, 2)
        };
        let scale = 1.0 / (head as f64).sqrt();
        (part(0) * scale).matmul(part(1).swap_dims(2, 3))
    }
}
