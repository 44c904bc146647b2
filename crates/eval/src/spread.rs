//! Mean and standard deviation of a few values, such as one accuracy a seed.

use serde::{Deserialize, Serialize};

use crate::EvalError;

/// Where values lie and how far apart, in their own unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Arithmetic mean.
    pub mean: f64,
    /// Sample standard deviation (divisor n - 1); `None` for one value.
    pub deviation: Option<f64>,
}

/// The spread of `values`.
///
/// # Errors
/// There is no value.
pub fn spread(values: &[f64]) -> Result<Spread, EvalError> {
    if values.is_empty() {
        return Err(EvalError::Nothing { what: "values" });
    }
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let deviation = (values.len() > 1).then(|| libm::sqrt(squares / (count - 1.0)));
    Ok(Spread { mean, deviation })
}
