//! Learning from labels alone.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor, TensorData};
use data::{Targets, Task};
use ops::Level;
use ops::memory::Buffer;
use ops::soft_targets::{Label, Weighted};
use tensors::{HostNumbers, known_gradient};

use crate::binary_cross_entropy::binary_cross_entropy;
use crate::labels::LabelShare;
use crate::mse::squared_error;
use crate::row_loss::mean_loss;
use crate::{Labels, LogitBatch, LogitLoss, Method, MethodError, Part, Signals, TermSum};

/// The name of the term that is a mean over the samples with a label.
pub(crate) const LABEL_TERM: &str = "label";

/// No distillation: what [`label_loss`] says of the labels, whatever they stand for. Teachers learn
/// by it, and so does the baseline, the student trained alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Alone;

impl Method for Alone {
    fn name(&self) -> &'static str {
        "alone"
    }

    fn parts(&self, signals: &Signals<'_>) -> Result<Vec<Part>, MethodError> {
        let value = label_loss(&signals.student.logits, signals.labels)?;
        Ok(vec![Part { name: LABEL_TERM, weight: 1.0, value }])
    }

    fn task(&self) -> Option<Task> {
        None
    }

    fn on_logits(&self) -> Option<&dyn LogitLoss> {
        Some(self)
    }

    fn needs_teacher(&self) -> bool {
        false
    }

    fn learns_without_labels(&self) -> bool {
        false
    }
}

impl LogitLoss for Alone {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        label_term(1.0, batch, sum)
    }
}

/// Adds the loss of the labels, as [`label_loss`] has it.
pub(crate) fn label_term(
    weight: f64,
    batch: &LogitBatch<'_>,
    sum: &mut TermSum<'_>,
) -> Result<(), MethodError> {
    let LogitBatch { student, classes, .. } = *batch;
    let labels = batch.labels()?;
    if labels.targets.rows().is_some() {
        sum.add(LABEL_TERM, weight, |gradient| row_label_loss(student, labels, classes, gradient));
        return Ok(());
    }
    let loss = |LabelShare { classes: of_samples, weights, .. }: LabelShare<'_>,
                gradient: &mut [f32]| {
        let labelled = Weighted { labels: of_samples, weights };
        weighted_label_loss(student, labelled, labels.smoothing, classes, gradient)
    };
    sum.add(LABEL_TERM, weight, |gradient| {
        let mut shares = labels.shares();
        if let (None, Some(all)) = (labels.mixed, shares.next()) {
            return loss(all, gradient);
        }
        let mut own = Buffer::exact(gradient.len());
        let mut value = 0.0;
        for part in labels.shares() {
            value += part.share * loss(part, &mut own);
            for (sum, own) in gradient.iter_mut().zip(own.iter()) {
                *sum += part.share as f32 * own;
            }
        }
        value
    });
    Ok(())
}

/// The mean of `-log softmax(student)[label]` over the samples with a label, each times its weight; fills
/// `gradient`.
pub(crate) fn weighted_label_loss(
    student: &[f32],
    labels: Weighted<'_>,
    smoothing: f64,
    classes: usize,
    gradient: &mut [f32],
) -> f64 {
    let terms = Label::of(labels, smoothing).alone();
    let [_, value] = ops::soft_targets::loss(Level::best(), student, classes, terms, gradient);
    value
}

/// The loss of labels that number rows of targets, over the samples that have one: binary
/// cross-entropy for labels, squared error for numbers. Fills `gradient`.
fn row_label_loss(
    student: &[f32],
    labels: Labels<'_>,
    outputs: usize,
    gradient: &mut [f32],
) -> f64 {
    let loss = match labels.targets {
        Targets::Labels(_) => binary_cross_entropy,
        Targets::Numbers(_) | Targets::Classes => squared_error,
    };
    let Some(rows) = labels.targets.rows() else { return 0.0 };
    let mut own = Buffer::exact(gradient.len());
    let mut value = 0.0;
    for LabelShare { classes: numbers, weights, share } in labels.shares() {
        let targets = numbers.iter().map(|label| label.and_then(|label| rows.row(label)));
        value += share * mean_loss(student, outputs, targets, weights, loss, &mut own);
        for (sum, own) in gradient.iter_mut().zip(own.iter()) {
            *sum += share as f32 * own;
        }
    }
    value
}

