//! Losses between rows of numbers, one output at a time.

use crate::LogitBatch;

/// The mean over the samples that have a target of the sum over outputs of `of`, which gives value
/// and slope for an output of the student and its target. Fills `gradient`; 0 without any target.
///
/// `student` and `gradient` are `[batch, outputs]`, `targets` has a row or none for each sample, and
/// `weights` how much it counts, or nothing where all count alike.
pub(crate) fn mean_loss<'t>(
    student: &[f32],
    outputs: usize,
    targets: impl Iterator<Item = Option<&'t [f32]>> + Clone,
    weights: &[f32],
    of: impl Fn(f64, f64) -> (f64, f64),
    gradient: &mut [f32],
) -> f64 {
    let share = 1.0 / targets.clone().flatten().count().max(1) as f64;
    if weights.is_empty() {
        return share_loss(std::iter::repeat(share), student, outputs, targets, of, gradient);
    }
    let shares = weights.iter().map(|&weight| share * f64::from(weight));
    share_loss(shares, student, outputs, targets, of, gradient)
}

/// As [`mean_loss`], with the share of each sample, used where it has a target.
pub(crate) fn share_loss<'t>(
    shares: impl Iterator<Item = f64>,
    student: &[f32],
    outputs: usize,
    targets: impl Iterator<Item = Option<&'t [f32]>>,
    of: impl Fn(f64, f64) -> (f64, f64),
    gradient: &mut [f32],
) -> f64 {
    gradient.fill(0.0);
    let width = outputs.max(1);
    let rows = student.chunks_exact(width).zip(gradient.chunks_exact_mut(width));
    let mut sum = 0.0;
    for (((student, gradient), target), share) in rows.zip(targets).zip(shares) {
        let pairs = student.iter().zip(gradient).zip(target.into_iter().flatten());
        for ((student, gradient), target) in pairs {
            let (value, slope) = of(f64::from(*student), f64::from(*target));
            sum += share * value;
            *gradient = (share * slope) as f32;
        }
    }
    sum
}

/// The mean over all samples of the sum over outputs of `of`, which gives value and slope for an output
/// of the student and the teacher's. Fills `gradient`.
pub(crate) fn teacher_loss(
    batch: &LogitBatch<'_>,
    teacher: &[f32],
    of: impl Fn(f64, f64) -> (f64, f64),
    gradient: &mut [f32],
) -> f64 {
    let rows = teacher.chunks_exact(batch.classes.max(1)).map(Some);
    mean_loss(batch.student, batch.classes, rows, &[], of, gradient)
}
