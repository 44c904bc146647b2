//! How a weight or a temperature changes in the course of a training.

use std::f64::consts::PI;

use options::{Key, OptionError, Section};

/// A place in a training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Steps that were made before.
    pub step: u64,
    /// Steps of one epoch, at least 1.
    pub steps_per_epoch: u64,
    /// Epochs of the whole training.
    pub epochs: u64,
}

impl Moment {
    /// The epoch that the step belongs to, from 1.
    pub fn epoch(self) -> u64 {
        self.step / self.steps_per_epoch.max(1) + 1
    }

    /// Where the step lies between the first, 0, and the last, 1.
    fn place(self) -> f64 {
        let last = self.epochs.saturating_mul(self.steps_per_epoch).saturating_sub(1);
        if last == 0 { 0.0 } else { (self.step as f64 / last as f64).min(1.0) }
    }
}

/// The course of a number: a pure function of the step.
///
/// ```
/// use potstill_methods::{Course, Moment};
///
/// let at = |step| Moment { step, steps_per_epoch: 5, epochs: 1 };
/// let course = Course::Linear { end: 1.0 };
/// let values: Vec<f64> = (0..5).map(|step| course.value(3.0, at(step))).collect();
/// assert_eq!(values, [3.0, 2.5, 2.0, 1.5, 1.0]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Course {
    /// Always the same.
    #[default]
    Constant,
    /// From `start` along a straight line; from the last step of this many epochs on it is the number
    /// itself. The first step is already one part of the way.
    WarmUp {
        /// Where it begins.
        start: f64,
        /// Epochs in which it changes, at least 1.
        epochs: u64,
    },
    /// From the number itself in the first step along a straight line to `end` in the last.
    Linear {
        /// Where it ends.
        end: f64,
    },
    /// As `Linear`, along half a cosine.
    Cosine {
        /// Where it ends.
        end: f64,
    },
}

/// What a recipe says about the course of a temperature.
pub(crate) const TEMPERATURE_KEYS: [&str; 3] =
    ["temperature_schedule", "temperature_warmup_epochs", "temperature_end"];

impl Course {
    /// The number at a moment, where it is otherwise `value`.
    pub fn value(self, value: f64, moment: Moment) -> f64 {
        match self {
            Self::Constant => value,
            Self::WarmUp { start, epochs } => {
                let steps = epochs.saturating_mul(moment.steps_per_epoch).max(1);
                let made = moment.step.saturating_add(1).min(steps);
                value + (start - value) * (1.0 - made as f64 / steps as f64)
            }
            Self::Linear { end } => value + (end - value) * moment.place(),
            Self::Cosine { end } => {
                end + (value - end) * (0.5 * (1.0 + libm::cos(PI * moment.place())))
            }
        }
    }

    /// Reads the course of the temperature.
    pub(crate) fn read_temperature(section: &mut Section<'_>) -> Result<Self, OptionError> {
        let keys = Keys {
            shape: Key(TEMPERATURE_KEYS[0], "constant, warm-up, linear or cosine"),
            epochs: Key(TEMPERATURE_KEYS[1], "in which it goes from 1 to temperature"),
            end: Key(TEMPERATURE_KEYS[2], "where it is in the last step"),
        };
        keys.read(section, 1.0, [1.0, 0.01])
    }

    /// Reads the course of the weight of a method.
    pub(crate) fn read_weight(section: &mut Section<'_>) -> Result<Self, OptionError> {
        let keys = Keys {
            shape: Key("weight_schedule", "of the method: constant, warm-up, linear or cosine"),
            epochs: Key("weight_warmup_epochs", "in which the method's weight rises from 0"),
            end: Key("weight_end", "what the weight is multiplied by in the last step"),
        };
        keys.read(section, 0.0, [0.0, 0.0])
    }
}

struct Keys {
    shape: Key,
    epochs: Key,
    end: Key,
}

impl Keys {
    /// `start` is where a warm-up begins; default and least value of the end follow.
    fn read(
        self,
        section: &mut Section<'_>,
        start: f64,
        [end, least]: [f64; 2],
    ) -> Result<Course, OptionError> {
        let shapes = ["constant", "warm-up", "linear", "cosine"];
        let shape = section.choice(self.shape, "constant", &shapes)?;
        let (warms_up, ends) = (shape == "warm-up", ["linear", "cosine"].contains(&shape.as_str()));
        let of_others = [
            (self.epochs.0, warms_up, "is how long a warm-up takes", "\"warm-up\""),
            (self.end.0, ends, "is where a way ends", "\"linear\" or \"cosine\""),
        ];
        for (key, is_used, why, value) in of_others {
            if section.has(key) && !is_used {
                let schedule = self.shape.0;
                let message = format!("`{key}` {why}, and `{schedule}` is \"{shape}\"");
                let hint = format!("leave it out, or set `{schedule}` to {value}");
                return Err(section.conflict(key, message, hint));
            }
        }
        Ok(match shape.as_str() {
            "warm-up" => {
                let epochs = section.integer(self.epochs, 5, 1..=1_000_000)?;
                Course::WarmUp { start, epochs }
            }
            "linear" => Course::Linear { end: section.number(self.end, end, least..=1000.0)? },
            "cosine" => Course::Cosine { end: section.number(self.end, end, least..=1000.0)? },
            _ => Course::Constant,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(course: Course, value: f64) -> Vec<f64> {
        let at = |step| Moment { step, steps_per_epoch: 2, epochs: 2 };
        (0..4).map(|step| course.value(value, at(step))).collect()
    }

    #[test]
    fn a_warm_up_ends_with_its_last_step() {
        let course = Course::WarmUp { start: 0.0, epochs: 1 };
        assert_eq!(values(course, 3.0), [1.5, 3.0, 3.0, 3.0]);
        let course = Course::WarmUp { start: 1.0, epochs: 2 };
        assert_eq!(values(course, 5.0), [2.0, 3.0, 4.0, 5.0]);
    }

    #[test]
    fn lines_and_cosines_join_both_ends() {
        assert_eq!(values(Course::Linear { end: 1.0 }, 4.0), [4.0, 3.0, 2.0, 1.0]);
        // A half of the cosine's way at 60 degrees is a quarter of the line's.
        let found = values(Course::Cosine { end: 1.0 }, 5.0);
        for (found, expected) in found.iter().zip([5.0, 4.0, 2.0, 1.0]) {
            assert!((found - expected).abs() < 1e-15, "{found}");
        }
    }

    #[test]
    fn a_training_of_one_step_is_at_its_beginning() {
        let moment = Moment { step: 0, steps_per_epoch: 1, epochs: 1 };
        assert_eq!(Course::Linear { end: 1.0 }.value(4.0, moment), 4.0);
        assert_eq!(moment.epoch(), 1);
        assert_eq!(Moment { step: 9, steps_per_epoch: 3, epochs: 5 }.epoch(), 4);
    }
}
