//! Layer normalisation: Ba, Kiros and Hinton, "Layer Normalization" (2016).

mod backward;
mod forward;

pub use backward::{Gradients, layer_norm_backward};
pub use forward::{Statistics, layer_norm};

/// Rows of one piece of work.
const PIECE: usize = 128;

/// Multiplications and additions for one number, about.
const WORK: usize = 16;
