//! The recorded outputs of a teacher.

use std::borrow::Cow;

use data::{DataError, Mix, Room, Samples, ValueWriter, Values, Views};
use nn::Network;

use crate::frozen::view_logits;
use crate::{About, LogitSource, Part, TeacherError};

/// The teacher's logits for every view of every sample of the transfer set, at temperature 1.
#[derive(Clone, PartialEq)]
pub struct SoftTargets {
    classes: usize,
    samples: usize,
    /// For each view the logits of all samples, row by row.
    views: Vec<Values>,
}

/// Takes the logits of the samples of each view, one after the other.
#[derive(Debug)]
pub struct Recorder {
    classes: usize,
    samples: usize,
    views: Vec<ValueWriter>,
}

impl Recorder {
    /// For so many samples in so many views, with the logits kept where there is room for them.
    ///
    /// # Errors
    /// [`DataError::Scratch`] where a file cannot be made.
    pub fn new(
        classes: usize,
        samples: usize,
        views: usize,
        room: &Room,
    ) -> Result<Self, DataError> {
        let views = (0..views).map(|_| room.writer(samples, classes)).collect::<Result<_, _>>()?;
        Ok(Self { classes, samples, views })
    }

    /// Adds the logits of the next samples of a view, row by row. What is too much is left out.
    ///
    /// # Errors
    /// [`DataError::Scratch`] where a file cannot be written.
    pub fn push(&mut self, view: usize, logits: &[f32]) -> Result<(), DataError> {
        let Some(known) = self.views.get_mut(view) else { return Ok(()) };
        let room = self.samples.saturating_mul(self.classes).saturating_sub(known.len());
        known.push(logits.get(..room.min(logits.len())).unwrap_or_default())
    }

    /// All that was recorded.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn finish(self) -> Result<SoftTargets, DataError> {
        let Self { classes, samples, views } = self;
        let views = views.into_iter().map(ValueWriter::finish).collect::<Result<_, _>>()?;
        Ok(SoftTargets { classes, samples, views })
    }
}

impl SoftTargets {
    /// Runs `teacher` over every view of `samples`, and keeps what it says in memory.
    ///
    /// # Errors
    /// [`TeacherError::Network`] when shapes do not fit, [`TeacherError::NotFinite`] when the
    /// teacher gives something else than numbers.
    pub fn record<N: Network>(
        teacher: &N,
        samples: &Samples,
        views: &Views,
        classes: usize,
    ) -> Result<Self, TeacherError> {
        let mut targets = Recorder::new(classes, samples.len(), views.count(), &Room::MEMORY)?;
        for view in 0..views.count() {
            let rows: Vec<usize> = (0..samples.len()).collect();
            let logits = view_logits(teacher, (samples, views), (view, None), &rows, classes)?;
            check_finite(&logits, (Part::Train, view), &rows, classes)?;
            targets.push(view, &logits)?;
        }
        Ok(targets.finish()?)
    }

    /// The teacher's logits of one sample in one view; empty when there is no such sample or view.
    ///
    /// # Errors
    /// [`DataError::Scratch`] where they are in a file that cannot be read.
    pub fn logits(&self, view: usize, sample: usize) -> Result<Cow<'_, [f32]>, DataError> {
        match self.views.get(view).filter(|_| sample < self.samples) {
            Some(logits) => logits.row(sample, self.classes),
            None => Ok(Cow::Borrowed(&[])),
        }
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }
}

/// The sizes alone; the logits would fill the screen.
impl std::fmt::Debug for SoftTargets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (views, samples) = (self.views.len(), self.samples);
        write!(formatter, "{} logits of {samples} samples in {views} views", self.classes)
    }
}

impl LogitSource for SoftTargets {
    fn said(
        &self,
        view: usize,
        rows: &[usize],
        mix: Option<&Mix>,
    ) -> Result<Vec<f32>, TeacherError> {
        single(mix)?;
        let mut said = Vec::with_capacity(rows.len().saturating_mul(self.classes));
        for &row in rows {
            said.extend_from_slice(&self.logits(view, row)?);
        }
        Ok(said)
    }

    fn outputs(&self) -> usize {
        self.classes
    }
}

/// Refuses mixed samples, of which nothing was recorded.
///
/// # Errors
/// [`TeacherError::Mixed`]
pub(crate) fn single(mix: Option<&Mix>) -> Result<(), TeacherError> {
    match mix {
        Some(_) => Err(TeacherError::Mixed),
        None => Ok(()),
    }
}

/// Checks the logits of samples of a part in a view, of which these are the numbers.
///
/// # Errors
/// [`TeacherError::NotFinite`] for the first that is not finite.
pub fn check_finite(
    logits: &[f32],
    (part, view): (Part, usize),
    rows: &[usize],
    classes: usize,
) -> Result<(), TeacherError> {
    match logits.iter().position(|logit| !logit.is_finite()) {
        None => Ok(()),
        Some(index) => Err(TeacherError::NotFinite {
            about: About {
                part,
                sample: rows.get(index / classes.max(1)).copied().unwrap_or_default(),
                place: None,
            },
            view,
            found: logits.get(index).copied().unwrap_or(f32::NAN),
        }),
    }
}
