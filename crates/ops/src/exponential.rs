//! Exponentials and logarithms as polynomials, so that loops over them become vector instructions.
//!
//! Nothing here calls the system's mathematics library or multiplies and adds in one rounding, so
//! the results are the same bits at every level and on every system.

/// Below this, `exp` rounds to 0.
const LOWEST: f32 = -104.0;

/// Above this, `exp` is beyond the largest number.
const HIGHEST: f32 = 89.0;

/// Below this, `exp` is no normal number.
const SMALLEST: f32 = -87.3;

/// Added to a number of moderate size, it leaves no bits for fractions: the sum is rounded to an
/// integer that can be read from its lowest bits.
const ROUNDER: f32 = (3 << 22) as f32;

/// `ln 2` in two parts; the first has so few bits that its product with an exponent is exact.
const LN_2: [f32; 2] = [355.0 / 512.0, -2.121_944_4e-4];

/// `(exp(r) - 1 - r) / r^2` for `|r| <= ln(2) / 2`, lowest power first (Moshier, Cephes, `expf`).
const EXP: [f32; 6] =
    [0.5, 1.666_666_5e-1, 4.166_579_6e-2, 8.333_452e-3, 1.398_2e-3, 1.987_569_1e-4];

/// `exp(x)` with a relative error of at most 1.2e-7 where the result is a normal number; infinity
/// and 0 beyond what `f32` holds, 1 exactly at 0, NaN for NaN.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Comparisons that are false for NaN, so that NaN stays.
    let x = if x < LOWEST { LOWEST } else { x };
    let x = if x > HIGHEST { HIGHEST } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUNDER;
    let count = shifted - ROUNDER;
    let rest = x - count * LN_2[0] - count * LN_2[1];
    let factor = exp_of_rest(rest);
    // In two steps, because neither half leaves the range of the exponents.
    let power = shifted.to_bits().wrapping_sub(ROUNDER.to_bits()) as i32;
    let half = power >> 1;
    factor * power_of_two(half) * power_of_two(power.wrapping_sub(half))
}

/// [`exp`] of numbers up to 0 with less work; 0 where the result would not be a normal number.
#[inline(always)]
pub(crate) fn exp_up_to_one(x: f32) -> f32 {
    let beyond = x < SMALLEST;
    let held = if beyond { SMALLEST } else { x };
    let shifted = held * std::f32::consts::LOG2_E + ROUNDER;
    let count = shifted - ROUNDER;
    let rest = held - count * LN_2[0] - count * LN_2[1];
    let factor = exp_of_rest(rest);
    // The power is added to the exponent; the rest of the rounded number leaves the word.
    let value = f32::from_bits(factor.to_bits().wrapping_add(shifted.to_bits() << 23));
    if beyond { 0.0 } else { value }
}

/// `exp(r)` for `|r| <= ln(2) / 2`, by halves, so that the steps wait for one another less often.
#[inline(always)]
fn exp_of_rest(rest: f32) -> f32 {
    let [a, b, c, d, e, f] = EXP;
    let square = rest * rest;
    let low = (a + b * rest) + (c + d * rest) * square;
    let curve = low + (e + f * rest) * (square * square);
    square * curve + rest + 1.0
}

/// `2^power` for powers from -126 to 127.
#[inline(always)]
fn power_of_two(power: i32) -> f32 {
    f32::from_bits((power.wrapping_add(127) as u32) << 23)
}

/// `2^52`, whose lowest bits count units.
const LARGE: f64 = (1_u64 << 52) as f64;

/// As [`ROUNDER`], for `f64`.
const WIDE_ROUNDER: f64 = (3_u64 << 51) as f64;

/// `ln 2` in two parts for `f64` (Sun, fdlibm, `e_exp.c`); products of the first with exponents are exact.
const WIDE_LN_2: [f64; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];

/// `(exp(r) - 1 - r) / r^2` for `|r| <= ln(2) / 2`, lowest power first: of degree 8, with the least error relative
/// to `exp(r)` (3e-16), by Remez' exchange.
const WIDE_EXP: [f64; 9] = [
    0.499_999_999_999_983_24,
    0.166_666_666_666_115_57,
    0.041_666_666_668_136_246,
    0.008_333_333_370_869_686,
    0.001_388_888_851_629_556_8,
    0.000_198_411_852_367_560_1,
    2.480_193_164_335_683_7e-5,
    2.763_499_056_225_365e-6,
    2.747_682_420_791_727e-7,
];

/// `exp(x)` in `f64` of numbers up to 0, with an error of a few units in the last place; 0 below -708,
/// 1 exactly at 0, NaN for NaN.
#[inline(always)]
pub fn exp_of_negative(x: f64) -> f64 {
    let beyond = x < -708.0;
    let held = if beyond { -708.0 } else { x };
    let shifted = held * std::f64::consts::LOG2_E + WIDE_ROUNDER;
    let count = shifted - WIDE_ROUNDER;
    let rest = held - count * WIDE_LN_2[0] - count * WIDE_LN_2[1];
    // By halves, so that the steps wait for one another less often.
    let [a, b, c, d, e, f, g, h, i] = WIDE_EXP;
    let square = rest * rest;
    let fourth = square * square;
    let low = (a + b * rest) + (c + d * rest) * square;
    let high = (e + f * rest) + (g + h * rest) * square;
    let curve = low + (high + i * fourth) * fourth;
    let factor = square * curve + rest + 1.0;
    // The power is added to the exponent; the rest of the rounded number leaves the word.
    let value = f64::from_bits(factor.to_bits().wrapping_add(shifted.to_bits() << 52));
    if beyond { 0.0 } else { value }
}

