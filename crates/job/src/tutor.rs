//! Who teaches: found or trained, and asked about the transfer set.

use data::{Mix, Samples, Views};
use labels::Shard;
use nn::{Network, read_weights};
use teacher::{LogitSource, Part, Recorder, TeacherError, View, check_finite, view_logits};
use train::{OwnTeacher, Settings};

use crate::JobError;
use crate::archive::Archive;
use crate::contest::{Builder, Contest, Judges, Material};
use crate::event::{Observer, Phase};
use crate::labelling::{Labelling, Share};
use crate::ready::Lessons;
use crate::training::Trained;

/// Where the teacher of a seed comes from.
pub(crate) enum Tutor<'a, T> {
    /// Trained on the labels.
    Trained { build: &'a Builder<'a, T>, settings: Box<Settings> },
    /// There before, and the same for all seeds.
    Ready(Lessons<'a>),
    /// The average of the student's own weights: another one at each step.
    Own(OwnTeacher),
}

/// Who is asked about the samples: the teacher of a seed, or an assistant that learned from it.
#[derive(Debug)]
pub(crate) enum Taught<'t, T, S> {
    Trained(&'t Trained<T>),
    Ready(Lessons<'t>),
    Assistant(&'t Trained<S>),
}

/// The head of a chain.
pub(crate) struct Head<'j, T> {
    /// None where it is not trained here.
    pub(crate) teacher: Option<Trained<T>>,
    /// Those who know what it says.
    pub(crate) judges: Judges<'j>,
}

impl<T: Network, S: Network> Contest<'_, T, S> {
    /// The teacher of a seed where it is trained here, and the judges who know it or the one that was there
    /// before; none when the observer stopped its training.
    pub(crate) fn find_teacher(
        &self,
        phase: Phase,
        views: &Views,
        archive: &mut Option<Archive>,
        observer: &mut dyn Observer,
    ) -> Result<Option<Head<'_, T>>, JobError> {
        let mut judges = self.judges();
        let known = !judges.validation.is_empty();
        if let Tutor::Ready(lessons) = self.teacher {
            if known {
                judges.teacher = lessons.validation()?;
            }
            return Ok(Some(Head { teacher: None, judges }));
        }
        if let Tutor::Own(_) = self.teacher {
            return Ok(Some(Head { teacher: None, judges }));
        }
        let Some(teacher) = self.teach(phase, views, &judges, archive, observer)? else {
            return Ok(None);
        };
        if known {
            judges.teacher = Some(judges.question.ask(&teacher.network, judges.validation)?);
        }
        Ok(Some(Head { teacher: Some(teacher), judges }))
    }

    /// Who teaches after these assistants: the last of them, or the teacher where there is none yet. None
    /// where the student teaches itself.
    pub(crate) fn tutor<'t>(
        &'t self,
        teacher: Option<&'t Trained<T>>,
        assistants: &'t [Trained<S>],
    ) -> Result<Option<Taught<'t, T, S>>, JobError> {
        match (assistants.last(), teacher, &self.teacher) {
            (Some(assistant), ..) => Ok(Some(Taught::Assistant(assistant))),
            (None, Some(trained), _) => Ok(Some(Taught::Trained(trained))),
            (None, None, Tutor::Ready(lessons)) => Ok(Some(Taught::Ready(*lessons))),
            (None, None, Tutor::Own(_)) => Ok(None),
            (None, None, Tutor::Trained { .. }) => Err(JobError::TeacherNotTrained),
        }
    }

    /// What a tutor says about the transfer set: where each epoch has a view of its own, or samples are mixed, it is asked at each step;
    /// else from the label store where the labels are there whole, and asked now where not. None when the observer
    /// stopped the labelling.
    pub(crate) fn soft_targets<'t>(
        &'t self,
        tutor: &'t Taught<'t, T, S>,
        views: &'t Views,
        seed: u64,
        archive: &Option<Archive>,
        observer: &mut dyn Observer,
    ) -> Result<Option<Box<dyn LogitSource + 't>>, JobError> {
        if views.are_online() || self.settings.mixing.is_some() {
            return Ok(Some(Box::new(self.asked(tutor, views, seed))));
        }
        let shelf = archive.as_ref().map(Archive::shelf);
        let outputs = self.material.question.outputs;
        let Material { train, room, .. } = self.material;
        let mut targets = Recorder::new(outputs, train.len(), views.count(), room)?;
        let mut take = |shard: &Shard, values: &[f32]| Ok(targets.push(shard.view, values)?);
        let labelled = self.labelling(tutor, views, seed, |labelling| {
            labelling.run(shelf, Share::WHOLE, observer, &mut take)
        })?;
        if labelled.is_none() {
            return Ok(None);
        }
        Ok(Some(Box::new(targets.finish()?)))
    }

    /// Does something with the labels of who teaches.
    pub(crate) fn labelling<R>(
        &self,
        tutor: &Taught<'_, T, S>,
        views: &Views,
        seed: u64,
        run: impl FnOnce(&Labelling<'_>) -> R,
    ) -> R {
        let teacher = &self.asked(tutor, views, seed);
        let (fingerprint, is_trained) = match tutor {
            Taught::Trained(trained) => (fingerprint(&trained.network), true),
            Taught::Assistant(trained) => (fingerprint(&trained.network), true),
            Taught::Ready(lessons) => (lessons.fingerprint(), false),
        };
        let (samples, keeping) = (self.material.train, self.keeping);
        run(&Labelling {
            seed,
            samples,
            views,
            keeping,
            fingerprint,
            is_trained,
            teacher,
            tap: None,
        })
    }

    fn asked<'t>(&self, tutor: &'t Taught<'t, T, S>, views: &'t Views, seed: u64) -> Asked<'t, T, S>
    where
        Self: 't,
    {
        let Material { train: samples, question, .. } = self.material;
        Asked { tutor, samples, views, seed, outputs: question.outputs }
    }
}

/// Who teaches, and is asked about samples of the transfer set in the views of a seed.
#[derive(Debug)]
struct Asked<'t, T, S> {
    tutor: &'t Taught<'t, T, S>,
    samples: &'t Samples,
    views: &'t Views,
    seed: u64,
    outputs: usize,
}

impl<T: Network, S: Network> LogitSource for Asked<'_, T, S> {
    fn said(
        &self,
        view: usize,
        rows: &[usize],
        mix: Option<&Mix>,
    ) -> Result<Vec<f32>, TeacherError> {
        let Self { tutor, samples, views, seed, outputs } = *self;
        let logits = match tutor {
            Taught::Trained(trained) => {
                view_logits(&trained.network, (samples, views), (view, mix), rows, outputs)
            }
            Taught::Assistant(trained) => {
                view_logits(&trained.network, (samples, views), (view, mix), rows, outputs)
            }
            Taught::Ready(lessons) => lessons.ask(View { seed, number: view, mix }, rows),
        }?;
        check_finite(&logits, (Part::Train, view), rows, outputs)?;
        Ok(logits)
    }

    fn outputs(&self) -> usize {
        self.outputs
    }
}

/// A hash of all weights with their paths.
fn fingerprint<N: Network>(network: &N) -> String {
    let mut bytes = Vec::new();
    for (path, weight) in read_weights(network) {
        bytes.extend(path.as_bytes());
        bytes.extend(weight.values.iter().flat_map(|value| value.to_le_bytes()));
    }
    store::hash_bytes(&bytes)
}
