//! Methods one after the other.

use std::sync::Arc;

use data::Task;
use nn::Weights;
use random::Stream;

use crate::own_numbers::terms_of_part;
use crate::{
    LogitBatch, LogitLoss, Method, MethodError, Moment, OfferedTaps, OwnParameters, Part,
    Remembered, Signals, TapNames, TermSum,
};

/// Methods for the first epochs of a training, and another one for all that are left, as FitNets first follow a hint
/// and then the outputs (Romero et al., "FitNets: hints for thin deep nets", 2015).
///
/// Courses of weights and temperatures run within each stage. The own parameters of all stages are there from the
/// beginning; those of another stage have the gradient 0.
///
/// ```
/// use std::sync::Arc;
///
/// use potstill_methods::{Alone, Kd, Method, Moment, Staged};
///
/// let staged = Staged::new(vec![(2, Arc::new(Alone))], Arc::new(Kd::default()));
/// let at = |step| staged.at(Moment { step, steps_per_epoch: 5, epochs: 3 });
/// assert!(at(9).is_some_and(|method| !method.needs_teacher()));
/// assert!(at(10).is_some_and(|method| method.needs_teacher()));
/// ```
#[derive(Clone, Debug)]
pub struct Staged {
    /// Each with its epochs.
    before: Vec<(u64, Arc<dyn Method>)>,
    last: Arc<dyn Method>,
}

impl Staged {
    /// The methods of the stages before the last with their epochs, and the method of the last.
    pub fn new(before: Vec<(u64, Arc<dyn Method>)>, last: Arc<dyn Method>) -> Self {
        Self { before, last }
    }

    /// What all stages have, each with its stage before its name.
    fn named(&self, of: impl Fn(&Arc<dyn Method>) -> Weights) -> Weights {
        let of_stage = |(stage, method): (usize, &Arc<dyn Method>)| {
            let own = of(method).into_iter();
            own.map(move |(name, own)| (format!("{}{name}", prefix(stage)), own))
                .collect::<Vec<_>>()
        };
        self.methods().enumerate().flat_map(of_stage).collect()
    }

    fn methods(&self) -> impl Iterator<Item = &Arc<dyn Method>> {
        self.before.iter().map(|(_, method)| method).chain([&self.last])
    }
}

/// What the names of the own parameters of a stage begin with.
fn prefix(stage: usize) -> String {
    format!("stage-{}.", stage + 1)
}

impl Method for Staged {
    fn name(&self) -> &'static str {
        "stages"
    }

    /// Those of the last stage; a training asks for the method of the moment.
    fn parts(&self, signals: &Signals<'_>) -> Result<Vec<Part>, MethodError> {
        self.last.parts(signals)
    }

    fn task(&self) -> Option<Task> {
        self.methods().find_map(|method| method.task())
    }

    fn parameters(&self) -> Weights {
        self.named(|method| method.parameters())
    }

    fn memory(&self) -> Weights {
        self.named(|method| method.memory())
    }

    fn weighs_labels(&self) -> bool {
        self.methods().any(|method| method.weighs_labels())
    }

    fn compares_taps(&self) -> bool {
        self.methods().any(|method| method.compares_taps())
    }

    fn taps(&self) -> TapNames {
        self.methods().map(|method| method.taps()).fold(TapNames::default(), TapNames::and)
    }

    fn fitted(
        &self,
        offered: OfferedTaps<'_>,
        stream: &Stream,
    ) -> Result<Option<Arc<dyn Method>>, MethodError> {
        let fit = |stage: usize, method: &Arc<dyn Method>| -> Result<_, MethodError> {
            let fitted = method.fitted(offered, &stream.named(&prefix(stage)))?;
            Ok(fitted.unwrap_or_else(|| method.clone()))
        };
        let before = self.before.iter().enumerate();
        let before = before.map(|(stage, (epochs, method))| Ok((*epochs, fit(stage, method)?)));
        let before = before.collect::<Result<_, MethodError>>()?;
        let last = fit(self.before.len(), &self.last)?;
        Ok(Some(Arc::new(Self { before, last })))
    }

    fn at(&self, moment: Moment) -> Option<Arc<dyn Method>> {
        let Moment { steps_per_epoch, .. } = moment;
        let (mut first, mut left) = (0, moment.epochs);
        let mut stages = self.before.iter().enumerate();
        let found = stages.find_map(|(stage, (epochs, method))| {
            let after = epochs.saturating_mul(steps_per_epoch).saturating_add(first);
            if moment.step < after {
                return Some((stage, *epochs, method));
            }
            first = after;
            left = left.saturating_sub(*epochs);
            None
        });
        let (stage, epochs, method) = found.unwrap_or((self.before.len(), left, &self.last));
        let within = Moment { step: moment.step.saturating_sub(first), epochs, steps_per_epoch };
        let method = method.at(within).unwrap_or_else(|| method.clone());
        Some(Arc::new(Stage { prefix: prefix(stage), method }))
    }

    fn reuses_head(&self) -> bool {
        self.methods().any(|method| method.reuses_head())
    }

    fn smallest_batch(&self) -> usize {
        self.methods().map(|method| method.smallest_batch()).max().unwrap_or(1)
    }

    fn needs_teacher(&self) -> bool {
        self.methods().any(|method| method.needs_teacher())
    }

    fn learns_without_labels(&self) -> bool {
        self.methods().any(|method| method.learns_without_labels())
    }

    fn has_part_for_labels_alone(&self) -> bool {
        self.methods().any(|method| method.has_part_for_labels_alone())
    }

    fn needs_single_samples(&self) -> bool {
        self.methods().any(|method| method.needs_single_samples())
    }
}

