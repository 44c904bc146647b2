//! A method that compares taps, fitted to the two networks of a seed.

use std::sync::Arc;

use methods::{Method, OfferedTaps};
use nn::{Network, Tap, probe};
use random::Stream;
use teacher::{NetworkTaps, TapSource};

use crate::JobError;
use crate::contest::{Builder, Contest, Taught, Tutor};

impl<T: Network, S: Network> Contest<'_, T, S> {
    /// The method for the networks of a seed; none where it is the same for all networks.
    pub(crate) fn fitted(&self, seed: u64) -> Result<Option<Arc<dyn Method>>, JobError> {
        if !self.method.compares_taps() {
            return Ok(None);
        }
        let student = self.offered(seed, "student", self.student)?;
        let teacher = match &self.teacher {
            Tutor::Trained { build, .. } => self.offered(seed, "teacher", *build)?,
            Tutor::Ready(lessons) => lessons.taps(),
        };
        let offered = OfferedTaps { student: &student, teacher: &teacher };
        let stream = Stream::new(seed, "student").named("method");
        Ok(self.method.fitted(offered, &stream)?)
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

    /// The teacher of a seed as who is asked for the taps of a method; none where that looks at none.
    pub(crate) fn tap_source<'t>(
        &self,
        teacher: &'t Taught<'_, T>,
        method: &dyn Method,
        seed: u64,
    ) -> Result<Option<Box<dyn TapSource + 't>>, JobError> {
        let names = method.taps().teacher;
        if names.is_empty() {
            return Ok(None);
        }
        match teacher {
            Taught::Trained(trained) => {
                Ok(Some(Box::new(NetworkTaps::new(&trained.network, names, None))))
            }
            Taught::Ready(lessons) => Ok(lessons.tap_source(seed, names)?),
        }
    }
}
