//! Predictions at another temperature, and the temperature at which they say what they mean.

use crate::{EvalError, Predictions};

/// Temperatures that are considered.
const LIMITS: [f64; 2] = [0.05, 20.0];

/// Halvings of the interval: more than the digits of the result.
const HALVINGS: u32 = 48;

impl Predictions {
    /// The same predictions with logits divided by `temperature`, which must be above 0.
    #[must_use]
    pub fn softened(&self, temperature: f64) -> Self {
        self.mapped(|row, out| {
            let scaled = row.iter().map(|value| value / temperature);
            let largest = scaled.clone().fold(f64::NEG_INFINITY, f64::max);
            let shifted = scaled.map(|value| value - largest);
            let normaliser = libm::log(shifted.clone().map(libm::exp).sum());
            out.extend(shifted.map(|value| value - normaliser));
        })
    }

    /// Mean over samples of the largest probability.
    pub fn mean_confidence(&self) -> f64 {
        let largest =
            |row: &[f64]| libm::exp(row.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        self.rows().map(largest).sum::<f64>() / self.samples().max(1) as f64
    }

    /// Mean over samples of the entropy of the probabilities, in nats.
    pub fn mean_entropy(&self) -> f64 {
        let entropy = |row: &[f64]| {
            // p log p is 0 where p is 0.
            let terms = row.iter().map(|value| match libm::exp(*value) {
                0.0 => 0.0,
                probability => -probability * value,
            });
            terms.sum::<f64>()
        };
        self.rows().map(entropy).sum::<f64>() / self.samples().max(1) as f64
    }
}

/// The temperature that makes the labels likeliest, from 0.05 to 20: temperature scaling of Guo et
/// al., "On Calibration of Modern Neural Networks" (2017), section 4.2. It is meant to be found on
/// validation samples and used on others.
///
/// # Errors
/// Not one label a sample.
pub fn scaling_temperature(predictions: &Predictions, labels: &[u32]) -> Result<f64, EvalError> {
    predictions.check_label_count(labels)?;
    // The likelihood is concave in 1 / T, so that its slope has one sign on each side of the best.
    let (mut low, mut high) = (1.0 / LIMITS[1], 1.0 / LIMITS[0]);
    for _ in 0..HALVINGS {
        let middle = (low * high).sqrt();
        if slope(predictions, labels, middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(1.0 / (low * high).sqrt())
}

/// The slope of the log-likelihood by the inverse temperature: the logit of the label minus the mean
/// logit under the scaled probabilities, over all samples.
fn slope(predictions: &Predictions, labels: &[u32], inverse: f64) -> f64 {
    let of_row = |(row, &label): (&[f64], &u32)| {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (mut total, mut weighted) = (0.0, 0.0);
        for &value in row {
            let weight = libm::exp(inverse * (value - largest));
            total += weight;
            weighted += if weight > 0.0 { weight * value } else { 0.0 };
        }
        row.get(label as usize).copied().unwrap_or_default() - weighted / total
    };
    predictions.rows().zip(labels).map(of_row).sum()
}