/// The method of one stage, which finds its own parameters among those of all.
#[derive(Debug)]
struct Stage {
    prefix: String,
    method: Arc<dyn Method>,
}

impl Stage {
    /// The parameters of the stage among those of all.
    fn own(&self, all: &OwnParameters) -> OwnParameters {
        let of_stage = all.iter().filter_map(|(name, value)| {
            Some((name.strip_prefix(&self.prefix)?.to_owned(), value.clone()))
        });
        of_stage.collect()
    }
}

impl Method for Stage {
    fn name(&self) -> &'static str {
        self.method.name()
    }

    fn parts(&self, signals: &Signals<'_>) -> Result<Vec<Part>, MethodError> {
        self.method.parts(signals)
    }

    fn task(&self) -> Option<Task> {
        self.method.task()
    }

    fn parts_with(
        &self,
        signals: &Signals<'_>,
        parameters: &OwnParameters,
    ) -> Result<Vec<Part>, MethodError> {
        self.method.parts_with(signals, &self.own(parameters))
    }

    fn remembered(
        &self,
        signals: &Signals<'_>,
        parameters: &OwnParameters,
    ) -> Result<Vec<Remembered>, MethodError> {
        let changes = self.method.remembered(signals, &self.own(parameters))?.into_iter();
        let named = changes
            .map(|change| Remembered { name: format!("{}{}", self.prefix, change.name), ..change });
        Ok(named.collect())
    }

    fn taps(&self) -> TapNames {
        self.method.taps()
    }

    fn on_logits(&self) -> Option<&dyn LogitLoss> {
        self.method.on_logits().is_some().then_some(self)
    }

    fn trains_both_heads(&self) -> bool {
        self.method.trains_both_heads()
    }

    fn samples(&self, name: &str, labels: &[Option<u32>]) -> usize {
        self.method.samples(name, labels)
    }

    fn smallest_batch(&self) -> usize {
        self.method.smallest_batch()
    }

    fn needs_teacher(&self) -> bool {
        self.method.needs_teacher()
    }

    fn learns_without_labels(&self) -> bool {
        self.method.learns_without_labels()
    }

    fn has_part_for_labels_alone(&self) -> bool {
        self.method.has_part_for_labels_alone()
    }

    fn needs_single_samples(&self) -> bool {
        self.method.needs_single_samples()
    }
}

impl LogitLoss for Stage {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        // Nobody asks for the terms of a method that is no function of logits.
        let loss = self.method.on_logits();
        loss.map_or(Ok(()), |loss| terms_of_part(|| self.prefix.clone(), loss, batch, sum))
    }
}
