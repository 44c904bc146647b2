//! Batches of samples with labels or numbers, and the parts of a method by both of its ways.

#![allow(dead_code, reason = "each file of tests uses some of it")]

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};
use data::{TargetRows, Targets};
use nn::{Output, Taps};
use potstill_methods::{Labels, LogitBatch, Method, OwnNumbers, Signals, TeacherOutput, TermSum};

/// One batch, held as plain numbers so that a law can rearrange it.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) outputs: usize,
    pub(crate) student: Vec<f32>,
    pub(crate) teacher: Vec<f32>,
    pub(crate) targets: Vec<Option<Vec<f32>>>,
    /// Whether the targets are labels.
    pub(crate) are_labels: bool,
}

/// A term by name: weight, value and gradient.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) name: &'static str,
    pub(crate) weight: f64,
    pub(crate) value: f64,
    pub(crate) gradient: Vec<f64>,
}

impl Batch {
    pub(crate) fn rows(&self) -> usize {
        self.targets.len()
    }

    /// Labels and the targets that they number.
    pub(crate) fn numbered(&self) -> (Vec<Option<u32>>, Targets) {
        let mut rows = TargetRows { width: self.outputs, values: Vec::new() };
        let labels = self.targets.iter().map(|target| {
            let target = target.as_ref()?;
            rows.values.extend(target);
            Some(rows.len() as u32 - 1)
        });
        let labels = labels.collect();
        let rows = Arc::new(rows);
        (labels, if self.are_labels { Targets::Labels(rows) } else { Targets::Numbers(rows) })
    }

    fn tensor(&self, values: &[f32]) -> Tensor<2> {
        let data = TensorData::new(values.to_vec(), [self.rows(), self.outputs]);
        Tensor::from_data(data, &Device::flex().autodiff())
    }

    /// The parts of a method with their gradients, by the tape.
    pub(crate) fn taped(&self, method: &dyn Method) -> Vec<Found> {
        let (labels, targets) = self.numbered();
        let logits = self.tensor(&self.student).require_grad();
        let student = Output { logits: logits.clone(), taps: Taps::none() };
        let teacher = TeacherOutput::new(self.tensor(&self.teacher));
        let labels = Labels { targets: &targets, ..(&labels).into() };
        let signals = Signals { student: &student, teacher: Some(&teacher), labels };
        let parts = method.parts(&signals).unwrap();
        let found = parts.into_iter().map(|part| {
            let term = part.term();
            let gradient = match part.value.is_tracked() {
                true => {
                    let gradients = part.value.backward();
                    let gradient = logits.grad(&gradients).unwrap();
                    gradient.try_into_vec_as::<f32>().unwrap().into_iter().map(f64::from).collect()
                }
                false => vec![0.0; self.student.len()],
            };
            Found { name: part.name, weight: part.weight, value: term.value, gradient }
        });
        found.collect()
    }

    /// Whether a teacher with a tape gets no gradient from any part of a method, and the student gets one of the
    /// method's own part.
    pub(crate) fn teaches_the_student_alone(&self, method: &dyn Method) -> bool {
        let (labels, targets) = self.numbered();
        let weight = self.tensor(&self.teacher).require_grad();
        let logits = self.tensor(&self.student).require_grad();
        let student = Output { logits: logits.clone(), taps: Taps::none() };
        let teacher = TeacherOutput::new(weight.clone() * 2.0);
        let labels = Labels { targets: &targets, ..(&labels).into() };
        let signals = Signals { student: &student, teacher: Some(&teacher), labels };
        let parts = method.parts(&signals).unwrap().into_iter();
        let tracked: Vec<_> = parts.filter(|part| part.value.is_tracked()).collect();
        !tracked.is_empty()
            && tracked.into_iter().all(|part| {
                let found = part.value.backward();
                weight.grad(&found).is_none() && logits.grad(&found).is_some()
            })
    }

    /// Terms of a method and the gradient of their weighted sum, without a tape.
    pub(crate) fn untaped(&self, method: &dyn Method) -> (Vec<(&'static str, f64)>, Vec<f32>) {
        let (labels, targets) = self.numbered();
        let mut gradient = vec![0.0; self.student.len()];
        let mut sum = TermSum::new(&mut gradient);
        let batch = LogitBatch {
            student: &self.student,
            teacher: Some((&self.teacher, [self.rows(), self.outputs])),
            labels: Labels { targets: &targets, ..(&labels).into() },
            classes: self.outputs,
            own: &OwnNumbers::new(),
        };
        method.on_logits().unwrap().terms(&batch, &mut sum).unwrap();
        let terms = sum.terms().iter().map(|term| (term.name, term.value)).collect();
        (terms, gradient)
    }
}

/// The term of a name.
pub(crate) fn term<'a>(found: &'a [Found], name: &str) -> &'a Found {
    found.iter().find(|term| term.name == name).unwrap()
}
