//! The softmax of eight samples as lanes, and back.

#![allow(clippy::needless_range_loop, reason = "lanes of several tables go side by side")]

use crate::blocks::{LANES, Lanes, less_most, load, sum, unload};
use crate::exponential::{exp_of_negative, ln};

/// Probabilities and their logarithms, `[classes][samples]`.
pub(super) struct Side {
    pub(super) log: Vec<Lanes<f64>>,
    pub(super) probability: Vec<Lanes<f64>>,
}

impl Side {
    pub(super) fn new(classes: usize) -> Self {
        let table = || vec![[0.0; LANES]; classes];
        Self { log: table(), probability: table() }
    }

    /// Writes logits less the largest of each row, and their exponentials; gives the sums of these.
    #[inline(always)]
    fn load(&mut self, logits: &[f32], inverse: f64) -> Lanes<f64> {
        load(logits, &mut self.log);
        less_most(&mut self.log, f64::NEG_INFINITY);
        let numbers = self.log.as_flattened_mut().iter_mut();
        for (log, probability) in numbers.zip(self.probability.as_flattened_mut()) {
            *log *= inverse;
            *probability = exp_of_negative(*log);
        }
        sum(&self.probability)
    }

    /// Makes the exponentials of each row sum to 1.
    #[inline(always)]
    fn normalise(&mut self, shifts: &Lanes<f64>, factors: &Lanes<f64>) {
        for (log, probability) in self.log.iter_mut().zip(&mut self.probability) {
            for lane in 0..LANES {
                log[lane] -= shifts[lane];
                probability[lane] *= factors[lane];
            }
        }
    }
}

/// The softmax of up to eight rows of logits of each side; `inverse` is `1 / T`.
///
/// The sides go through each step together, because the logarithms of sums would have one after the other wait.
#[inline(always)]
pub(super) fn soften<const SIDES: usize>(
    sides: [&mut Side; SIDES],
    logits: [&[f32]; SIDES],
    inverse: f64,
) {
    let mut totals = [[0.0; LANES]; SIDES];
    for side in 0..SIDES {
        totals[side] = sides[side].load(logits[side], inverse);
    }
    let (mut shifts, mut factors) = ([[0.0; LANES]; SIDES], [[0.0; LANES]; SIDES]);
    for side in 0..SIDES {
        for lane in 0..LANES {
            shifts[side][lane] = ln(totals[side][lane]);
            factors[side][lane] = 1.0 / totals[side][lane];
        }
    }
    for side in 0..SIDES {
        sides[side].normalise(&shifts[side], &factors[side]);
    }
}

/// Slopes of a loss by the logarithms of the student's probabilities, each as if it were free.
pub(super) struct Slopes {
    pub(super) by_log: Vec<Lanes<f64>>,
    gradient: Vec<Lanes<f32>>,
}

impl Slopes {
    pub(super) fn new(classes: usize) -> Self {
        Self { by_log: vec![[0.0; LANES]; classes], gradient: vec![[0.0; LANES]; classes] }
    }

    /// Writes the gradient of the logits, `factor (slope - probability sum of slopes)`.
    #[inline(always)]
    pub(super) fn pull_back(&mut self, student: &Side, factor: f64, gradient: &mut [f32]) {
        let totals = sum(&self.by_log);
        let both = self.by_log.iter().zip(&student.probability);
        for (gradient, (slope, probability)) in self.gradient.iter_mut().zip(both) {
            for lane in 0..LANES {
                let own = slope[lane] - probability[lane] * totals[lane];
                gradient[lane] = (factor * own) as f32;
            }
        }
        unload(&self.gradient, gradient);
    }
}
