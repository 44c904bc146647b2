//! What can be wrong with a method's settings or with the signals it is given.

/// A loss that cannot be formed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MethodError {
    /// A setting is out of its range.
    #[error("method option `{option}`: expected {expected}, found {found}")]
    Option {
        /// Which setting.
        option: &'static str,
        /// The range.
        expected: &'static str,
        /// What was given.
        found: f64,
    },
    /// The student's logits hold no sample or no class.
    #[error("logits of the student: expected at least one sample and one class, found {found:?}")]
    Empty {
        /// Samples and classes.
        found: [usize; 2],
    },
    /// Teacher and student differ in the number of samples or classes.
    #[error(
        "logits of the teacher: expected {} samples of {} classes as the student has, found {} of {}",
        expected[0], expected[1], found[0], found[1]
    )]
    TeacherShape {
        /// The student's samples and classes.
        expected: [usize; 2],
        /// The teacher's.
        found: [usize; 2],
    },
    /// There is not one label (or the statement that there is none) for each sample.
    #[error("labels: expected one for each of {expected} samples, found {found}")]
    LabelCount {
        /// The number of samples.
        expected: usize,
        /// The number of labels.
        found: usize,
    },
    /// A label names no class.
    #[error(
        "label of sample {sample} of the batch: expected a class below {classes}, found {found}"
    )]
    LabelRange {
        /// The position in the batch, from 0.
        sample: usize,
        /// The number of classes.
        classes: usize,
        /// The label.
        found: u32,
    },
}

impl MethodError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Option { option, expected, .. } => Some(format!("set `{option}` to {expected}")),
            Self::Empty { .. } => Some("give the batch at least one sample".to_owned()),
            Self::TeacherShape { .. } => Some(
                "use a teacher that was trained on the same classes in the same order, and its \
                 outputs for the same samples"
                    .to_owned(),
            ),
            Self::LabelCount { .. } => {
                Some("give each sample a label, or state that it has none".to_owned())
            }
            Self::LabelRange { .. } => Some(
                "number the classes from 0, and give the student one output a class".to_owned(),
            ),
        }
    }
}
