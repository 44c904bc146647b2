//! What every distillation method offers.

use std::collections::BTreeMap;
use std::sync::Arc;

use burn::tensor::Tensor;
use data::Task;
use nn::Weights;
use random::Stream;

use crate::cross_entropy::LABEL_TERM;
use crate::{LogitLoss, MethodError, Moment, OfferedTaps, Signals, TapNames, Term};

/// One named term of a loss.
#[derive(Clone, Debug)]
pub struct Part {
    /// What the term is called in metrics and progress, such as `soft`.
    pub name: &'static str,
    /// The factor of the term in the sum that is minimised.
    pub weight: f64,
    /// The term before its weight: one number, with the student's tape. A term that has nothing to
    /// say about the batch is a constant 0 without a tape.
    pub value: Tensor<1>,
}

impl Part {
    /// The term as a number.
    pub fn term(&self) -> Term {
        let value = tensors::copied(&self.value.clone().without_autodiff());
        let value = f64::from(value.first().copied().unwrap_or_default());
        Term { name: self.name, weight: self.weight, value }
    }
}

/// The parameters of a method itself by name, each as one flat row of numbers on a tape, and what it remembers, without
/// one.
pub type OwnParameters = BTreeMap<String, Tensor<1>>;

/// A piece of what a method remembers that has changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Remembered {
    /// The name in [`Method::memory`].
    pub name: String,
    /// The first number that changed.
    pub start: usize,
    /// It and those behind it, as they are now.
    pub values: Vec<f32>,
}

/// A way to distil: a pure function from the signals of a batch to the parts of a loss.
pub trait Method: Send + Sync + std::fmt::Debug {
    /// The name in a recipe, such as `kd`.
    fn name(&self) -> &'static str;

    /// The terms of the loss, in a fixed order; those of weight 0 are left out.
    ///
    /// # Errors
    /// [`MethodError`] when the signals do not belong together.
    fn parts(&self, signals: &Signals<'_>) -> Result<Vec<Part>, MethodError>;

    /// What the samples must have as targets; none where any will do.
    fn task(&self) -> Option<Task> {
        Some(Task::Classes)
    }

    /// The parameters of the method itself, as they are at first. They are trained with the student by
    /// the same optimiser, without weight decay; they are part of a saved state, and no part of the
    /// student.
    fn parameters(&self) -> Weights {
        Weights::new()
    }

    /// As [`parts`](Self::parts), with the method's own parameters as they are now.
    ///
    /// # Errors
    /// As [`parts`](Self::parts).
    fn parts_with(
        &self,
        signals: &Signals<'_>,
        _parameters: &OwnParameters,
    ) -> Result<Vec<Part>, MethodError> {
        self.parts(signals)
    }

    /// What the method remembers from batch to batch, as it is at first. It is given to the method among its parameters, and
    /// not trained; it is part of a saved state, and no part of the student.
    fn memory(&self) -> Weights {
        Weights::new()
    }

    /// What a batch changes of the [`memory`](Self::memory), from all that [`parts_with`](Self::parts_with) saw.
    ///
    /// # Errors
    /// As [`parts`](Self::parts).
    fn remembered(
        &self,
        _signals: &Signals<'_>,
        _parameters: &OwnParameters,
    ) -> Result<Vec<Remembered>, MethodError> {
        Ok(Vec::new())
    }

    /// Whether it compares taps, and so must be [`fitted`](Self::fitted) to the two networks.
    fn compares_taps(&self) -> bool {
        false
    }

    /// The taps that it compares; none of a method that looks at logits alone, or is not fitted yet.
    fn taps(&self) -> TapNames {
        TapNames::default()
    }

    /// The same method for two networks that offer these taps; what its own parameters begin with is a
    /// function of `stream`. None where a method is the same for all networks.
    ///
    /// # Errors
    /// [`MethodError`] where the networks lack the taps that it needs.
    fn fitted(
        &self,
        _offered: OfferedTaps<'_>,
        _stream: &Stream,
    ) -> Result<Option<Arc<dyn Method>>, MethodError> {
        Ok(None)
    }

    /// The method as it is at a moment of a training; none where it is the same at all times.
    fn at(&self, _moment: Moment) -> Option<Arc<dyn Method>> {
        None
    }

    /// The temperature, where the method has one that may change in the course of a training.
    fn temperature(&self) -> Option<f64> {
        None
    }

    /// The same method with another temperature; none where it has no such option.
    fn with_temperature(&self, _temperature: f64) -> Option<Arc<dyn Method>> {
        None
    }

    /// The same loss as a plain function of logits, where the method offers that.
    fn on_logits(&self) -> Option<&dyn LogitLoss> {
        None
    }

    /// How many samples of a batch with these labels the mean of the term `name` is taken over; the
    /// batches of an accumulated step count by it. The term `label` is over the samples that have a
    /// label, any other over all of them.
    fn samples(&self, name: &str, labels: &[Option<u32>]) -> usize {
        if name == LABEL_TERM { labels.iter().flatten().count() } else { labels.len() }
    }

    /// Samples that a batch must have for all terms to say something. A smaller one, as the last of an epoch may be,
    /// is no error: what compares more samples than there are says nothing about them, and all stays finite.
    fn smallest_batch(&self) -> usize {
        1
    }

    /// Whether labels train the one head of a network with two and the teacher the other. Where only one
    /// of them says something, both heads learn it by their mean, as they do without a teacher: the mean is
    /// what the network says in the end.
    fn trains_both_heads(&self) -> bool {
        true
    }

    /// Whether the student ends in the last layer of its teacher.
    fn reuses_head(&self) -> bool {
        false
    }

    /// Whether the method asks what the teacher said.
    fn needs_teacher(&self) -> bool {
        true
    }

    /// Whether the labels have a weight beside what the teacher says.
    fn weighs_labels(&self) -> bool {
        true
    }

    /// Whether a sample without a label teaches the student anything.
    fn learns_without_labels(&self) -> bool;

    /// Whether one of the methods that it is made of learns nothing from a sample without a label.
    fn has_part_for_labels_alone(&self) -> bool {
        !self.learns_without_labels()
    }

    /// Whether the method looks at the class of each sample, or at its place in the transfer set, beside the label
    /// term: it cannot learn from samples that are mixed with one another.
    fn needs_single_samples(&self) -> bool {
        self.needs_teacher() && self.has_part_for_labels_alone()
    }

    /// Whether the method means something where of the teacher's logits only so many first ones are its own,
    /// and all others are alike.
    fn learns_from_first(&self, _classes: usize) -> bool {
        false
    }
}
