//! Dense layers with ReLU between them, forwards and backwards: Rumelhart, Hinton and Williams,
//! "Learning representations by back-propagating errors" (1986).
//!
//! Small layers are too little work to hand a single one to another thread. Each thread takes some
//! rows of the batch through all layers instead.

mod backward;
mod forward;

pub use backward::{Gradient, Passed, backward};
pub use forward::forward;

/// A layer, `x W + b`.
#[derive(Clone, Copy, Debug)]
pub struct Dense<'a> {
    /// `[inputs, outputs]`
    pub weight: &'a [f32],
    /// `[outputs]`, at least one.
    pub bias: &'a [f32],
}

impl Dense<'_> {
    /// Numbers that go into the layer for a row.
    pub fn inputs(self) -> usize {
        self.weight.len() / self.outputs().max(1)
    }

    /// Numbers that come out of it for a row.
    pub fn outputs(self) -> usize {
        self.bias.len()
    }
}

/// Parameters up to which gradients of several pieces of a batch are cheap to add up. Products of
/// larger layers, and those of a single one, are shared among threads one by one.
const SMALL: usize = 1 << 16;

/// Rows of a piece of a batch, at least.
const ROWS: usize = 64;

/// Pieces of a batch, at most.
const PIECES: usize = 8;

/// Rows of a piece of a batch.
fn rows_of_piece(layers: &[Dense<'_>], rows: usize) -> usize {
    let small = layers.len() > 1 && parameters(layers) <= SMALL;
    if small { ROWS.max(rows.div_ceil(PIECES)) } else { rows.max(1) }
}

fn parameters(layers: &[Dense<'_>]) -> usize {
    layers.iter().map(|layer| layer.weight.len()).sum()
}
