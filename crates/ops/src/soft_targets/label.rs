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
/// becomes the gradient of the logits: `(softmax(logits) - 1 at the label) / count` for the `count`
/// samples with a label, 0 for the others.
pub fn label_loss(
    level: Level,
    logits: &[f32],
    labels: &[Option<u32>],
    classes: usize,
    gradient: &mut [f32],
) -> f64 {
    let count = labels.iter().flatten().count();
    if classes == 0 || count == 0 {
        gradient.fill(0.0);
        return 0.0;
    }
    let piece = piece(classes);
    let pieces = logits.chunks(piece).zip(gradient.chunks_mut(piece));
    let pieces = pieces.zip(labels.chunks(piece / classes)).collect();
    let sums = each_piece(
        pieces,
        logits.len() * WORK,
        |((logits, gradient), labels): ((_, &mut [f32]), _)| {
            level.run(Loops(
                #[inline(always)]
                || rows(logits, labels, classes, 1.0 / count as f64, gradient),
            ))
        },
    );
    sums.into_iter().sum::<f64>() / count as f64
}

/// Writes the gradient and gives the sum of the rows' losses.
#[inline(always)]
fn rows(
    logits: &[f32],
    labels: &[Option<u32>],
    classes: usize,
    scale: f64,
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
            losses -= f64::from(row[label as usize]);
        }
    }
    for value in &mut *gradient {
        *value = exp(*value);
    }
    for (row, label) in gradient.chunks_exact_mut(classes).zip(labels) {
        match *label {
            Some(label) => losses += finish(row, label as usize, scale),
            None => row.fill(0.0),
        }
    }
    losses
}

/// Turns the exponentials of a row into its gradient, and gives the logarithm of their sum.
#[inline(always)]
fn finish(row: &mut [f32], label: usize, scale: f64) -> f64 {
    let total = sum(row, f64::from);
    let at_label = (f64::from(row[label]) / total - 1.0) * scale;
    for value in &mut *row {
        *value = (f64::from(*value) * (scale / total)) as f32;
    }
    row[label] = at_label as f32;
    ln(total)
}
