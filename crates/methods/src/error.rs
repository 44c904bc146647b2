//! What can be wrong with the signals that a method is given.

/// A loss that cannot be formed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MethodError {
    /// The method learns from a teacher and there is none.
    #[error("method `{method}`: expected the outputs of a teacher, found none")]
    MissingTeacher {
        /// The method's name in a recipe.
        method: &'static str,
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
    /// There is not one weight for each label.
    #[error("weights: expected one for each of {expected} samples, found {found}")]
    WeightCount {
        /// The number of samples.
        expected: usize,
        /// The number of weights.
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
    /// The method learns from numbers and the labels are classes.
    #[error("method `{method}`: expected targets that are numbers, found classes")]
    NoTargets {
        /// The method's name in a recipe.
        method: &'static str,
    },
    /// Targets and the student's output differ in width.
    #[error(
        "targets: expected {expected} for each sample, as the student has outputs, found {found}"
    )]
    TargetWidth {
        /// The student's outputs.
        expected: usize,
        /// Numbers in a row of targets.
        found: usize,
    },
    /// Two methods of a combination have a term of the same name.
    #[error("combination: expected terms of different names, found `{term}` twice")]
    TermTwice {
        /// The term.
        term: &'static str,
    },
}

impl MethodError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::MissingTeacher { .. } => "name a teacher, or take a method that needs none",
            Self::TeacherShape { .. } => {
                "use a teacher that was trained on the same classes in the same order, and its \
                 outputs for the same samples"
            }
            Self::LabelCount { .. } => "give each sample a label, or state that it has none",
            Self::WeightCount { .. } => "give each sample a weight, or none of them",
            Self::LabelRange { .. } => {
                "number the classes from 0, and give the student one output a class"
            }
            Self::NoTargets { .. } => "give the samples targets, or take a method for classes",
            Self::TargetWidth { .. } => "give the student one output for each target",
            Self::TermTwice { .. } => {
                "combine methods of different kinds, and leave the label term to the combination"
            }
        };
        Some(text.to_owned())
    }
}
