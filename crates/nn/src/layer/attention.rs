//! Multi-head self-attention.

use burn::module::Module;
use burn::tensor::Tensor;
use tensors::attention;

use crate::{Initial, Linear};

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
    /// out.
    pub fn forward(&self, input: Tensor<2>, tokens: usize) -> Tensor<2> {
        let projected = self.projection.forward(input);
        self.output.forward(attention(projected, tokens, self.heads))
    }
}
