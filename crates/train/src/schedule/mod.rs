/*!
Schedules: the learning rate of every step.

A schedule is a pure function of the step and of the planned length; it keeps no state, so a resumed
run needs nothing but its step count.
*/

mod shape;

use options::{Key, OptionError, Section};

pub use shape::Shape;

/// How the learning rate goes from the first step to the last.
///
/// Steps are counted from 0. With `n` warm-up steps and learning rate `r`:
///
/// - **Warm-up**: step `s < n` has `r (s + 1) / n`. The first one has `r / n`, not 0, so that no
///   step is wasted; the last one has `r`.
/// - **Afterwards**: the course of the [`Shape`] over the remaining steps.
///
/// ```
/// use potstill_train::schedule::{Plan, Schedule, Shape};
///
/// let schedule =
///     Schedule { rate: 0.1, warmup_steps: 2, shape: Shape::Cosine { final_fraction: 0.0 } };
/// let plan = Plan { epochs: 1, steps_per_epoch: 6 };
/// let rates: Vec<f64> = (0..6).map(|step| schedule.learning_rate(step, plan)).collect();
/// let expected = [0.05, 0.1, 0.1, 0.0853553, 0.05, 0.0146447];
/// assert!(rates.iter().zip(expected).all(|(rate, expected)| (rate - expected).abs() < 1e-7));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// The learning rate at its highest, above 0.
    pub rate: f64,
    /// The number of steps in which the learning rate rises; 0 for none.
    pub warmup_steps: u64,
    /// What comes after the warm-up.
    pub shape: Shape,
}

/// The planned length of a training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Epochs.
    pub epochs: u64,
    /// Steps of one epoch.
    pub steps_per_epoch: u64,
}

impl Plan {
    /// Steps of the whole training.
    pub fn total_steps(self) -> u64 {
        self.epochs.saturating_mul(self.steps_per_epoch)
    }
}

impl Schedule {
    /// The same learning rate in every step.
    pub fn constant(rate: f64) -> Self {
        Self { rate, warmup_steps: 0, shape: Shape::Constant }
    }

    /// The learning rate of `step`, counted from 0.
    ///
    /// Steps beyond the planned number have the rate at which the schedule ends.
    pub fn learning_rate(&self, step: u64, plan: Plan) -> f64 {
        if step < self.warmup_steps {
            return self.rate * ((step + 1) as f64 / self.warmup_steps as f64);
        }
        self.rate * self.shape.share(step, self.warmup_steps, plan)
    }

    /// Reads the schedule from the section of a training; `rate` is its highest learning rate.
    pub(crate) fn read(section: &mut Section<'_>, rate: f64) -> Result<Self, OptionError> {
        let shape = Shape::read(section)?;
        let warmup = Key("warmup_steps", "steps in which the learning rate rises");
        let warmup_steps = section.integer(warmup, 0, 0..=1_000_000_000)?;
        Ok(Self { rate, warmup_steps, shape })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_beyond_the_plan_keep_the_final_rate() {
        let plan = Plan { epochs: 2, steps_per_epoch: 5 };
        let shapes = [
            (Shape::Cosine { final_fraction: 0.25 }, 0.05),
            (Shape::Polynomial { power: 2.0 }, 0.0),
            (Shape::Step { milestones: vec![1, 9], factor: 0.5 }, 0.1),
            (Shape::OneCycle, 0.2 / 25.0 / 1e4),
        ];
        for (shape, expected) in shapes {
            let schedule = Schedule { rate: 0.2, warmup_steps: 3, shape };
            for step in [10, 11, 44] {
                let found = schedule.learning_rate(step, plan);
                assert!((found - expected).abs() < 1e-15, "{schedule:?} {step}: {found}");
            }
        }
    }

    #[test]
    fn a_plan_shorter_than_the_warm_up_only_rises() {
        let schedule =
            Schedule { rate: 0.2, warmup_steps: 8, shape: Shape::Cosine { final_fraction: 0.0 } };
        let plan = Plan { epochs: 1, steps_per_epoch: 4 };
        let rates: Vec<f64> = (0..4).map(|step| schedule.learning_rate(step, plan)).collect();
        assert!(rates.iter().zip([0.025, 0.05, 0.075, 0.1]).all(|(a, b)| (a - b).abs() < 1e-15));
    }
}