/// The loss of a batch by its labels, whatever they stand for; `logits` is `[batch, outputs]`.
///
/// Classes: the mean of `-log softmax(logits)[label]` over the samples that have a label; `logits` is
/// `[batch, classes]`. Smoothed by `e`, that times `1 - e`, and `e` times the mean of `-log softmax`
/// over all classes. With weights each sample's loss counts so many times, and the mean is still over the
/// number of samples with a label. In a mixed batch it is the sum of both
/// labels' losses by their shares. Without any label it is exactly 0, a constant without tape.
///
/// Labels: binary cross-entropy, `-y log sigmoid(z) - (1 - y) log(1 - sigmoid(z))`, summed over labels.
/// Numbers: the squared error, summed over outputs. Both are means over the samples that have targets.
///
/// # Errors
/// [`MethodError::LabelCount`], [`MethodError::LabelRange`] or [`MethodError::TargetWidth`].
pub fn label_loss<'a>(
    logits: &Tensor<2>,
    labels: impl Into<Labels<'a>>,
) -> Result<Tensor<1>, MethodError> {
    let labels: Labels<'_> = labels.into();
    if labels.targets.rows().is_some() {
        let [batch, outputs] = logits.dims();
        check(labels, [batch, outputs])?;
        if labels.shares().all(|share| share.classes.iter().all(Option::is_none)) {
            return Ok(Tensor::zeros([1], &logits.device()));
        }
        let student = HostNumbers::of(logits);
        let mut gradient = vec![0.0; student.len()];
        let value = row_label_loss(&student, labels, outputs, &mut gradient);
        return Ok(known_gradient(logits, value, gradient));
    }
    let mut parts = Vec::with_capacity(2);
    for part in labels.shares() {
        check_labels(part, logits.dims())?;
        if part.classes.iter().any(Option::is_some) {
            let weighted = Weighted { labels: part.classes, weights: part.weights };
            let loss = tensors::weighted_label_loss(logits, weighted, labels.smoothing);
            let loss = loss.unwrap_or_else(|| elementary(logits, weighted, labels.smoothing));
            parts.push((loss, part.share));
        }
    }
    let first = parts.first().map(|(loss, _)| loss.clone());
    let loss = if labels.mixed.is_some() { tensors::weighted_sum(&parts) } else { first };
    Ok(loss.unwrap_or_else(|| Tensor::zeros([1], &logits.device())))
}

/// By Burn's own operations; there must be a label.
fn elementary(logits: &Tensor<2>, labels: Weighted<'_>, smoothing: f64) -> Tensor<1> {
    let device = logits.device();
    let Weighted { labels, weights } = labels;
    let labelled = labels.iter().enumerate().filter_map(|(row, label)| Some((row, (*label)?)));
    let (rows, targets): (Vec<_>, Vec<_>) =
        labelled.map(|(row, label)| (row as i64, i64::from(label))).unzip();
    let count = rows.len();
    let labelled = if count == labels.len() {
        logits.clone()
    } else {
        let rows = Tensor::<1, Int>::from_data(TensorData::new(rows, [count]), &device);
        logits.clone().select(0, rows)
    };
    let targets = Tensor::<2, Int>::from_data(TensorData::new(targets, [count, 1]), &device);
    let mut log = log_softmax(labelled, 1);
    if !weights.is_empty() {
        let of_labels = weights.iter().zip(labels).filter(|(_, label)| label.is_some());
        let weights: Vec<f32> = of_labels.map(|(weight, _)| *weight).collect();
        let options = (&device, log.dtype());
        log = log * Tensor::<2>::from_data(TensorData::new(weights, [count, 1]), options);
    }
    let label = log.clone().gather(1, targets).sum() * ((smoothing - 1.0) / count as f64);
    if smoothing == 0.0 {
        return label;
    }
    label - log.mean() * smoothing
}

/// Checks the labels, whatever they stand for, against logits of that shape.
pub(crate) fn check(labels: Labels<'_>, [batch, outputs]: [usize; 2]) -> Result<(), MethodError> {
    let numbers = match labels.targets.rows() {
        None => outputs,
        Some(_) => labels.rows("alone", outputs)?.len(),
    };
    labels.shares().try_for_each(|share| check_labels(share, [batch, numbers]))
}

/// Checks that there is one label, or the statement that there is none, for each sample, that each is
/// a class, and that there are as many weights, or none.
pub(crate) fn check_labels(
    LabelShare { classes: labels, weights, .. }: LabelShare<'_>,
    [batch, classes]: [usize; 2],
) -> Result<(), MethodError> {
    if labels.len() != batch {
        return Err(MethodError::LabelCount { expected: batch, found: labels.len() });
    }
    if !weights.is_empty() && weights.len() != batch {
        return Err(MethodError::WeightCount { expected: batch, found: weights.len() });
    }
    let mut known =
        labels.iter().enumerate().filter_map(|(sample, label)| Some((sample, (*label)?)));
    match known.find(|(_, label)| *label as usize >= classes) {
        Some((sample, found)) => Err(MethodError::LabelRange { sample, classes, found }),
        None => Ok(()),
    }
}
