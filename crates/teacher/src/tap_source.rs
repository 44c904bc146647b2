//! What a teacher holds on the way to its outputs, asked again at each step.

use std::fmt::Debug;

use burn::tensor::Tensor;
use data::{Mix, Samples, Views};
use nn::{Network, Taps, batch};

use crate::TeacherError;
use crate::frozen::view_values;

/// The samples of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// As the student sees them, `[batch, features]`, mixed where they are.
    pub inputs: &'a Tensor<2>,
    /// Their rows in the transfer set.
    pub rows: &'a [usize],
    /// The number of their view.
    pub view: usize,
    /// How they are mixed with one another; none where they are not.
    pub mix: Option<&'a Mix>,
}

/// A teacher that is asked for its taps.
pub trait TapSource: Debug {
    /// What it holds at its taps for a batch, without a tape.
    ///
    /// # Errors
    /// [`TeacherError`] where samples of its own cannot be read, and for a network of another framework that fails.
    fn taps(&self, shown: Shown<'_>) -> Result<Taps, TeacherError>;
}

/// A network in inference form with the taps that are asked for: it does not change, and no gradient
/// reaches it.
#[derive(Debug)]
pub struct NetworkTaps<'a, N> {
    network: N,
    names: Vec<String>,
    /// The transfer set as the network sees it, with its views; none where it sees it as the student.
    own: Option<(&'a Samples, Views)>,
}

impl<'a, N: Network> NetworkTaps<'a, N> {
    /// The taps of these names of a network, as it is now.
    pub fn new(network: &N, names: Vec<String>, own: Option<(&'a Samples, Views)>) -> Self {
        Self { network: network.valid(), names, own }
    }

    /// The batch as the network sees it.
    fn inputs(&self, shown: Shown<'_>) -> Result<Tensor<2>, TeacherError> {
        let Some((samples, views)) = &self.own else {
            return Ok(shown.inputs.clone().without_autodiff());
        };
        let values = view_values((samples, views), (shown.view, shown.mix), shown.rows)?;
        Ok(batch(&values, samples.shape.len()))
    }
}

impl<N: Network> TapSource for NetworkTaps<'_, N> {
    fn taps(&self, shown: Shown<'_>) -> Result<Taps, TeacherError> {
        let wanted = Taps::these(self.names.iter().cloned());
        Ok(self.network.observe(self.inputs(shown)?, wanted).taps)
    }
}
