//! Normalisation by the moments of a batch.
//!
//! Ioffe and Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal
//! Covariate Shift" (2015), algorithm 1 and the equations after it.

mod backward;
mod gradient_of_input;
mod gradient_sums;
mod moments;
mod normalise;
mod statistics;

pub use backward::{Forward, Gradients, backward};
pub use normalise::{Affine, normalise};
pub use statistics::{Statistics, statistics};
