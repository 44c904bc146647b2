//! What can be wrong with labels.

use std::path::{Path, PathBuf};

use store::StoreError;

/// Labels that cannot be kept or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabelError {
    /// Reading or writing failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file is not what was written.
    #[error("`{}` is damaged: expected {expected}, found {found}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// Labels of some rows are not there.
    #[error("the labels in `{}` are not complete: expected {expected}, found {found}", path.display())]
    Incomplete {
        /// The folder of the labels.
        path: PathBuf,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A number is beyond what the precision can hold.
    #[error(
        "the teacher's output for sample {sample} in view {view} does not fit half precision: expected \
         at most 65504, found {found}"
    )]
    TooLarge {
        /// Row of the transfer set.
        sample: usize,
        /// The view.
        view: usize,
        /// The number.
        found: f32,
    },
}

impl LabelError {
    pub(crate) fn damaged(
        path: &Path,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::Damaged { path: path.to_owned(), expected: expected.into(), found: found.into() }
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Store(error) => return error.hint(),
            Self::Damaged { .. } => {
                "run `potstill label` on the recipe, which labels damaged parts again"
            }
            Self::Incomplete { .. } => {
                "run `potstill label` on the recipe, or bring the missing parts into the folder"
            }
            Self::TooLarge { .. } => "set `store = \"f32\"` in `[teacher]`",
        };
        Some(hint.to_owned())
    }

    /// Whether the fault lies in what was given to read (exit code 3) and not in the storage (exit code 4).
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Store(error) => error.is_bad_input(),
            _ => true,
        }
    }
}
