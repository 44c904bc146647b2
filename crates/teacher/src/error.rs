//! What can be wrong with a teacher.

use data::DataError;
use nn::NnError;
use onnx::OnnxError;

use crate::Part;

/// A teacher that cannot teach.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TeacherError {
    /// The teacher does not fit the samples or the classes.
    #[error(transparent)]
    Network(#[from] NnError),
    /// The data cannot be read as the teacher sees it, or its recorded outputs cannot be read.
    #[error("{0}")]
    Data(Box<DataError>),
    /// A network of another framework cannot be used.
    #[error("`{file}`: {source}")]
    Onnx {
        /// The file.
        file: String,
        /// Why.
        source: OnnxError,
    },
    /// The teacher gives a number that is not finite.
    #[error("the teacher's output for {about} in view {view} is not finite: found {found}")]
    NotFinite {
        /// The sample.
        about: About,
        /// The view.
        view: usize,
        /// The number.
        found: f32,
    },
    /// The teacher knows other classes than the data has.
    #[error(
        "the classes of the teacher `{teacher}` do not fit the data: {}",
        classes(expected, found)
    )]
    Classes {
        /// The teacher's file.
        teacher: String,
        /// The classes of the data, in order.
        expected: Vec<String>,
        /// Those of the teacher.
        found: Vec<String>,
    },
    /// The teacher learned another kind of targets than the data have.
    #[error("the teacher `{teacher}` says {found}, and the data have {expected}")]
    Task {
        /// The teacher's file.
        teacher: String,
        /// What the data have.
        expected: &'static str,
        /// What the teacher says.
        found: &'static str,
    },
    /// A row of recorded outputs is not of the stated kind.
    #[error("{place}: expected {expected}, found {found}")]
    Row {
        /// File, and line or row.
        place: String,
        /// What the row should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// What an ONNX file says about a sample is not of the stated kind.
    #[error("{file}: about {about}: expected {expected}, found {found}")]
    Said {
        /// The file.
        file: String,
        /// The sample.
        about: About,
        /// What the output should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// Outputs that are matched row by row are not as many as the rows of the data.
    #[error("{path}: expected {}, one for each row of {of}, found {found}", words::counted(*expected, "row"))]
    Length {
        /// The file with the outputs.
        path: String,
        /// The file with the samples, in the words of the recipe.
        of: &'static str,
        /// Its rows.
        expected: usize,
        /// Rows of the outputs.
        found: usize,
    },
    /// There are no outputs for a sample.
    #[error("there is no output of the teacher for {sample}: {reason}")]
    Absent {
        /// Which sample.
        sample: String,
        /// Where it was looked for.
        reason: String,
    },
    /// Outputs with names that no row of the data has.
    #[error(
        "{place}: expected the name of a row of the data, found `{name}`{}",
        others(*count)
    )]
    UnknownName {
        /// File, and line or row.
        place: String,
        /// The first name.
        name: String,
        /// How many such names there are.
        count: usize,
    },
    /// Outputs are matched by name, and two samples have the same.
    #[error("two samples of {of} are called `{name}`, by which their outputs are looked for")]
    Ambiguous {
        /// The name.
        name: String,
        /// The file with the samples, in the words of the recipe.
        of: &'static str,
    },
    /// Outputs for samples that the job does not have.
    #[error("{path} holds outputs for {of}, and the data has none")]
    Unused {
        /// The file with the outputs.
        path: String,
        /// The file with the samples, in the words of the recipe.
        of: &'static str,
    },
    /// Views are drawn on images of one size.
    #[error(
        "views are drawn on images of one size: expected {expected}, found {found} of the teacher"
    )]
    ViewShape {
        /// The samples of the student.
        expected: String,
        /// Those of the teacher.
        found: String,
    },
    /// Recorded outputs are those of samples as they are.
    #[error("recorded outputs are of the samples as they are, and view {view} is another form")]
    OtherView {
        /// The view.
        view: usize,
    },
    /// What was recorded is about single samples.
    #[error("what was recorded of the teacher is about single samples, and these are mixed")]
    Mixed,
    /// The teacher says nothing about the transfer set.
    #[error("the teacher has no outputs for the samples to learn from")]
    Silent,
}

/// A sample that a teacher was asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The part that it is in.
    pub part: Part,
    /// Its number in the part, counted from 0.
    pub sample: usize,
    /// Where it stands in the user's files, where that was looked up.
    pub place: Option<String>,
}

impl std::fmt::Display for About {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (part, number) = (self.part.words(), self.sample.saturating_add(1));
        match &self.place {
            Some(place) => write!(formatter, "{place} ({part} sample {number})"),
            None => write!(formatter, "{part} sample {number}"),
        }
    }
}

impl From<DataError> for TeacherError {
    fn from(error: DataError) -> Self {
        Self::Data(Box::new(error))
    }
}

impl TeacherError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Network(error) => return error.hint(),
            Self::Data(error) => return error.hint(),
            Self::Onnx { source, .. } => return source.hint(),
            Self::Silent => return None,
            Self::NotFinite { .. } => {
                "take another teacher or train it anew with a smaller `learning_rate`, or look with `potstill check` for values \
                 far from all others"
            }
            Self::Said { .. } => {
                "state with `outputs_kind` what the file gives, and with `values` which numbers it takes; where it gives none \
                 for some samples, leave these out"
            }
            Self::Classes { .. } => {
                "take a teacher that was trained on the same classes, or data with its classes"
            }
            Self::Task { .. } => "take a teacher that was trained for the same `task` of `[data]`",
            Self::Row { .. } => "correct the row, or state what it is with `outputs_kind`",
            Self::Length { .. } => {
                "give one row for each row of the file, in its order, or name the rows with `id` in \
                 `[data]` and a column of the same name"
            }
            Self::Absent { .. } => {
                "record the teacher's outputs for these rows too: `outputs` is for `data.source`, \
                 `transfer_outputs` for `data.transfer`, `test_outputs` for a test source"
            }
            Self::UnknownName { .. } => {
                "correct the name, or take the row out: outputs may be those of any row of `data.source`, `data.transfer` \
                 or the test source, used or not"
            }
            Self::Ambiguous { .. } => {
                "give the samples different names; images of several folders are called by class and file \
                 alone, so rename them or record the outputs row by row"
            }
            Self::Unused { .. } => {
                "leave the key out; what is divided off `data.source` is looked for in `outputs`"
            }
            Self::Mixed => {
                "leave `mixup` and `cutmix` out of `[distill]`, or take a teacher that can be asked: a network or an ONNX \
                 file"
            }
            Self::OtherView { .. } | Self::ViewShape { .. } => "set `views = 1` in `[data]`",
        };
        Some(hint.to_owned())
    }
}

/// How many more there are than the one that is shown.
fn others(count: usize) -> String {
    match count {
        0 | 1 => String::new(),
        more => format!(", and {}", words::counted(more - 1, "more such name")),
    }
}

/// The first class that differs, and both lists where they are short.
fn classes(expected: &[String], found: &[String]) -> String {
    const SHOWN: usize = 12;
    let listed = |names: &[String]| {
        let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
        let more = if names.len() > SHOWN { ", ..." } else { "" };
        format!("{} ({}{more})", names.len(), shown.join(", "))
    };
    let place = expected.iter().zip(found).position(|(one, other)| one != other);
    let first =
        place.map_or(String::new(), |place| format!("; the first that differs is {}", place + 1));
    format!("expected {}, found {}{first}", listed(expected), listed(found))
}
