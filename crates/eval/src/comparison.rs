//! What a student has in common with its teacher, and how much of the teacher's lead it took over.

use crate::{EvalError, Predictions};

/// Share of samples, in `[0, 1]`, for which both models have the same most probable class.
///
/// # Errors
/// The two differ in samples or classes.
pub fn agreement(left: &Predictions, right: &Predictions) -> Result<f64, EvalError> {
    let shape = |one: &Predictions| [one.samples(), one.classes()];
    EvalError::check_shapes(shape(left), shape(right))?;
    let pairs = left.most_probable().iter().zip(right.most_probable());
    Ok(pairs.filter(|(a, b)| a == b).count() as f64 / left.samples() as f64)
}

/// `(distilled - baseline) / (teacher - baseline)`, on any score of which more is better.
///
/// 0 means that distillation gave nothing, 1 that the student reached the teacher; below 0 and
/// above 1 are possible. `None` where the teacher is not better than the baseline, for then there
/// is no gap to recover, and where a score is not finite.
///
/// ```
/// use potstill_eval::gap_recovered;
/// assert_eq!(gap_recovered(0.75, 0.25, 0.5), Some(0.5));
/// assert_eq!(gap_recovered(0.25, 0.25, 0.5), None);
/// assert_eq!(gap_recovered((0.4 + 0.28) / 2.0, (0.36 + 0.32) / 2.0, 0.3), None);
/// ```
pub fn gap_recovered(teacher: f64, baseline: f64, distilled: f64) -> Option<f64> {
    let gap = teacher - baseline;
    let recovered = (distilled - baseline) / gap;
    // Equal means of other seeds may differ by their rounding.
    let rounding = 1e-12 * teacher.abs().max(baseline.abs());
    (gap > rounding && recovered.is_finite()).then_some(recovered)
}
