//! The recorded outputs of a teacher.

use std::collections::BTreeMap;

use data::{Samples, Views};
use nn::{Network, NnError, Parameter, Weights, infer};

/// The teacher's logits for every view of every sample of the transfer set, at temperature 1.
#[derive(Clone, Debug, PartialEq)]
pub struct SoftTargets {
    classes: usize,
    samples: usize,
    /// For each view the logits of all samples, row by row.
    views: Vec<Vec<f32>>,
}

/// A teacher that cannot teach.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TeacherError {
    /// The teacher does not fit the samples or the classes.
    #[error(transparent)]
    Network(#[from] NnError),
    /// The teacher gives a number that is not finite.
    #[error("the teacher's output for sample {sample} in view {view} is not finite: found {found}")]
    NotFinite {
        /// Row of the transfer set.
        sample: usize,
        /// The view.
        view: usize,
        /// The number.
        found: f32,
    },
    /// Recorded targets of another shape.
    #[error("the recorded soft targets do not fit: expected {expected}, found {found}")]
    Shape {
        /// What the transfer set needs.
        expected: String,
        /// What was recorded.
        found: String,
    },
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
        let width = samples.shape.len();
        let mut recorded = Vec::with_capacity(views.count());
        for view in 0..views.count() {
            let logits = if view == 0 {
                infer(teacher, &samples.values, width, classes)?
            } else {
                let mut values = vec![0.0; samples.values.len()];
                for (index, out) in values.chunks_exact_mut(width.max(1)).enumerate() {
                    views.write(samples.row(index), index, view, out);
                }
                infer(teacher, &values, width, classes)?
            };
            check_finite(&logits, view, classes)?;
            recorded.push(logits);
        }
        Ok(Self { classes, samples: samples.len(), views: recorded })
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
