//! A summary of measured durations. The caller measures: this crate reads no clock.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::EvalError;
use crate::quantile::quantile;

/// How long one prediction takes, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Number of measured durations.
    pub count: u64,
    /// Median, in microseconds.
    pub p50: f64,
    /// The duration that nine in ten do not exceed, in microseconds.
    pub p90: f64,
}

impl Latency {
    /// Summarises durations, in any order; quantiles interpolate linearly between neighbours.
    ///
    /// # Errors
    /// There is no duration.
    pub fn of(durations: &[Duration]) -> Result<Self, EvalError> {
        let mut sorted: Vec<f64> = durations.iter().map(|time| time.as_secs_f64() * 1e6).collect();
        sorted.sort_by(f64::total_cmp);
        let nothing = EvalError::Nothing { what: "durations" };
        let (Some(p50), Some(p90)) = (quantile(&sorted, 0.5), quantile(&sorted, 0.9)) else {
            return Err(nothing);
        };
        Ok(Self { count: durations.len() as u64, p50, p90 })
    }
}
