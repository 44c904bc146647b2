//! The recorded outputs of a teacher.

use std::collections::BTreeMap;

use data::{Corpus, Samples, Views};
use nn::{Network, Parameter, Weights};

use crate::frozen::view_logits;
use crate::{Part, ReadyTeacher, TeacherError, View};

/// The teacher's logits for every view of every sample of the transfer set, at temperature 1.
#[derive(Clone, Debug, PartialEq)]
pub struct SoftTargets {
    classes: usize,
    samples: usize,
    /// For each view the logits of all samples, row by row.
    views: Vec<Vec<f32>>,
}

impl SoftTargets {
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
        let logits = |view| view_logits(teacher, samples, views, view, classes);
        Self::of_views(views.count(), samples.len(), classes, logits)
    }

    /// Asks a teacher that is not trained here about so many views of the transfer set of `corpus`.
    ///
    /// # Errors
    /// What the teacher fails with, and [`TeacherError::NotFinite`] when it gives something else than
    /// numbers.
    pub fn ask(
        teacher: &dyn ReadyTeacher,
        corpus: &Corpus,
        seed: u64,
        views: usize,
    ) -> Result<Self, TeacherError> {
        let logits = |number| {
            let logits = teacher.logits(corpus, Part::Train, View { seed, number })?;
            logits.ok_or(TeacherError::Silent)
        };
        Self::of_views(views, corpus.train.len(), corpus.classes.len(), logits)
    }

    fn of_views(
        count: usize,
        samples: usize,
        classes: usize,
        logits: impl Fn(usize) -> Result<Vec<f32>, TeacherError>,
    ) -> Result<Self, TeacherError> {
        let mut views = Vec::with_capacity(count);
        for view in 0..count {
            let logits = logits(view)?;
            check_finite(&logits, view, classes)?;
            views.push(logits);
        }
        Ok(Self { classes, samples, views })
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

    /// As named tensors, to be saved.
    pub fn to_tensors(&self) -> Weights {
        let tensor = |values: &Vec<f32>| Parameter {
            shape: vec![self.samples, self.classes],
            values: values.clone(),
        };
        let named = self.views.iter().enumerate();
        named.map(|(view, values)| (format!("view{view}"), tensor(values))).collect()
    }

    /// From named tensors that [`to_tensors`](Self::to_tensors) gave.
    ///
    /// # Errors
    /// [`TeacherError::Shape`] when they are not those of so many views, samples and classes.
    pub fn from_tensors(
        tensors: &BTreeMap<String, Parameter>,
        views: usize,
        samples: usize,
        classes: usize,
    ) -> Result<Self, TeacherError> {
        let shape = vec![samples, classes];
        let wrong = |found: String| TeacherError::Shape {
            expected: format!("{views} views of shape {shape:?}"),
            found,
        };
        if tensors.len() != views {
            return Err(wrong(format!("{} views", tensors.len())));
        }
        let mut recorded = Vec::with_capacity(views);
        for view in 0..views {
            let name = format!("view{view}");
            let tensor = tensors.get(&name).ok_or_else(|| wrong(format!("no `{name}`")))?;
            if tensor.shape != shape || tensor.values.len() != samples * classes {
                return Err(wrong(format!("`{name}` of shape {:?}", tensor.shape)));
            }
            check_finite(&tensor.values, view, classes)?;
            recorded.push(tensor.values.clone());
        }
        Ok(Self { classes, samples, views: recorded })
    }
}

fn check_finite(logits: &[f32], view: usize, classes: usize) -> Result<(), TeacherError> {
    match logits.iter().position(|logit| !logit.is_finite()) {
        None => Ok(()),
        Some(index) => Err(TeacherError::NotFinite {
            sample: index.checked_div(classes).unwrap_or(0),
            view,
            found: logits.get(index).copied().unwrap_or(f32::NAN),
        }),
    }
}
