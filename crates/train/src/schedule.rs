/*!
Schedules: the learning rate of every step.

A schedule is a pure function of the step and of the planned number of steps; it keeps no state, so a
resumed run needs nothing but its step count.
*/

use std::f64::consts::PI;

/// How the learning rate goes from the first step to the last.
///
/// Steps are counted from 0. With `n` warm-up steps and learning rate `r`:
///
/// - **Warm-up**: step `s < n` has `r (s + 1) / n`. The first one has `r / n`, not 0, so that no
///   step is wasted; the last one has `r`.
/// - **Afterwards**: constant `r`, or the cosine of [`Shape::Cosine`] over the remaining steps.
///
/// ```
/// use potstill_train::schedule::{Schedule, Shape};
///
/// let schedule =
///     Schedule { rate: 0.1, warmup_steps: 2, shape: Shape::Cosine { final_fraction: 0.0 } };
/// let rates: Vec<f64> = (0..6).map(|step| schedule.learning_rate(step, 6)).collect();
/// let expected = [0.05, 0.1, 0.1, 0.0853553, 0.05, 0.0146447];
/// assert!(rates.iter().zip(expected).all(|(rate, expected)| (rate - expected).abs() < 1e-7));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// The learning rate at its highest, above 0.
    pub rate: f64,
    /// The number of steps in which the learning rate rises; 0 for none.
    pub warmup_steps: u64,
    /// What comes after the warm-up.
    pub shape: Shape,
}

/// The course of the learning rate after the warm-up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// It stays.
    Constant,
    /// It falls along half a cosine.
    ///
    /// With `R` steps after the warm-up, the `k`-th of them (from 0) has
    /// `f + (r - f) (1 + cos(pi k / R)) / 2`, where `f` is `final_fraction` times `r`: equation 5 of
    /// Loshchilov and Hutter, "SGDR" (2017), with a single cycle and one step as its unit of time.
    /// So `f` itself would come at step `total_steps`, the first one that is not made.
    Cosine {
        /// Where the cosine ends, as a share of the learning rate, in `[0, 1]`.
        final_fraction: f64,
    },
}

impl Schedule {
    /// The same learning rate in every step.
    pub fn constant(rate: f64) -> Self {
        Self { rate, warmup_steps: 0, shape: Shape::Constant }
    }

    /// The learning rate of `step`, counted from 0, in a run of `total_steps`.
    ///
    /// Steps beyond the planned number have the rate at which the schedule ends.
    pub fn learning_rate(&self, step: u64, total_steps: u64) -> f64 {
        if step < self.warmup_steps {
            return self.rate * ((step + 1) as f64 / self.warmup_steps as f64);
        }
        match self.shape {
            Shape::Constant => self.rate,
            Shape::Cosine { final_fraction } => {
                let after = (step - self.warmup_steps) as f64;
                let remaining = total_steps.saturating_sub(self.warmup_steps).max(1) as f64;
                let height = 0.5 * (1.0 + libm::cos(PI * (after / remaining).min(1.0)));
                let lowest = self.rate * final_fraction;
                lowest + (self.rate - lowest) * height
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_beyond_the_plan_keep_the_final_rate() {
        let schedule =
            Schedule { rate: 0.2, warmup_steps: 3, shape: Shape::Cosine { final_fraction: 0.25 } };
        for step in [10, 11, 1000, u64::MAX] {
            assert!((schedule.learning_rate(step, 10) - 0.05).abs() < 1e-15);
        }
    }

    #[test]
    fn a_plan_shorter_than_the_warm_up_only_rises() {
        let schedule =
            Schedule { rate: 0.2, warmup_steps: 8, shape: Shape::Cosine { final_fraction: 0.0 } };
        let rates: Vec<f64> = (0..4).map(|step| schedule.learning_rate(step, 4)).collect();
        assert!(rates.iter().zip([0.025, 0.05, 0.075, 0.1]).all(|(a, b)| (a - b).abs() < 1e-15));
    }
}
