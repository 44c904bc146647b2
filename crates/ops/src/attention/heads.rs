//! Where the numbers of a head are.

use std::ops::Range;

/// The sizes of one layer of attention.
///
/// Queries, keys and values come in one buffer `[batch, tokens, 3 width]`: a token has its queries,
/// then its keys, then its values, each `[heads, head_width]`. The output is `[batch, tokens,
/// width]` with the heads side by side. Probabilities are `[batch, heads, tokens, tokens]`, a
/// query's being a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heads {
    /// Tokens of a sample.
    pub tokens: usize,
    /// Heads of the layer.
    pub heads: usize,
    /// Numbers of a head's query, key or value.
    pub head_width: usize,
}

impl Heads {
    /// Numbers of a token's output: those of all heads.
    pub fn width(self) -> usize {
        self.heads * self.head_width
    }

    /// Probabilities of a sample.
    pub fn probabilities(self) -> usize {
        self.heads * self.tokens * self.tokens
    }

    /// Numbers of a sample's queries, keys and values.
    pub(super) fn inputs(self) -> usize {
        self.tokens * 3 * self.width()
    }

    /// Numbers of a sample's output.
    pub(super) fn outputs(self) -> usize {
        self.tokens * self.width()
    }

    /// Multiply-adds of `products` products of matrices for each of `samples` samples.
    pub(super) fn work(self, samples: usize, products: usize) -> usize {
        samples * products * self.probabilities() * (self.head_width + 8)
    }

    /// What scores are multiplied by: `1 / sqrt(head_width)`.
    pub(super) fn scale(self) -> f32 {
        (1.0 / (self.head_width as f64).sqrt()) as f32
    }

    /// The columns of a head's queries, keys and values in a token's inputs.
    pub(super) fn columns(self, head: usize) -> [Range<usize>; 3] {
        [0, 1, 2].map(|part| self.output_columns(part * self.heads + head))
    }

    /// The columns of a head in a token's output.
    pub(super) fn output_columns(self, head: usize) -> Range<usize> {
        head * self.head_width..(head + 1) * self.head_width
    }
}
