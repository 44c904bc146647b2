//! Probability shift.

use burn::tensor::{Tensor, TensorData};
use tensors::copied;

use crate::cross_entropy::check;
use crate::{
    LogitBatch, LogitLoss, Method, MethodError, OwnParameters, Part, Signals, TeacherOutput,
    TermSum, Transform,
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
#[derive(Clone, Copy, Debug)]
pub struct Shifted;

impl Transform for Shifted {
    fn parts(
        &self,
        method: &dyn Method,
        signals: &Signals<'_>,
        parameters: &OwnParameters,
    ) -> Result<Vec<Part>, MethodError> {
        let Some(teacher) = signals.teacher else { return method.parts_with(signals, parameters) };
        let logits = teacher.logits();
        let dims = logits.dims();
        check(signals.labels, dims)?;
        let shifted = shift(&copied(&logits), dims[1], signals.labels.classes);
        let options = (&logits.device(), logits.dtype());
        let shifted = Tensor::from_data(TensorData::new(shifted, dims), options);
        let shifted = TeacherOutput::new(shifted);
        method.parts_with(&Signals { teacher: Some(&shifted), ..*signals }, parameters)
    }

    fn terms(
        &self,
        loss: &dyn LogitLoss,
        batch: &LogitBatch<'_>,
        sum: &mut TermSum<'_>,
    ) -> Result<(), MethodError> {
        let Some((teacher, dims)) = batch.teacher else { return loss.terms(batch, sum) };
        check(batch.labels, dims)?;
        let shifted = shift(teacher, dims[1], batch.labels.classes);
        loss.terms(&LogitBatch { teacher: Some((&shifted, dims)), ..*batch }, sum)
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
