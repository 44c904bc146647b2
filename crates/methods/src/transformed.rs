//! A method that sees other logits than there are.

use std::sync::Arc;

use data::Task;
use nn::Weights;
use random::Stream;

use crate::{
    LogitBatch, LogitLoss, Method, MethodError, Moment, OfferedTaps, OwnParameters, Part,
    Remembered, Signals, TapNames, TermSum,
};

/// What a transform makes of the logits before another method sees them, with a tape and without; both are
/// the same function.
pub trait Transform: Copy + std::fmt::Debug + Send + Sync + 'static {
    /// The parts of `method` by what it sees.
    ///
    /// # Errors
    /// As [`Method::parts_with`].
    fn parts(
        &self,
        method: &dyn Method,
        signals: &Signals<'_>,
        parameters: &OwnParameters,
    ) -> Result<Vec<Part>, MethodError>;

    /// The terms of `loss` by what it sees, with their gradients by the logits themselves.
    ///
    /// # Errors
    /// As [`LogitLoss::terms`].
    fn terms(
        &self,
        loss: &dyn LogitLoss,
        batch: &LogitBatch<'_>,
        sum: &mut TermSum<'_>,
    ) -> Result<(), MethodError>;

    /// The method that sees the transformed logits.
    fn of(self, method: Arc<dyn Method>) -> Transformed<Self> {
        Transformed { transform: self, method }
    }
}

/// A method behind a [`Transform`], which makes it by [`Transform::of`]. All else is the method's own.
#[derive(Clone, Debug)]
pub struct Transformed<T> {
    transform: T,
    method: Arc<dyn Method>,
}

impl<T: Transform> Transformed<T> {
    fn around(&self, method: Option<Arc<dyn Method>>) -> Option<Arc<dyn Method>> {
        method.map(|method| Arc::new(self.transform.of(method)) as Arc<dyn Method>)
    }
}

impl<T: Transform> Method for Transformed<T> {
    fn name(&self) -> &'static str {
        self.method.name()
    }

    fn parts(&self, signals: &Signals<'_>) -> Result<Vec<Part>, MethodError> {
        self.parts_with(signals, &OwnParameters::new())
    }

    fn task(&self) -> Option<Task> {
        self.method.task()
    }

    fn parameters(&self) -> Weights {
        self.method.parameters()
    }

    fn memory(&self) -> Weights {
        self.method.memory()
    }

    fn remembered(
        &self,
        signals: &Signals<'_>,
        parameters: &OwnParameters,
    ) -> Result<Vec<Remembered>, MethodError> {
        self.method.remembered(signals, parameters)
    }

    fn parts_with(
        &self,
        signals: &Signals<'_>,
        parameters: &OwnParameters,
    ) -> Result<Vec<Part>, MethodError> {
        self.transform.parts(self.method.as_ref(), signals, parameters)
    }

    fn trains_both_heads(&self) -> bool {
        self.method.trains_both_heads()
    }

    fn compares_taps(&self) -> bool {
        self.method.compares_taps()
    }

    fn taps(&self) -> TapNames {
        self.method.taps()
    }

    fn fitted(
        &self,
        offered: OfferedTaps<'_>,
        stream: &Stream,
    ) -> Result<Option<Arc<dyn Method>>, MethodError> {
        Ok(self.around(self.method.fitted(offered, stream)?))
    }

    fn at(&self, moment: Moment) -> Option<Arc<dyn Method>> {
        self.around(self.method.at(moment))
    }

    fn temperature(&self) -> Option<f64> {
        self.method.temperature()
    }

    fn with_temperature(&self, temperature: f64) -> Option<Arc<dyn Method>> {
        self.around(self.method.with_temperature(temperature))
    }

    fn on_logits(&self) -> Option<&dyn LogitLoss> {
        self.method.on_logits().is_some().then_some(self)
    }

    fn samples(&self, name: &str, labels: &[Option<u32>]) -> usize {
        self.method.samples(name, labels)
    }

    fn reuses_head(&self) -> bool {
        self.method.reuses_head()
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

impl<T: Transform> LogitLoss for Transformed<T> {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        // Nobody asks for the terms of a method that is no function of logits.
        self.method.on_logits().map_or(Ok(()), |loss| self.transform.terms(loss, batch, sum))
    }
}
