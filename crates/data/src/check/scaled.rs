//! Columns of numbers without their scale, so that one that is another on a scale of its own is known.

use super::survey::{Column, numbers};
use crate::preprocessing::numbers::moments;

/// A straight line through fewer values is no surprise.
const FEWEST_VALUES: usize = 20;
/// How far a number may be from a line, in deviations of its column, for the decimals of a file.
const OFF_LINE: f64 = 1e-3;

/// The numbers of a column with mean 0 and deviation 1.
pub(super) struct Scaled {
    values: Vec<Option<f64>>,
    mean: f64,
    deviation: f64,
}

impl Scaled {
    /// None for words, and for too few values.
    pub(super) fn of(column: &Column<'_>) -> Option<Self> {
        if column.is_words || column.distinct < FEWEST_VALUES {
            return None;
        }
        let mut values = numbers(&column.cells);
        let known: Vec<f64> = values.iter().flatten().copied().collect();
        let (mean, deviation) = moments(&known);
        values.iter_mut().flatten().for_each(|value| *value = (*value - mean) / deviation);
        Some(Self { values, mean, deviation })
    }

    /// What makes this column of another, in words; none where no straight line does.
    pub(super) fn line_of(&self, other: &Self) -> Option<String> {
        let along = |sign: f64| {
            self.values.iter().zip(&other.values).all(|pair| match pair {
                (Some(own), Some(other)) => (own - sign * other).abs() <= OFF_LINE,
                (own, other) => own.is_none() && other.is_none(),
            })
        };
        let sign = [1.0, -1.0].into_iter().find(|sign| along(*sign))?;
        let factor = sign * self.deviation / other.deviation;
        let difference = self.mean - factor * other.mean;
        let line = format!("times {}", rounded(factor));
        Some(match (difference.abs() <= OFF_LINE * self.deviation, difference < 0.0) {
            (true, _) => line,
            (false, true) => format!("{line} minus {}", rounded(-difference)),
            (false, false) => format!("{line} plus {}", rounded(difference)),
        })
    }
}

/// A number to four digits.
fn rounded(number: f64) -> f64 {
    format!("{number:.3e}").parse().unwrap_or(number)
}
