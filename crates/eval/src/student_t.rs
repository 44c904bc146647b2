//! The quantile of Student's t distribution that a 95 % interval needs.

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2};

/// The 0.975 quantile of the standard normal distribution.
pub(crate) const NORMAL_975: f64 = 1.959_963_984_540_054;

/// The 0.975 quantile of Student's t distribution with `freedom` degrees of freedom, at least 1.
///
/// Bisects the closed form of P(|t| < sqrt(freedom) tan(angle)) in the angle.
pub(crate) fn student_t_975(freedom: usize) -> f64 {
    let (mut low, mut high) = (0.0, FRAC_PI_2);
    for _ in 0..64 {
        let middle = 0.5 * (low + high);
        if probability_within(middle, freedom) < 0.95 {
            low = middle;
        } else {
            high = middle;
        }
    }
    libm::sqrt(freedom as f64) * libm::tan(0.5 * (low + high))
}

/// Abramowitz and Stegun, "Handbook of Mathematical Functions" (1964), 26.7.3 and 26.7.4.
fn probability_within(angle: f64, freedom: usize) -> f64 {
    let (sine, cosine) = (libm::sin(angle), libm::cos(angle));
    let odd = freedom % 2 == 1;
    // The terms up to cos^(freedom - 2); each follows from the one before.
    let (mut term, mut power) = if odd { (cosine, 1) } else { (1.0, 0) };
    let mut sum = 0.0;
    while power + 2 <= freedom {
        sum += term;
        power += 2;
        term *= cosine * cosine * (power - 1) as f64 / power as f64;
    }
    if odd { FRAC_2_PI * (angle + sine * sum) } else { sine * sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_scipy() {
        let text = include_str!("../tests/oracle/student_t.json");
        let expected: Vec<(usize, f64)> = serde_json::from_str(text).unwrap();
        assert!(expected.len() > 30);
        for (freedom, quantile) in expected {
            let found = student_t_975(freedom);
            assert!((found / quantile - 1.0).abs() < 1e-11, "{freedom}: {found} for {quantile}");
        }
    }
}
