//! The cross-entropy with labels.

use super::{WORK, piece};
use crate::Level;
use crate::exponential::{exp, ln};
use crate::lanes::{largest, sum};
use crate::loops::Loops;
use crate::threads::each_piece;

/// The mean of `-log softmax(logits)[label]` over the samples that have a label; 0 without any
/// label.
///
/// `logits` and `gradient` are `[batch, classes]`, and labels are below `classes`. `gradient`
/// becomes the gradient of the logits: `(softmax(logits) - target) / count` for the `count` samples
/// with a label, 0 for the others.
///
/// With label smoothing `e` (Szegedy et al., 2016, section 7) the target is `1 - e` at the label and
/// `e / classes` more at every class, and the loss its cross-entropy; with 0 it is the label.
pub fn label_loss(
    level: Level,
    logits: &[f32],
    labels: &[Option<u32>],
    classes: usize,
    smoothing: f64,
    gradient: &mut [f32],
) -> f64 {
    let count = labels.iter().flatten().count();
    if classes == 0 || count == 0 {
        gradient.fill(0.0);
        return 0.0;
    }
    let target = Target {
        label: 1.0 - smoothing,
        every: smoothing / classes as f64,
        scale: 1.0 / count as f64,
    };
    let piece = piece(classes);
    let pieces = logits.chunks(piece).zip(gradient.chunks_mut(piece));
    let pieces = pieces.zip(labels.chunks(piece / classes)).collect();
    let sums = each_piece(
        pieces,
        logits.len() * WORK,
        |((logits, gradient), labels): ((_, &mut [f32]), _)| {
            level.run(Loops(
                #[inline(always)]
                || rows(logits, labels, classes, target, gradient),
            ))
        },
    );
    sums.into_iter().sum::<f64>() / count as f64
}

/// The distribution that a label stands for, and the weight of a sample.
#[derive(Clone, Copy)]
struct Target {
    /// Probability of the label, beside that of every class.
    label: f64,
    /// Probability of every class, the label included.
    every: f64,
    /// `1 / count`
    scale: f64,
}

/// Writes the gradient and gives the sum of the rows' losses.
#[inline(always)]
fn rows(
    logits: &[f32],
    labels: &[Option<u32>],
    classes: usize,
    target: Target,
    gradient: &mut [f32],
) -> f64 {
    for (logits, shifted) in logits.chunks_exact(classes).zip(gradient.chunks_exact_mut(classes)) {
        let most = largest(logits);
        for (shifted, &logit) in shifted.iter_mut().zip(logits) {
            *shifted = logit - most;
        }
    }
    let mut losses = 0.0;
    for (row, label) in gradient.chunks_exact(classes).zip(labels) {
        if let Some(label) = *label {
            losses -= target.label * f64::from(row[label as usize]);
            if target.every > 0.0 {
                losses -= target.every * sum(row, f64::from);
            }
        }
    }
    for value in &mut *gradient {
        *value = exp(*value);
    }
    for (row, label) in gradient.chunks_exact_mut(classes).zip(labels) {
        match *label {
            Some(label) => losses += finish(row, label as usize, target),
            None => row.fill(0.0),
        }
    }
    losses
}

/// Turns the exponentials of a row into its gradient, and gives the logarithm of their sum.
#[inline(always)]
fn finish(row: &mut [f32], label: usize, Target { label: sure, every, scale }: Target) -> f64 {
    let total = sum(row, f64::from);
    let at_label = (f64::from(row[label]) / total - sure - every) * scale;
    let (factor, less) = (scale / total, every * scale);
    for value in &mut *row {
        *value = (f64::from(*value) * factor - less) as f32;
    }
    row[label] = at_label as f32;
    ln(total)
}
