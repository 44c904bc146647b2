//! The standard normal distribution.

use crate::exponential::{exp, polynomial};

/// `1 / sqrt(2 pi)`.
const DENSITY_AT_ZERO: f32 = 0.398_942_3;

/// The place of the pole in `t = 1 / (1 + SLOPE x)`.
const SLOPE: f32 = 0.265;

/// The tail beyond `x >= 0`, divided by `exp(-x^2 / 2)`, as a polynomial of `t` without a constant
/// term, highest power first: the form of Abramowitz and Stegun (1964), formula 7.1.26, fitted by
/// Remez' exchange to a relative error of 1.1e-8 for `x` from 0 to 12.5.
const TAIL: [f32; 10] = [
    0.030_912_808,
    -0.144_663_11,
    0.218_688_52,
    -0.117_336_706,
    0.138_610_63,
    0.060_038_53,
    0.102_770_13,
    0.105_237_08,
    0.105_742_12,
    0.0,
];

/// The distribution function `(1 + erf(x / sqrt 2)) / 2` with an absolute error of at most 1.2e-7,
/// and the density `exp(-x^2 / 2) / sqrt(2 pi)`.
///
/// The error of the distribution function stays small beside its value far into the left tail,
/// where a difference from 1 would lose it.
#[inline(always)]
pub(crate) fn distribution_and_density(x: f32) -> (f32, f32) {
    let bell = exp(-0.5 * (x * x));
    let tail = bell * polynomial(1.0 / (1.0 + SLOPE * x.abs()), TAIL);
    let distribution = if x < 0.0 { tail } else { 1.0 - tail };
    (distribution, bell * DENSITY_AT_ZERO)
}
