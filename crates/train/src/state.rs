//! What a training continues from.

use std::collections::BTreeMap;

use nn::Weights;

use crate::progress::Progress;

/// Everything that decides how a training goes on: with it a training that was stopped continues to
/// the same bits.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Weights of the network, running statistics included.
    pub weights: Weights,
    /// Weights of the best epoch, where they are kept.
    pub best_weights: Option<Weights>,
    /// The optimiser's buffers by name, the average of the weights where there is one, and the
    /// parameters of the method itself.
    pub buffers: BTreeMap<String, Vec<f32>>,
    /// All the rest.
    pub progress: Progress,
}
