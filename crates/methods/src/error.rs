//! What can be wrong with the signals that a method is given.

use crate::Side;

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
    /// A tap that the network does not have.
    #[error("method `{method}`: the {side} has no tap `{found}`")]
    UnknownTap {
        /// The method's name in a recipe.
        method: &'static str,
        /// Whose tap it is.
        side: Side,
        /// The name that was asked for.
        found: String,
        /// A name that is close to it.
        similar: Option<String>,
        /// All taps of the network, in the order of its pass.
        known: Vec<String>,
    },
    /// A network without taps, or a teacher that is no network.
    #[error("method `{method}`: expected a {side} with taps, found one without")]
    NoTaps {
        /// The method's name in a recipe.
        method: &'static str,
        /// Which network.
        side: Side,
    },
    /// A network of another framework, of whose values nobody said which are compared.
    #[error(
        "method `{method}`: expected names in `{side}_taps`, because the {side} is of another framework"
    )]
    TapsNotNamed {
        /// The method's name in a recipe.
        method: &'static str,
        /// Which network.
        side: Side,
        /// The values that can be used.
        usable: Vec<String>,
    },
    /// Taps are compared in pairs, and one network has more of them.
    #[error(
        "method `{method}`: expected a tap of the teacher for each of the student's, found {student} of the \
         student and {teacher} of the teacher"
    )]
    TapCount {
        /// The method's name in a recipe.
        method: &'static str,
        /// Taps of the student.
        student: usize,
        /// Taps of the teacher.
        teacher: usize,
    },
    /// A tap with a shape that the method cannot use.
    #[error("method `{method}`: tap `{tap}` of the {side}: expected {expected}, found {found}")]
    TapShape {
        /// The method's name in a recipe.
        method: &'static str,
        /// Whose tap it is.
        side: Side,
        /// The tap.
        tap: String,
        /// What can be used.
        expected: String,
        /// The shape of the tap.
        found: String,
        /// Taps of the same network that can be used.
        usable: Vec<String>,
    },
    /// A method that compares taps and was not fitted to the networks.
    #[error("method `{method}`: expected to be fitted to the two networks before a training")]
    NotFitted {
        /// The method's name in a recipe.
        method: &'static str,
    },
    /// A tap is not among the signals.
    #[error("method `{method}`: expected the values of tap `{tap}` of the {side}, found none")]
    MissingTap {
        /// The method's name in a recipe.
        method: &'static str,
        /// Whose tap it is.
        side: Side,
        /// The tap.
        tap: String,
    },
    /// It is not told which rows of the transfer set the samples are.
    #[error("method `{method}`: expected the row of each of {}, found {}", words::counted(*samples, "sample"), words::counted(*found, "row"))]
    Rows {
        /// The method's name in a recipe.
        method: &'static str,
        /// Samples of the batch.
        samples: usize,
        /// Rows that are told.
        found: usize,
    },
    /// The taps of student and teacher are about different numbers of samples.
    #[error("method `{method}`: taps of the teacher: expected {}, found {found}", words::counted(*expected, "sample"))]
    TapBatch {
        /// The method's name in a recipe.
        method: &'static str,
        /// The student's samples.
        expected: usize,
        /// The teacher's.
        found: usize,
    },
    /// Batches in which the method would never have enough samples to compare.
    #[error("method `{method}`: expected batches of at least {expected} samples, found {found}")]
    SmallBatch {
        /// The method's name in a recipe.
        method: &'static str,
        /// The samples that it needs.
        expected: usize,
        /// Samples of the largest batch.
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
            Self::UnknownTap { similar: Some(name), known, .. } => {
                return Some(format!(
                    "a similar tap exists: `{name}`; all of them: {}",
                    listed(known)
                ));
            }
            Self::UnknownTap { known, .. } => {
                return Some(format!("its taps are {}", listed(known)));
            }
            Self::NoTaps { side: Side::Teacher, .. } => {
                "ensembles, recorded outputs and networks without hidden layers have no taps; take another teacher: trained \
                 here, saved by potstill, of weights or an ONNX file; or a method of logits, such as `kd`"
            }
            Self::TapsNotNamed { usable, .. } => {
                return Some(format!(
                    "values that can be used: {}; `potstill inspect FILE --taps` shows what they are",
                    listed(usable)
                ));
            }
            Self::NoTaps { .. } => {
                "give the student hidden layers, or take a method of logits, such as `kd`"
            }
            Self::TapCount { .. } => "name as many in `teacher_taps` as in `student_taps`",
            Self::TapShape { usable, .. } if !usable.is_empty() => {
                return Some(format!("taps that can be used: {}", listed(usable)));
            }
            Self::TapShape { .. } => {
                "name other taps in `student_taps` and `teacher_taps`, or take a method for any shape, such \
                 as `sp`"
            }
            Self::NotFitted { .. } => "call `fitted` with the taps that the two networks offer",
            Self::MissingTap { .. } => {
                "give `observe` the names of the taps that the method compares"
            }
            Self::Rows { .. } => {
                "tell the rows of the samples by `TeacherOutput::of_rows`, and fit the method to the labels of \
                 all rows"
            }
            Self::TapBatch { .. } => "show student and teacher the same samples",
            Self::SmallBatch { .. } => {
                "set a larger `batch_size`, give more rows to learn from, or take a method of single samples, such \
                 as `kd`"
            }
            Self::TermTwice { .. } => {
                "combine methods of different kinds, and leave the label term to the combination"
            }
        };
        Some(text.to_owned())
    }
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
