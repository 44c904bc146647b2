//! How closely a model follows its teacher, where nothing else is known of the samples.

use serde::{Deserialize, Serialize};

use crate::{EvalError, Predictions, agreement};

/// What a model has in common with its teacher (Stanton et al., "Does knowledge distillation really work?", 2021).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fidelity {
    /// Number of samples.
    pub samples: u64,
    /// Share of samples, in `[0, 1]`, for which both have the same most probable class.
    pub agreement: f64,
    /// Mean over samples of the Kullback-Leibler divergence of the model from the teacher, in nats, at temperature 1;
    /// 0 where both say the same.
    pub divergence: f64,
}

impl Fidelity {
    /// Holds what a model says against what its teacher says about the same samples.
    ///
    /// ```
    /// use potstill_eval::{Fidelity, Predictions};
    /// let teacher = Predictions::from_logits(2, &[0.0, 0.0])?;
    /// let student = Predictions::from_logits(2, &[3_f32.ln(), 0.0])?;
    /// // ln(1/2 / (3/4)) / 2 + ln(1/2 / (1/4)) / 2 = ln(4/3) / 2
    /// let found = Fidelity::measure(&student, &teacher)?;
    /// assert!((found.divergence - 0.5 * (4.0_f64 / 3.0).ln()).abs() < 1e-7);
    /// # Ok::<(), potstill_eval::EvalError>(())
    /// ```
    ///
    /// # Errors
    /// The two differ in samples or classes.
    pub fn measure(said: &Predictions, teacher: &Predictions) -> Result<Self, EvalError> {
        let agreement = agreement(said, teacher)?;
        let divergences = divergences(said, teacher)?;
        let divergence = divergences.iter().sum::<f64>() / divergences.len().max(1) as f64;
        Ok(Self { samples: said.samples() as u64, agreement, divergence })
    }
}

/// For every sample the Kullback-Leibler divergence `sum p (log p - log q)` of a model `q` from its teacher `p`, in nats,
/// at temperature 1.
///
/// # Errors
/// The two differ in samples or classes.
pub fn divergences(said: &Predictions, teacher: &Predictions) -> Result<Vec<f64>, EvalError> {
    let shape = |one: &Predictions| [one.samples(), one.classes()];
    EvalError::check_shapes(shape(said), shape(teacher))?;
    let of_row = |(said, teacher): (&[f64], &[f64])| {
        let term = |(q, p): (&f64, &f64)| libm::exp(*p) * (p - q);
        // Rounding may leave less than nothing where both say the same.
        said.iter().zip(teacher).map(term).sum::<f64>().max(0.0)
    };
    Ok(said.rows().zip(teacher.rows()).map(of_row).collect())
}
