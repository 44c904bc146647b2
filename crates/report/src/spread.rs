//! The mean of a few seeds and how far they lie apart.

/// Mean and sample standard deviation (n - 1 in the denominator) of finite values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) mean: f64,
    /// `None` where there is only one value.
    pub(crate) deviation: Option<f64>,
}

impl Spread {
    /// `None` for no value at all and where one of them is not finite: a mean that leaves failures out flatters.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        if values.is_empty() || values.iter().any(|value| !value.is_finite()) {
            return None;
        }
        let number = values.len() as f64;
        let mean = values.iter().sum::<f64>() / number;
        let squares = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>();
        let deviation = (values.len() > 1).then(|| (squares / (number - 1.0)).sqrt());
        Some(Self { mean, deviation })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        // statistics.mean and statistics.stdev of Python 3.11.
        let spread = Spread::of(&[0.931, 0.942, 0.928, 0.937, 0.935]).unwrap();
        assert!((spread.mean - 0.9346).abs() < 1e-12);
        assert!((spread.deviation.unwrap() - 0.005_412_947_441_089_7).abs() < 1e-12);
    }

    #[test]
    fn one_value_has_no_deviation_and_a_failure_has_no_mean() {
        assert_eq!(Spread::of(&[0.5]), Some(Spread { mean: 0.5, deviation: None }));
        assert_eq!(Spread::of(&[]), None);
        assert_eq!(Spread::of(&[0.5, f64::NAN]), None);
    }
}
