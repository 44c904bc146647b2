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
    let labels = Weighted { labels, weights: &[] };
    weighted_label_loss(level, logits, labels, classes, smoothing, gradient)
}

/// Labels, and how much each counts.
#[derive(Clone, Copy, Debug)]
pub struct Weighted<'a> {
    /// The class of each sample, where it is known.
    pub labels: &'a [Option<u32>],
    /// One number of 0 or more for each label; empty where all count once.
    pub weights: &'a [f32],
}

/// As [`label_loss`], with the loss and the gradient of each sample times its weight. The mean is still
/// over the number of samples with a label.
pub fn weighted_label_loss(
    level: Level,
    logits: &[f32],
    Weighted { labels, weights }: Weighted<'_>,
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
    let rows_of_piece = piece / classes;
    let weighted = labels.chunks(rows_of_piece).enumerate().map(|(number, labels)| {
        let start = number * rows_of_piece;
        let weights = weights.get(start..start + labels.len()).unwrap_or_default();
        Weighted { labels, weights }
    });
    let pieces = logits.chunks(piece).zip(gradient.chunks_mut(piece));
    let pieces = pieces.zip(weighted).collect();
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
    Weighted { labels, weights }: Weighted<'_>,
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
    let weight = |row: usize| weights.get(row).map_or(1.0, |weight| f64::from(*weight));
    let mut losses = 0.0;
    for (number, (row, label)) in gradient.chunks_exact(classes).zip(labels).enumerate() {
        if let Some(label) = *label {
            let weight = weight(number);
            losses -= weight * target.label * f64::from(row[label as usize]);
            if target.every > 0.0 {
                losses -= weight * target.every * sum(row, f64::from);
            }
        }
    }
    for value in &mut *gradient {
        *value = exp(*value);
    }
    for (number, (row, label)) in gradient.chunks_exact_mut(classes).zip(labels).enumerate() {
        match *label {
            Some(label) => {
                let weight = weight(number);
                let target = Target { scale: weight * target.scale, ..target };
                losses += weight * finish(row, label as usize, target);
            }
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
