//! What can be wrong with the numbers that an evaluation is given.

use thiserror::Error;

/// Why something could not be measured. Samples, classes and seeds are counted from 0.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum EvalError {
    /// Predictions need at least one class.
    #[error("predictions need at least one class, found 0")]
    NoClasses,
    /// There is nothing to measure.
    #[error("expected at least one of the {what}, found none")]
    Nothing {
        /// What is missing, in the plural.
        what: &'static str,
    },
    /// The logits are not whole rows.
    #[error("expected logits in rows of {classes}, found {found} numbers")]
    RaggedLogits {
        /// Numbers a row must have.
        classes: usize,
        /// Numbers found in all.
        found: usize,
    },
    /// A logit is NaN or infinite.
    #[error("expected finite logits, found {value} for class {class} of sample {sample}")]
    NonFiniteLogit {
        /// Row of the logit.
        sample: usize,
        /// Column of the logit.
        class: usize,
        /// The value found.
        value: f32,
    },
    /// The confusion matrix would not fit into memory.
    #[error("expected at most {limit} classes, found {found}")]
    TooManyClasses {
        /// The largest number of classes that is measured.
        limit: usize,
        /// Number of classes found.
        found: usize,
    },
    /// Labels and predictions differ in number.
    #[error("expected {expected} labels, one a prediction, found {found}")]
    LabelCount {
        /// Number of predictions.
        expected: usize,
        /// Number of labels.
        found: usize,
    },
    /// A label names no class.
    #[error("expected labels below {classes}, found {label} for sample {sample}")]
    LabelOutOfRange {
        /// Place of the label.
        sample: usize,
        /// The label found.
        label: u32,
        /// Number of classes.
        classes: usize,
    },
    /// Two sets of predictions cannot be compared.
    #[error(
        "expected predictions of equal shape, found {left_samples} samples of {left_classes} \
         classes and {right_samples} samples of {right_classes} classes"
    )]
    UnequalShapes {
        /// Samples of the first.
        left_samples: usize,
        /// Classes of the first.
        left_classes: usize,
        /// Samples of the second.
        right_samples: usize,
        /// Classes of the second.
        right_classes: usize,
    },
    /// Answers to another question than the truth is about.
    #[error("expected answers and truth of one task: classes, labels or numbers")]
    OtherTask,
    /// Student and baseline were not run with the same seeds.
    #[error("expected as many seeds of the baseline as of the student, {expected}, found {found}")]
    SeedCount {
        /// Seeds of the student.
        expected: usize,
        /// Seeds of the baseline.
        found: usize,
    },
    /// Runs were not scored on the same test samples.
    #[error("expected {expected} scores for seed {seed} of the {model}, found {found}")]
    ScoreCount {
        /// `student` or `baseline`.
        model: &'static str,
        /// Place of the seed.
        seed: usize,
        /// Scores of the student's first seed.
        expected: usize,
        /// Scores found.
        found: usize,
    },
    /// An interval over test samples needs at least two of them.
    #[error("expected at least 2 test samples, found {found}")]
    TooFewSamples {
        /// Samples found.
        found: usize,
    },
    /// A score is NaN or infinite.
    #[error(
        "expected finite scores, found {value} for sample {sample}, seed {seed} of the {model}"
    )]
    NonFiniteScore {
        /// `student` or `baseline`.
        model: &'static str,
        /// Place of the seed.
        seed: usize,
        /// Place of the sample.
        sample: usize,
        /// The value found.
        value: f64,
    },
}

impl EvalError {
    /// Checks that outputs are whole rows of finite numbers, at least one.
    pub(crate) fn check_rows(width: usize, values: &[f32]) -> Result<(), Self> {
        if width == 0 {
            return Err(Self::NoClasses);
        }
        if values.is_empty() {
            return Err(Self::Nothing { what: "predictions" });
        }
        if !values.len().is_multiple_of(width) {
            return Err(Self::RaggedLogits { classes: width, found: values.len() });
        }
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(()),
            Some(place) => Err(Self::NonFiniteLogit {
                sample: place / width,
                class: place % width,
                value: values.get(place).copied().unwrap_or(f32::NAN),
            }),
        }
    }

    /// Checks that two sets of predictions have equal samples and classes.
    pub(crate) fn check_shapes(left: [usize; 2], right: [usize; 2]) -> Result<(), Self> {
        let ([left_samples, left_classes], [right_samples, right_classes]) = (left, right);
        match left == right {
            true => Ok(()),
            false => Err(Self::UnequalShapes {
                left_samples,
                left_classes,
                right_samples,
                right_classes,
            }),
        }
    }

    /// What to do about it, as a full instruction; `None` where the message says it all.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::NonFiniteLogit { .. } => {
                "look for a learning rate that is too high, or for NaN in the features"
            }
            Self::TooManyClasses { .. } => "merge rare classes before you evaluate",
            Self::LabelOutOfRange { .. } => {
                "number the labels from 0, and give the model as many outputs as there are classes"
            }
            Self::UnequalShapes { .. } => {
                "evaluate teacher and student on the same samples with the same classes"
            }
            Self::SeedCount { .. } => "run student and baseline with the same seeds",
            Self::ScoreCount { .. } => {
                "score every seed on the same test samples, in the same order"
            }
            Self::TooFewSamples { .. } => "give a larger test split",
            _ => return None,
        };
        Some(text.to_owned())
    }
}
