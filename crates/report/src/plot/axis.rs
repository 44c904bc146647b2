//! Scales whose ticks are round numbers: multiples of 1, 2 or 5 times a power of ten.

use crate::number;

/// Beyond this a number is not drawn: the arithmetic of scales must not overflow.
const LARGEST: f64 = 1e100;

/// Whether a value can become a place in a drawing.
pub(crate) fn is_drawable(value: f64) -> bool {
    value.is_finite() && value.abs() <= LARGEST
}

/// A range with its ticks; the range begins and ends on a tick.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scale {
    /// Value at the first tick.
    pub(crate) low: f64,
    /// Value at the last tick.
    pub(crate) high: f64,
    /// Increasing values, `low` and `high` among them.
    pub(crate) ticks: Vec<f64>,
    /// Decimals that tell the ticks apart.
    pub(crate) decimals: usize,
}

impl Scale {
    /// The scale that covers all drawable values with about `wanted` steps; `None` where there is no such value.
    pub(crate) fn covering(values: impl IntoIterator<Item = f64>, wanted: u32) -> Option<Self> {
        let drawable = values.into_iter().filter(|value| is_drawable(*value));
        let (low, high) = drawable
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        (low <= high).then(|| Self::between(low, high, wanted))
    }

    fn between(low: f64, high: f64, wanted: u32) -> Self {
        let (low, high) = widened(low, high);
        let step = Step::nice((high - low) / f64::from(wanted.max(1)));
        // A whisker of rounding must not cost a whole empty step.
        let first = (low / step.size() + 1e-9).floor();
        let last = (high / step.size() - 1e-9).ceil();
        let number = (last - first).clamp(1.0, 1000.0) as u32;
        let ticks: Vec<f64> =
            (0..=number).map(|index| step.multiple(first + f64::from(index))).collect();
        Self {
            low: ticks.first().copied().unwrap_or(low),
            high: ticks.last().copied().unwrap_or(high),
            decimals: step.decimals(),
            ticks,
        }
    }

    /// Where a value lies between both ends: 0 at `low`, 1 at `high`.
    pub(crate) fn share(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    /// A tick as text.
    pub(crate) fn label(&self, tick: f64) -> String {
        if tick.abs() >= 1e6 || (tick != 0.0 && self.decimals > 6) {
            return format!("{tick:.1e}").replace('-', "\u{2212}");
        }
        number::fixed(tick, self.decimals)
    }
}

/// A range with room for ticks: neither empty nor too narrow for the precision of its numbers.
fn widened(low: f64, high: f64) -> (f64, f64) {
    let magnitude = low.abs().max(high.abs());
    if magnitude < 1e-100 {
        return (0.0, 1.0);
    }
    if high - low > 1e-9 * magnitude {
        (low, high)
    } else {
        (low - 0.05 * magnitude, high.max(low))
    }
}

/// `mantissa * 10^exponent`, kept apart so that 3 steps of 0.1 are 0.3 and not 0.30000000000000004.
struct Step {
    mantissa: f64,
    exponent: i32,
}

impl Step {
    /// The smallest round step that is at least `size`.
    fn nice(size: f64) -> Self {
        let exponent = size.log10().floor() as i32;
        let rest = size / 10f64.powi(exponent);
        // 1.0000000001 is 1 that went through a logarithm.
        let mantissa = [1.0, 2.0, 5.0].into_iter().find(|mantissa| rest <= mantissa + 1e-9);
        match mantissa {
            Some(mantissa) => Self { mantissa, exponent },
            None => Self { mantissa: 1.0, exponent: exponent + 1 },
        }
    }

    fn multiple(&self, times: f64) -> f64 {
        let units = times * self.mantissa;
        if self.exponent < 0 {
            units / 10f64.powi(-self.exponent)
        } else {
            units * 10f64.powi(self.exponent)
        }
    }

    fn size(&self) -> f64 {
        self.multiple(1.0)
    }

    fn decimals(&self) -> usize {
        usize::try_from(-self.exponent).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(low: f64, high: f64, wanted: u32) -> Vec<f64> {
        Scale::covering([low, high], wanted).unwrap().ticks
    }

    #[test]
    fn ticks_are_the_round_numbers_a_person_would_choose() {
        assert_eq!(ticks(0.0, 1.0, 5), [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
        assert_eq!(ticks(0.0, 10.0, 5), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(ticks(0.13, 2.31, 5), [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]);
        assert_eq!(ticks(-0.31, 0.92, 5), [-0.5, 0.0, 0.5, 1.0]);
        assert_eq!(ticks(0.871, 0.934, 4), [0.86, 0.88, 0.90, 0.92, 0.94]);
        assert_eq!(
            ticks(0.0, 46_900.0, 5),
            [0.0, 10_000.0, 20_000.0, 30_000.0, 40_000.0, 50_000.0]
        );
    }

    #[test]
    fn ticks_carry_no_rounding_dust() {
        assert_eq!(ticks(0.0, 0.6, 6), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);
    }

    #[test]
    fn every_scale_covers_its_values_with_few_even_steps() {
        let mut value = 0.37_f64;
        for round in 0..20_000_i32 {
            // The logistic map gives a fixed, scattered sequence.
            value = 3.99 * value * (1.0 - value);
            let low = (value - 0.5) * 10f64.powi(round % 31 - 15);
            let high = low + value * value * 10f64.powi(round % 17 - 8);
            let scale = Scale::covering([high, low], 5).unwrap();
            let span = scale.high - scale.low;
            assert!(
                scale.low <= low + 1e-6 * span && scale.high >= high - 1e-6 * span,
                "{low} {high} {scale:?}"
            );
            assert!((2..=8).contains(&scale.ticks.len()), "{low} {high} {scale:?}");
            assert!(scale.ticks.windows(2).all(|pair| pair[0] < pair[1]), "{low} {high} {scale:?}");
        }
    }

    #[test]
    fn one_value_gets_a_range_around_it() {
        assert_eq!(Scale::covering([0.0], 5).unwrap().high, 1.0);
        let scale = Scale::covering([1.0, 1.0], 5).unwrap();
        assert!(scale.low < 1.0 && scale.high == 1.0, "{scale:?}");
    }

    #[test]
    fn what_cannot_be_drawn_is_left_out() {
        assert_eq!(Scale::covering([f64::NAN, f64::INFINITY, 1e200], 5), None);
        assert_eq!(Scale::covering([f64::NAN, 0.0, 1.0], 5), Scale::covering([0.0, 1.0], 5));
        assert_eq!(Scale::covering([], 5), None);
    }

    #[test]
    fn labels_show_as_many_decimals_as_the_step_needs() {
        let scale = Scale::covering([-0.01, 0.02], 3).unwrap();
        let labels: Vec<String> = scale.ticks.iter().map(|tick| scale.label(*tick)).collect();
        assert_eq!(labels, ["−0.01", "0.00", "0.01", "0.02"]);
        let large = Scale::covering([0.0, 4e9], 2).unwrap();
        assert_eq!(large.label(4e9), "4.0e9");
    }
}
