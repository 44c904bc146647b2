//! The recorded outputs of a teacher.

use data::{Samples, Views};
use nn::Network;

use crate::frozen::view_logits;
use crate::{LogitSource, TeacherError};

/// The teacher's logits for every view of every sample of the transfer set, at temperature 1.
#[derive(Clone, Debug, PartialEq)]
pub struct SoftTargets {
    classes: usize,
    samples: usize,
    /// For each view the logits of all samples, row by row.
    views: Vec<Vec<f32>>,
}

impl SoftTargets {
    /// Targets for so many samples in so many views, of which none is known yet.
    pub fn empty(classes: usize, samples: usize, views: usize) -> Self {
        Self { classes, samples, views: vec![Vec::new(); views] }
    }

    /// Adds the logits of the next samples of a view, row by row. What is too much is left out.
    pub fn push(&mut self, view: usize, logits: &[f32]) {
        if let Some(known) = self.views.get_mut(view) {
            let room = self.samples.saturating_mul(self.classes).saturating_sub(known.len());
            known.extend(logits.iter().take(room));
        }
    }

    /// Runs `teacher` over every view of `samples`.
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
        let mut targets = Self::empty(classes, samples.len(), views.count());
        for view in 0..views.count() {
            let rows: Vec<usize> = (0..samples.len()).collect();
            let logits = view_logits(teacher, samples, views, view, &rows, classes)?;
            check_finite(&logits, view, &rows, classes)?;
            targets.push(view, &logits);
        }
        Ok(targets)
    }

    /// The teacher's logits of one sample in one view; empty when there is no such sample or view.
    pub fn logits(&self, view: usize, sample: usize) -> &[f32] {
        let Some(logits) = self.views.get(view).filter(|_| sample < self.samples) else {
            return &[];
        };
        let start = sample * self.classes;
        logits.get(start..start + self.classes).unwrap_or_default()
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }
}

impl LogitSource for SoftTargets {
    fn said(&self, view: usize, rows: &[usize]) -> Result<Vec<f32>, TeacherError> {
        Ok(rows.iter().flat_map(|&row| self.logits(view, row)).copied().collect())
    }

    fn outputs(&self) -> usize {
        self.classes
    }
}

/// Checks the logits of samples in a view, of which these are the numbers.
///
/// # Errors
/// [`TeacherError::NotFinite`] for the first that is not finite.
pub fn check_finite(
    logits: &[f32],
    view: usize,
    rows: &[usize],
    classes: usize,
) -> Result<(), TeacherError> {
    match logits.iter().position(|logit| !logit.is_finite()) {
        None => Ok(()),
        Some(index) => Err(TeacherError::NotFinite {
            sample: rows.get(index / classes.max(1)).copied().unwrap_or_default(),
            view,
            found: logits.get(index).copied().unwrap_or(f32::NAN),
        }),
    }
}
