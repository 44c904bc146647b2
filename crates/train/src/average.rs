//! An average of the weights over the steps.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use tensors::HostNumbers;

use crate::TrainError;
use crate::gradients::Layout;

/// An exponential average of every parameter, with bias correction: Kingma and Ba, "Adam" (2015),
/// section 7.2, temporal averaging.
///
/// After step `t` the average of `w` with decay `d` is `(1 - d) / (1 - d^t)` times the sum of
/// `d^(t - s) w_s` over the steps `s` so far. The shares sum to 1, so that the initial weights have
/// none, however short the training is.
#[derive(Clone, Debug)]
pub(crate) struct Average {
    /// What it is called where it is saved.
    name: &'static str,
    decay: f64,
    /// In the order of [`Layout::parameters`]; 0 before the first step.
    values: Vec<Vec<f32>>,
}

impl Average {
    pub(crate) fn new(name: &'static str, decay: f64, layout: &Layout) -> Self {
        let zeros = layout.parameters.iter().map(|(_, length)| vec![0.0; *length]);
        Self { name, decay, values: zeros.collect() }
    }

    /// The averages after so many steps; none before the first.
    pub(crate) fn values(&self, steps: u64) -> Option<&[Vec<f32>]> {
        (steps > 0).then_some(&self.values)
    }

    /// Takes in the parameters that step number `step`, counted from 1, gave.
    pub(crate) fn follow<'a>(
        &mut self,
        parameters: impl IntoIterator<Item = &'a Vec<f32>>,
        step: u64,
    ) {
        let share = self.share(step);
        for (average, parameter) in self.values.iter_mut().zip(parameters) {
            approach(average, parameter, share);
        }
    }

    /// As [`follow`](Self::follow), with the parameters of a module.
    pub(crate) fn follow_module<M: Module>(&mut self, module: &M, step: u64) {
        let share = self.share(step);
        module.visit(&mut Follower { averages: self.values.iter_mut(), share });
    }

    /// How far the average moves to the new weights, `(1 - d) / (1 - d^t)`: the correction, as a
    /// step of an average that never was biased.
    fn share(&self, step: u64) -> f32 {
        ((1.0 - self.decay) / (1.0 - libm::pow(self.decay, step as f64))) as f32
    }

    /// The averages by name, as they are saved.
    pub(crate) fn buffers(&self, layout: &Layout) -> impl Iterator<Item = (String, Vec<f32>)> {
        let named = layout.parameters.iter().zip(&self.values);
        named.map(|((path, _), values)| (format!("{}/{path}", self.name), values.clone()))
    }

    /// Takes its part out of saved buffers.
    ///
    /// # Errors
    /// [`TrainError::State`] when one is missing or has another length.
    pub(crate) fn restore(
        &mut self,
        layout: &Layout,
        buffers: &mut BTreeMap<String, Vec<f32>>,
    ) -> Result<(), TrainError> {
        for ((path, length), average) in layout.parameters.iter().zip(&mut self.values) {
            let found = buffers.remove(&format!("{}/{path}", self.name));
            *average =
                found.filter(|found| found.len() == *length).ok_or_else(|| TrainError::State {
                    what: "average of the weights",
                    expected: format!("{length} numbers for `{path}`"),
                    found: "none, or another number".to_owned(),
                })?;
        }
        Ok(())
    }
}

struct Follower<'a> {
    averages: std::slice::IterMut<'a, Vec<f32>>,
    share: f32,
}

impl ModuleVisitor for Follower<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val();
        if !tensor.is_require_grad() {
            return;
        }
        let Some(average) = self.averages.next() else { return };
        approach(average, &HostNumbers::of(&tensor), self.share);
    }
}

fn approach(average: &mut [f32], parameter: &[f32], share: f32) {
    for (average, &weight) in average.iter_mut().zip(parameter) {
        *average += (weight - *average) * share;
    }
}
