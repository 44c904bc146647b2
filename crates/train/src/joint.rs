//! The joint loss and gradient of the batches of one step.

use burn::tensor::Tensor;
use methods::{Method, Part, Term};
use tensors::{recycle, weighted_sum};

use crate::TrainError;
use crate::batch::Batch;
use crate::gradients::check_finite;
use crate::watcher::NamedValues;

/// What part of a step one of its batches is.
///
/// A term of a loss is a mean over samples. So that the batches of a step give the loss and the
/// gradient of one joint batch, each counts by the samples that its mean is taken over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share<'a> {
    method: &'a dyn Method,
    batch: &'a [Option<u32>],
    step: &'a [Option<u32>],
}

impl<'a> Share<'a> {
    /// The part of `batch` in a step over samples with the labels `step`.
    pub(crate) fn of(method: &'a dyn Method, batch: &'a Batch, step: &'a [Option<u32>]) -> Self {
        Self { method, batch: &batch.labels, step }
    }

    /// What the term counts; exactly 1 where the step has one batch.
    pub(crate) fn of_term(&self, name: &str) -> f64 {
        let samples = |labels| self.method.samples(name, labels) as f64;
        let all = samples(self.step);
        if all > 0.0 { samples(self.batch) / all } else { 1.0 }
    }
}

/// The sums over the batches of a step.
#[derive(Debug, Default)]
pub(crate) struct Joint {
    terms: Vec<Term>,
    gradients: Option<Vec<Vec<f32>>>,
}

impl Joint {
    /// Adds the terms of a batch, each by its share, and its gradient, which has the shares in it.
    pub(crate) fn add(&mut self, terms: Vec<Term>, share: &Share<'_>, gradients: Vec<Vec<f32>>) {
        for term in terms {
            let value = term.value * share.of_term(term.name);
            match self.terms.iter_mut().find(|sum| sum.name == term.name) {
                Some(sum) => sum.value += value,
                None => self.terms.push(Term { value, ..term }),
            }
        }
        let Some(sums) = &mut self.gradients else {
            self.gradients = Some(gradients);
            return;
        };
        for (sum, gradient) in sums.iter_mut().zip(gradients) {
            sum.iter_mut().zip(&gradient).for_each(|(sum, value)| *sum += value);
            recycle(gradient);
        }
    }

    /// The loss, its terms by name, and the gradient of each parameter.
    pub(crate) fn finish(self) -> (f64, NamedValues, Vec<Vec<f32>>) {
        let loss = self.terms.iter().map(|term| term.weight * term.value).sum();
        let named = self.terms.iter().map(|term| (term.name, term.value)).collect();
        (loss, named, self.gradients.unwrap_or_default())
    }
}

/// Checks that the terms of a batch are finite.
pub(crate) fn check_terms(terms: &[Term], step: u64) -> Result<(), TrainError> {
    terms.iter().try_for_each(|Term { name, value, .. }| {
        check_finite(|| format!("loss part `{name}`"), &[*value as f32], step)
    })
}

/// The sum of all parts, each times its weight and its share of the step; none when there is no
/// part.
pub(crate) fn total(parts: &[Part], share: &Share<'_>) -> Option<Tensor<1>> {
    let factor = |part: &Part| part.weight * share.of_term(part.name);
    let weighted: Vec<_> = parts.iter().map(|part| (part.value.clone(), factor(part))).collect();
    weighted_sum(&weighted)
}
