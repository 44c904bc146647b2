//! Learning from labels alone.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor, TensorData};

use crate::{Method, MethodError, Part, Signals};

/// No distillation: the cross-entropy with the labels. Teachers learn by it, and so does the
/// baseline, the student trained alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Alone;

impl Method for Alone {
    fn name(&self) -> &'static str {
        "alone"
    }

    fn parts(&self, signals: &Signals<'_>) -> Result<Vec<Part>, MethodError> {
        let value = label_loss(&signals.student.logits, signals.labels)?;
        Ok(vec![Part { name: "label", weight: 1.0, value }])
    }

    fn needs_teacher(&self) -> bool {
        false
    }

    fn learns_without_labels(&self) -> bool {
        false
    }
}

/// Mean of `-log softmax(logits)[label]` over the samples that have a label; `logits` is
/// `[batch, classes]`. Without any label it is exactly 0, a constant without tape.
///
/// # Errors
/// [`MethodError::LabelCount`] or [`MethodError::LabelRange`].
pub fn label_loss(logits: &Tensor<2>, labels: &[Option<u32>]) -> Result<Tensor<1>, MethodError> {
    let [batch, classes] = logits.dims();
    if labels.len() != batch {
        return Err(MethodError::LabelCount { expected: batch, found: labels.len() });
    }
    let mut rows = Vec::with_capacity(batch);
    let mut targets = Vec::with_capacity(batch);
    for (sample, label) in labels.iter().enumerate() {
        let Some(label) = *label else { continue };
        if label as usize >= classes {
            return Err(MethodError::LabelRange { sample, classes, found: label });
        }
        rows.push(sample as i64);
        targets.push(i64::from(label));
    }
    let device = logits.device();
    let count = rows.len();
    if count == 0 {
        return Ok(Tensor::zeros([1], &device));
    }
    if let Some(loss) = tensors::label_loss(logits, labels) {
        return Ok(loss);
    }
    let labelled = if count == batch {
        logits.clone()
    } else {
        let rows = Tensor::<1, Int>::from_data(TensorData::new(rows, [count]), &device);
        logits.clone().select(0, rows)
    };
    let targets = Tensor::<2, Int>::from_data(TensorData::new(targets, [count, 1]), &device);
    Ok(log_softmax(labelled, 1).gather(1, targets).sum() * (-1.0 / count as f64))
}
