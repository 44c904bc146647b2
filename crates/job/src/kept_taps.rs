//! The taps of a teacher from the label store.

use data::Views;
use labels::Shard;
use methods::Method;
use nn::{Network, Tap};
use teacher::{Recorder, StoredTaps, TapOutputs, TapSource};

use crate::JobError;
use crate::archive::Archive;
use crate::contest::{Contest, Material};
use crate::event::Observer;
use crate::labelling::{Labelling, Share};
use crate::tutor::Taught;

impl<T: Network, S: Network> Contest<'_, T, S> {
    /// Who is asked for the taps of a method in a training: the tutor at each step, or what it once held there
    /// where the recipe keeps that. The inner value is none where nobody is; none when the observer
    /// stopped the recording.
    pub(crate) fn taps<'t>(
        &'t self,
        tutor: Option<&'t Taught<'t, T, S>>,
        method: &dyn Method,
        (seed, views): (u64, &'t Views),
        archive: &Option<Archive>,
        observer: &mut dyn Observer,
    ) -> Result<Option<Option<Box<dyn TapSource + 't>>>, JobError> {
        let source = self.tap_source(tutor, method, seed)?;
        let (Some(tutor), Some(source), true) = (tutor, &source, self.keeping.taps) else {
            return Ok(Some(source));
        };
        let mut kept = Vec::new();
        for tap in self.compared(tutor, method) {
            let outputs = tap.shape.len();
            let Material { train, room, .. } = self.material;
            let mut recorder = Recorder::new(outputs, train.len(), views.count(), room)?;
            let mut take = |shard: &Shard, values: &[f32]| Ok(recorder.push(shard.view, values)?);
            let done =
                self.tap_labelling(tutor, (source.as_ref(), &tap), (seed, views), |labelling| {
                    let shelf = archive.as_ref().map(Archive::shelf);
                    labelling.run(shelf, Share::WHOLE, observer, &mut take)
                })?;
            if done.is_none() {
                return Ok(None);
            }
            let recorded = recorder.finish()?;
            kept.push((tap, recorded));
        }
        Ok(Some(Some(Box::new(StoredTaps::new(kept)))))
    }

    /// Does something with the recording of each tap that the student's method compares, where the recipe keeps
    /// them; whether all of it was done.
    pub(crate) fn tap_labellings(
        &self,
        tutor: &Taught<'_, T, S>,
        (seed, views): (u64, &Views),
        mut run: impl FnMut(&Labelling<'_>) -> Result<bool, JobError>,
    ) -> Result<bool, JobError> {
        if !self.keeping.taps {
            return Ok(true);
        }
        let heir = self.heir(seed, Some(tutor))?;
        let fitted = self.fitted(seed, &self.student().made_as(heir.as_deref()))?;
        let method = fitted.as_deref().unwrap_or(self.method);
        let Some(source) = self.tap_source(Some(tutor), method, seed)? else { return Ok(true) };
        for tap in self.compared(tutor, method) {
            if !self.tap_labelling(tutor, (source.as_ref(), &tap), (seed, views), &mut run)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The taps of a tutor that a method compares.
    fn compared(&self, tutor: &Taught<'_, T, S>, method: &dyn Method) -> Vec<Tap> {
        let wanted = method.taps().teacher;
        let mut offered = self.offered_by(tutor);
        offered.retain(|tap| wanted.contains(&tap.name));
        offered
    }

    /// Does something with the recording of a tap.
    fn tap_labelling<R>(
        &self,
        tutor: &Taught<'_, T, S>,
        (source, tap): (&dyn TapSource, &Tap),
        (seed, views): (u64, &Views),
        run: impl FnOnce(&Labelling<'_>) -> R,
    ) -> R {
        let samples = self.material.train;
        let teacher = &TapOutputs::new(source, tap, samples, views);
        self.labelling(tutor, views, seed, |labels| {
            let fingerprint = labels.fingerprint.clone();
            run(&Labelling { tap: Some(tap), teacher, fingerprint, ..*labels })
        })
    }
}
