//! What makes a loss of logits a way to distil.

use std::sync::Arc;

use data::Task;

use crate::{LogitLoss, Method, MethodError, Part, Signals, logit_parts};

/// A way to distil that is a function of logits, with what a [`LogitLoss`] does not say of it.
///
/// ```
/// use potstill_methods::{LogitBatch, LogitLoss, LogitMethod, Method, MethodError, TermSum};
///
/// /// Pulls all logits to 0, whatever the teacher says.
/// #[derive(Clone, Debug)]
/// struct Calm;
///
/// impl LogitMethod for Calm {
///     const NAME: &str = "calm";
///     const NEEDS_TEACHER: bool = false;
/// }
///
/// impl LogitLoss for Calm {
///     fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
///         let samples = (batch.student.len() / batch.classes) as f64;
///         sum.add("calm", 1.0, |gradient| {
///             let logits = batch.student.iter().map(|&logit| f64::from(logit));
///             for (slope, logit) in gradient.iter_mut().zip(logits.clone()) {
///                 *slope = (2.0 * logit / samples) as f32;
///             }
///             logits.map(|logit| logit * logit).sum::<f64>() / samples
///         });
///         Ok(())
///     }
/// }
///
/// assert_eq!(Calm.name(), "calm");
/// assert!(Calm.learns_without_labels() && !Calm.needs_teacher());
/// ```
pub trait LogitMethod: LogitLoss + Clone + 'static {
    /// The name in a recipe.
    const NAME: &'static str;
    /// What the samples must have as targets.
    const TASK: Task = Task::Classes;
    /// The terms that are means over the samples with a label alone. A method that has such terms has no
    /// others, and learns nothing from a sample without a label.
    const LABELLED_TERMS: &'static [&'static str] = &[];
    /// Whether it asks what the teacher said.
    const NEEDS_TEACHER: bool = true;

    /// The temperature, where it has one that may change in the course of a training.
    fn temperature_mut(&mut self) -> Option<&mut f64> {
        None
    }

    /// The temperature, and what a schedule of it begins with.
    fn of_temperature(&self) -> Option<f64> {
        self.clone().temperature_mut().copied()
    }

    /// The same method with another temperature; none without one.
    fn at_temperature(mut self, temperature: f64) -> Option<Self> {
        *self.temperature_mut()? = temperature;
        Some(self)
    }

    /// Whether it means something where of the teacher's logits only so many first ones are its own.
    fn takes_first(&self, _classes: usize) -> bool {
        false
    }

    /// Samples that a batch must have for all terms to say something.
    fn fewest_samples(&self) -> usize {
        1
    }
}

impl<M: LogitMethod> Method for M {
    fn name(&self) -> &'static str {
        M::NAME
    }

    fn parts(&self, signals: &Signals<'_>) -> Result<Vec<Part>, MethodError> {
        logit_parts(self, signals)
    }

    fn task(&self) -> Option<Task> {
        Some(M::TASK)
    }

    fn on_logits(&self) -> Option<&dyn LogitLoss> {
        Some(self)
    }

    /// There is no term of labels.
    fn trains_both_heads(&self) -> bool {
        false
    }

    fn samples(&self, name: &str, labels: &[Option<u32>]) -> usize {
        let labelled = M::LABELLED_TERMS.contains(&name);
        if labelled { labels.iter().flatten().count() } else { labels.len() }
    }

    fn smallest_batch(&self) -> usize {
        self.fewest_samples()
    }

    fn needs_teacher(&self) -> bool {
        M::NEEDS_TEACHER
    }

    fn learns_without_labels(&self) -> bool {
        M::LABELLED_TERMS.is_empty()
    }

    fn learns_from_first(&self, classes: usize) -> bool {
        self.takes_first(classes)
    }

    fn temperature(&self) -> Option<f64> {
        self.of_temperature()
    }

    fn with_temperature(&self, temperature: f64) -> Option<Arc<dyn Method>> {
        let other = self.clone().at_temperature(temperature)?;
        Some(Arc::new(other))
    }
}