/// A polynomial by Horner's rule, the coefficient of the highest power first.
#[inline(always)]
pub(crate) fn polynomial<const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let mut sum = coefficients[0];
    for &coefficient in &coefficients[1..] {
        sum = sum * x + coefficient;
    }
    sum
}

/// `ln(x)` of a positive normal number with an error of a few units in the last place; 0 exactly at
/// 1, NaN for NaN. Infinity gives a large finite number.
///
/// With `x = 2^k m` and `m` near 1, it is `k ln 2 + 2 artanh((m - 1) / (m + 1))`.
#[inline(always)]
pub fn ln(x: f64) -> f64 {
    const MANTISSA: u64 = (1 << 52) - 1;
    let bits = x.to_bits();
    let low = f64::from_bits((bits & MANTISSA) | 1.0_f64.to_bits());
    let above = low > std::f64::consts::SQRT_2;
    let mantissa = if above { low * 0.5 } else { low };
    // As the lowest bits of a large number, because vectors of integers are not turned into numbers.
    let biased = f64::from_bits(LARGE.to_bits() | (bits >> 52)) - LARGE;
    let power = biased - if above { 1022.0 } else { 1023.0 };
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let square = ratio * ratio;
    let mut series = 0.0;
    for odd in [21.0, 19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0] {
        series = (series + 1.0 / odd) * square;
    }
    let result = power * std::f64::consts::LN_2 + 2.0 * (ratio + ratio * series);
    if x.is_nan() { x } else { result }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_within_two_units_of_the_true_value() {
        let mut worst = 0.0_f64;
        let mut x = -87.3_f32;
        while x < 88.7 {
            let expected = f64::from(x).exp();
            let error = (f64::from(exp(x)) / expected - 1.0).abs();
            assert!(!error.is_nan(), "{x}");
            worst = worst.max(error);
            x += 0.000_37;
        }
        assert!(worst <= 1.2e-7, "{worst}");
    }

    #[test]
    fn the_exponential_up_to_one_is_the_same_where_it_is_a_normal_number() {
        let mut x = -87.3_f32;
        while x <= 0.0 {
            assert_eq!(exp_up_to_one(x).to_bits(), exp(x).to_bits(), "{x}");
            x += 0.000_37;
        }
        assert_eq!(exp_up_to_one(0.0), 1.0);
        for x in [-87.4, -1e5, f32::MIN, f32::NEG_INFINITY] {
            assert_eq!(exp_up_to_one(x), 0.0);
        }
        assert!(exp_up_to_one(f32::NAN).is_nan());
    }

    #[test]
    fn exp_ends_in_zero_and_infinity_and_keeps_nan() {
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(-0.0), 1.0);
        for x in [-104.0, -1e5, f32::MIN, f32::NEG_INFINITY] {
            assert_eq!(exp(x), 0.0);
        }
        for x in [88.8, 89.0, 1e5, f32::INFINITY] {
            assert_eq!(exp(x), f32::INFINITY);
        }
        assert!(exp(f32::NAN).is_nan());
        // Subnormal results keep their absolute exactness.
        for x in [-88.0, -95.0, -100.0, -103.0] {
            assert!((f64::from(exp(x)) - f64::from(x).exp()).abs() < 1.5e-45, "{x}");
        }
    }

    #[test]
    fn the_exponential_of_negative_numbers_agrees_with_the_library() {
        assert_eq!((exp_of_negative(0.0), exp_of_negative(-0.0)), (1.0, 1.0));
        assert_eq!((exp_of_negative(-708.1), exp_of_negative(f64::NEG_INFINITY)), (0.0, 0.0));
        assert!(exp_of_negative(f64::NAN).is_nan());
        for step in 0..70_800 {
            for x in [f64::from(step) * -0.01, f64::from(step) * -1e-7] {
                let (found, expected) = (exp_of_negative(x), x.exp());
                assert!((found / expected - 1.0).abs() <= 1e-15, "{x}: {found}");
            }
        }
    }

    #[test]
    fn ln_agrees_with_the_library() {
        assert_eq!(ln(1.0), 0.0);
        assert!(ln(f64::NAN).is_nan());
        for step in -4000..4000 {
            for x in [f64::from(step) * 0.01, f64::from(step) * 1e-6] {
                let expected = x.exp().ln();
                let found = ln(x.exp());
                assert!((found - expected).abs() <= 1e-15 + 4e-16 * expected.abs(), "{x}: {found}");
            }
        }
    }
}
