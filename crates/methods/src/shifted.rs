//! Probability shift.

use std::sync::Arc;

use burn::tensor::{Tensor, TensorData};
use nn::Weights;
use tensors::copied;

use crate::cross_entropy::check;
use crate::{
    LogitBatch, LogitLoss, Method, MethodError, Moment, OwnParameters, Part, Signals,
    TeacherOutput, TermSum,
};

/// Probability shift: Wen, Lai and Qian, "Preparing Lessons: Improve Knowledge Distillation with Better
/// Supervision" (2021), section 3.2. A transform of what another method sees: `probability_shift = true`.
///
/// # What it does
/// Where the teacher's first class is not the label, the two exchange their logits, so that the teacher is
/// never wrong and as sure as before.
///
/// # When to use it
/// Where labels are right and the teacher often is not. Samples without a label stay as they are.
///
/// # Formula
/// `z'_y = max z` and the first class with that logit gets `z_y`, on the teacher's side alone
///
/// TextBrewer, which has the option too, exchanges in the same way.
///
/// # Options
/// Those of the method.
///
/// # Cost
/// A search in the teacher's logits; no parameters.
///
/// # Example
/// ```toml
/// [distill]
/// method = "kd"
/// probability_shift = true
/// ```
#[derive(Clone, Debug)]
pub struct Shifted(
    /// The method that sees the shifted teacher.
    pub Arc<dyn Method>,
);

impl Shifted {
    fn rewrap(&self, inner: Option<Arc<dyn Method>>) -> Option<Arc<dyn Method>> {
        inner.map(|inner| Arc::new(Self(inner)) as Arc<dyn Method>)
    }
}

impl Method for Shifted {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn parts(&self, signals: &Signals<'_>) -> Result<Vec<Part>, MethodError> {
        self.parts_with(signals, &OwnParameters::new())
    }

    fn parameters(&self) -> Weights {
        self.0.parameters()
    }

    fn parts_with(
        &self,
        signals: &Signals<'_>,
        parameters: &OwnParameters,
    ) -> Result<Vec<Part>, MethodError> {
        let Some(teacher) = signals.teacher else { return self.0.parts_with(signals, parameters) };
        let logits = teacher.logits();
        let dims = logits.dims();
        check(signals.labels, dims)?;
        let shifted = shift(&copied(&logits), dims[1], signals.labels.classes);
        let options = (&logits.device(), logits.dtype());
        let shifted = Tensor::from_data(TensorData::new(shifted, dims), options);
        let shifted = TeacherOutput::new(shifted);
        self.0.parts_with(&Signals { teacher: Some(&shifted), ..*signals }, parameters)
    }

    fn at(&self, moment: Moment) -> Option<Arc<dyn Method>> {
        self.rewrap(self.0.at(moment))
    }

    fn temperature(&self) -> Option<f64> {
        self.0.temperature()
    }

    fn with_temperature(&self, temperature: f64) -> Option<Arc<dyn Method>> {
        self.rewrap(self.0.with_temperature(temperature))
    }

    fn on_logits(&self) -> Option<&dyn LogitLoss> {
        self.0.on_logits().is_some().then_some(self)
    }

    fn samples(&self, name: &str, labels: &[Option<u32>]) -> usize {
        self.0.samples(name, labels)
    }

    fn smallest_batch(&self) -> usize {
        self.0.smallest_batch()
    }

    fn needs_teacher(&self) -> bool {
        self.0.needs_teacher()
    }

    fn learns_without_labels(&self) -> bool {
        self.0.learns_without_labels()
    }
}

impl LogitLoss for Shifted {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        let Some(inner) = self.0.on_logits() else { return Ok(()) };
        let Some((teacher, dims)) = batch.teacher else { return inner.terms(batch, sum) };
        check(batch.labels, dims)?;
        let shifted = shift(teacher, dims[1], batch.labels.classes);
        inner.terms(&LogitBatch { teacher: Some((&shifted, dims)), ..*batch }, sum)
    }
}

/// The teacher's logits, in which the label of each sample has the largest.
fn shift(teacher: &[f32], classes: usize, labels: &[Option<u32>]) -> Vec<f32> {
    let mut shifted = teacher.to_vec();
    for (row, label) in shifted.chunks_exact_mut(classes.max(1)).zip(labels) {
        let Some(label) = *label else { continue };
        let larger = |best: (usize, f32), (place, &value): (usize, &f32)| {
            if value > best.1 { (place, value) } else { best }
        };
        let (first, most) = row.iter().enumerate().fold((0, f32::NEG_INFINITY), larger);
        if row.get(label as usize).is_some_and(|&own| own < most) {
            row.swap(first, label as usize);
        }
    }
    shifted
}
