//! A method that compares taps, fitted to the two networks of a seed.

use std::sync::Arc;

use methods::{Method, MethodError, OfferedTaps};
use nn::{Network, Tap, probe};
use random::Stream;
use teacher::{NetworkTaps, TapSource};

use crate::JobError;
use crate::chain::Learner;
use crate::contest::{Builder, Contest, TEACHER};
use crate::tutor::{Taught, Tutor};

impl<T: Network, S: Network> Contest<'_, T, S> {
    /// The method for a learner of a seed and the network before it; none where it is the same for all
    /// networks.
    pub(crate) fn fitted(
        &self,
        seed: u64,
        learner: &Learner<'_, S>,
    ) -> Result<Option<Arc<dyn Method>>, JobError> {
        if !self.method.compares_taps() {
            return Ok(None);
        }
        let student = self.offered(seed, &learner.name, learner.build)?;
        let before = self.assistants().take_while(|assistant| assistant.role != learner.role);
        let teacher = match (before.last(), &self.teacher) {
            (Some(assistant), _) => self.offered(seed, &assistant.name, assistant.build)?,
            (None, Tutor::Trained { build, .. }) => self.offered(seed, TEACHER, *build)?,
            (None, Tutor::Ready(lessons)) => lessons.taps(),
            (None, Tutor::Own(_)) => student.clone(),
        };
        let labels = &self.material.train.labels;
        let batch_size = self.settings.batch_size;
        let offered = OfferedTaps { student: &student, teacher: &teacher, labels, batch_size };
        let stream = Stream::new(seed, &learner.name).named("method");
        let failed = |source| match self.assistants.is_empty() {
            true => JobError::from(source),
            false => {
                let (learner, source) = (learner.role.words().into_owned(), Box::new(source));
                JobError::Link { learner, source }
            }
        };
        let fitted = self.method.fitted(offered, &stream).map_err(failed)?;
        // Its teacher is another one at each step, and is not told the rows.
        let remembers = fitted.as_ref().is_some_and(|method| !method.memory().is_empty());
        match (&self.teacher, remembers) {
            (Tutor::Own(_), true) => Err(JobError::Remembers),
            _ => Ok(fitted),
        }
    }

    /// The taps of a network as it is before its training.
    fn offered<N: Network>(
        &self,
        seed: u64,
        name: &str,
        build: &Builder<'_, N>,
    ) -> Result<Vec<Tap>, JobError> {
        let stream = Stream::new(seed, name).named("initial weights");
        let network = build(stream, &nn::cpu())?;
        Ok(probe(&network, self.material.train.shape.len()))
    }

    /// The taps that a tutor offers.
    pub(crate) fn offered_by(&self, tutor: &Taught<'_, T, S>) -> Vec<Tap> {
        let width = self.material.train.shape.len();
        match tutor {
            Taught::Trained(trained) => probe(&trained.network, width),
            Taught::Assistant(trained) => probe(&trained.network, width),
            Taught::Ready(lessons) => lessons.taps(),
        }
    }

    /// The tutor as who is asked for the taps of a method; none where that looks at none, and where
    /// the learner teaches itself.
    pub(crate) fn tap_source<'t>(
        &self,
        tutor: Option<&'t Taught<'_, T, S>>,
        method: &dyn Method,
        seed: u64,
    ) -> Result<Option<Box<dyn TapSource + 't>>, JobError> {
        let names = method.taps().teacher;
        let Some(tutor) = tutor.filter(|_| !names.is_empty()) else { return Ok(None) };
        match tutor {
            Taught::Trained(trained) => {
                Ok(Some(Box::new(NetworkTaps::new(&trained.network, names, None))))
            }
            Taught::Assistant(trained) => {
                Ok(Some(Box::new(NetworkTaps::new(&trained.network, names, None))))
            }
            Taught::Ready(lessons) => Ok(lessons.tap_source(seed, names)?),
        }
    }
}

/// Whether a method that compares the samples of a batch will have enough of them, of so many rows.
pub(crate) fn check_batch(
    method: &dyn Method,
    batch_size: usize,
    rows: usize,
) -> Result<(), JobError> {
    let (expected, found) = (method.smallest_batch(), batch_size.min(rows));
    if found >= expected {
        return Ok(());
    }
    let method = method.name();
    Err(JobError::Method(Box::new(MethodError::SmallBatch { method, expected, found })))
}
