//! Whether a model's confidence means what it says: reliability bins and calibration error.

use serde::{Deserialize, Serialize};

use crate::Predictions;

/// Number of reliability bins.
pub const BINS: usize = 15;

/// The samples whose top probability lies in `(low, high]`: one bar of a reliability diagram.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Exclusive lower edge, a probability.
    pub low: f64,
    /// Inclusive upper edge, a probability.
    pub high: f64,
    /// Number of samples in the bin.
    pub count: u64,
    /// Mean top probability of the samples; `None` where there is none.
    pub confidence: Option<f64>,
    /// Share of the samples that are right; `None` where there is none.
    pub accuracy: Option<f64>,
}

/// The [`BINS`] equal-width bins of the top probability, as in Guo et al., "On Calibration of
/// Modern Neural Networks" (2017), section 2. Labels must be as many as samples.
pub(crate) fn reliability(predictions: &Predictions, labels: &[u32]) -> Vec<Bin> {
    let mut sums = [(0_u64, 0.0_f64, 0_u64); BINS];
    for ((row, &top), &label) in predictions.rows().zip(predictions.most_probable()).zip(labels) {
        let confidence = row.get(top).map_or(0.0, |&log_probability| libm::exp(log_probability));
        let place = (confidence * BINS as f64).ceil() as usize;
        if let Some((count, total, right)) = sums.get_mut(place.clamp(1, BINS) - 1) {
            *count += 1;
            *total += confidence;
            *right += u64::from(top as u64 == u64::from(label));
        }
    }
    let edge = |place: usize| place as f64 / BINS as f64;
    let bin = |(place, (count, total, right)): (usize, (u64, f64, u64))| {
        let mean = |sum: f64| (count > 0).then(|| sum / count as f64);
        let (confidence, accuracy) = (mean(total), mean(right as f64));
        Bin { low: edge(place), high: edge(place + 1), count, confidence, accuracy }
    };
    sums.into_iter().enumerate().map(bin).collect()
}

/// Expected calibration error: |accuracy - confidence| of the bins, weighted by their samples
/// (Guo et al. 2017, equation 3). In `[0, 1]`.
pub(crate) fn expected_calibration_error(bins: &[Bin]) -> f64 {
    let samples: u64 = bins.iter().map(|bin| bin.count).sum();
    let gap = |bin: &Bin| match (bin.accuracy, bin.confidence) {
        (Some(accuracy), Some(confidence)) => (accuracy - confidence).abs() * bin.count as f64,
        _ => 0.0,
    };
    bins.iter().map(gap).sum::<f64>() / samples.max(1) as f64
}
