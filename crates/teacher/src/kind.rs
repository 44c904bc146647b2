//! What recorded numbers are, and how they become logits.

/// What a model gives for each class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputKind {
    /// Any finite numbers; their softmax is the distribution.
    Logits,
    /// Natural logarithms of probabilities.
    LogProbabilities,
    /// Probabilities.
    Probabilities,
}

/// How far the sum of the probabilities of a row may be from 1: what numbers written with four
/// decimals reach with some ten classes.
const TOLERANCE: f64 = 1e-3;

/// What is wrong with a row: what was expected, and what was found.
pub(crate) type Unfit = (String, String);

impl OutputKind {
    /// The kinds as a recipe names them.
    pub const NAMES: [&str; 3] = ["logits", "log-probabilities", "probabilities"];

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "logits" => Some(Self::Logits),
            "log-probabilities" => Some(Self::LogProbabilities),
            "probabilities" => Some(Self::Probabilities),
            _ => None,
        }
    }

    /// The name of the kind.
    pub fn name(self) -> &'static str {
        match self {
            Self::Logits => "logits",
            Self::LogProbabilities => "log-probabilities",
            Self::Probabilities => "probabilities",
        }
    }

    /// Appends the logits of a row. Probabilities become their natural logarithms, and these, like given
    /// ones, are at least that of `floor`, so that a zero is a small probability instead of an infinite
    /// logit; the softmax of the logits takes them back to a sum of 1. Gives how many were raised to the floor.
    pub(crate) fn push_logits(
        self,
        row: &[f64],
        floor: f64,
        logits: &mut Vec<f32>,
    ) -> Result<usize, Unfit> {
        match self {
            Self::Logits => {
                let largest = f64::from(f32::MAX);
                if let Some(found) =
                    row.iter().find(|value| value.is_nan() || value.abs() > largest)
                {
                    let expected = "logits that single precision can hold".to_owned();
                    return Err((expected, found.to_string()));
                }
                logits.extend(row.iter().map(|&value| value as f32));
                Ok(0)
            }
            Self::LogProbabilities => {
                check_each(row, |value| value <= TOLERANCE, "log-probabilities, at most 0")?;
                check_sum(row.iter().map(|value| value.exp()).sum())?;
                let floor = floor.ln();
                logits.extend(row.iter().map(|&value| value.max(floor) as f32));
                Ok(row.iter().filter(|&&value| value < floor).count())
            }
            Self::Probabilities => {
                let fits = |value: f64| (0.0..=1.0 + TOLERANCE).contains(&value);
                check_each(row, fits, "probabilities from 0 to 1")?;
                check_sum(row.iter().sum())?;
                logits.extend(row.iter().map(|&value| value.max(floor).ln() as f32));
                Ok(row.iter().filter(|&&value| value < floor).count())
            }
        }
    }
}

fn check_each(row: &[f64], fits: impl Fn(f64) -> bool, expected: &str) -> Result<(), Unfit> {
    match row.iter().find(|value| !fits(**value)) {
        Some(found) => Err((expected.to_owned(), found.to_string())),
        None => Ok(()),
    }
}

fn check_sum(sum: f64) -> Result<(), Unfit> {
    if (sum - 1.0).abs() <= TOLERANCE {
        return Ok(());
    }
    Err((format!("probabilities that sum to 1, within {TOLERANCE}"), format!("a sum of {sum:.6}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_become_logarithms_and_zeros_the_logarithm_of_the_floor() {
        let mut logits = Vec::new();
        let raised = OutputKind::Probabilities.push_logits(&[0.75, 0.25, 0.0], 1e-6, &mut logits);
        assert_eq!(raised, Ok(1));
        // ln 0.75, ln 0.25 and ln 1e-6.
        let expected = [-0.287_682_07, -1.386_294_4, -13.815_511];
        for (found, expected) in logits.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }

    #[test]
    fn log_probabilities_have_the_floor_of_the_probabilities() {
        let (mut logits, mut expected) = (Vec::new(), Vec::new());
        let kind = OutputKind::LogProbabilities;
        assert_eq!(kind.push_logits(&[0.0, -20.0, f64::NEG_INFINITY], 1e-6, &mut logits), Ok(2));
        assert_eq!(
            OutputKind::Probabilities.push_logits(&[1.0, 2e-9, 0.0], 1e-6, &mut expected),
            Ok(2)
        );
        assert_eq!(logits, expected);
    }

    #[test]
    fn rows_that_are_no_distribution_are_refused_with_what_was_found() {
        let refused = |kind: OutputKind, row: &[f64]| kind.push_logits(row, 1e-6, &mut Vec::new());
        let (expected, found) = refused(OutputKind::Probabilities, &[0.5, 0.4]).unwrap_err();
        assert_eq!(expected, "probabilities that sum to 1, within 0.001");
        assert_eq!(found, "a sum of 0.900000");
        assert!(refused(OutputKind::Probabilities, &[1.2, -0.2]).is_err());
        assert!(refused(OutputKind::LogProbabilities, &[-0.7, -0.7, -0.7]).is_err());
        assert!(refused(OutputKind::LogProbabilities, &[0.1, -5.0]).is_err());
        assert!(refused(OutputKind::Logits, &[1e39, 0.0]).is_err());
        for kind in [OutputKind::Logits, OutputKind::LogProbabilities, OutputKind::Probabilities] {
            assert!(refused(kind, &[0.0, f64::NAN]).is_err(), "{kind:?}");
        }
        assert_eq!(refused(OutputKind::Logits, &[3.0, 0.0]), Ok(0));
    }
}
