//! How a gradient changes a parameter: the passes over the numbers.
//!
//! What is the same for all numbers of a step is worked out by the caller. Every operation rounds
//! by itself, so that results are the same bits at every level.

mod adam;
mod finite;
mod max_norm;
mod rmsprop;
mod sgd;

pub use adam::{AdamPass, Decay};
pub use finite::all_finite;
pub use max_norm::{Units, limit_norms};
pub use rmsprop::RmsPropPass;
pub use sgd::SgdPass;

/// Numbers of one piece of work.
const PIECE: usize = 1 << 15;

/// The work of one number: parameters are shared from 2^18 numbers on.
const WORK: usize = 4;
