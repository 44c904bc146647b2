//! The losses of distillation by soft targets: Hinton, Vinyals and Dean, "Distilling the Knowledge
//! in a Neural Network" (2015), section 2.
//!
//! Each loss gives its value and the gradient of the student's logits in one call.

mod label;
mod soft;

pub use label::{Weighted, label_loss, weighted_label_loss};
pub use soft::soft_target_loss;

/// Numbers of one piece of work, as far as rows are not longer.
const PIECE: usize = 1 << 12;

/// Multiplications and additions for one logit, about.
const WORK: usize = 32;

/// Numbers of the whole rows that make a piece.
fn piece(classes: usize) -> usize {
    (PIECE / classes).max(1) * classes
}
