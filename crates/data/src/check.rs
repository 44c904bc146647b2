/*!
What is suspicious in data, found before any training.

What makes data impossible is an error of [`load`](crate::load()); here are the things that load and
may still spoil a result. Thresholds are chosen so that sound data has no finding; each stands beside
the check that uses it.
*/

mod classes;
mod columns;
mod defect;
mod held_out;
mod leaks;
mod line_breaks;
mod missing;
mod numbers;
mod roles;
mod rows;
mod scaled;
mod skipped;
mod survey;
mod targets;
mod unfit;
mod weights;
mod words;

use std::fmt;
use std::path::Path;

pub use defect::Defect;
pub use unfit::{FirstColumns, UnfitColumn, first_columns};

use crate::error::DataError;
use crate::load::Divided;
use crate::options::DataOptions;
use survey::Survey;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is wrong; this is how it is dealt with.
    Note,
    /// Worth knowing; results may still be right.
    Warning,
    /// Results cannot be trusted.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One thing that is suspicious.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind of thing.
    pub defect: Defect,
    /// How bad it is.
    pub severity: Severity,
    /// Where: a file, with line and column, part or class.
    pub place: String,
    /// What was found and what was expected.
    pub message: String,
}

impl Finding {
    fn note(defect: Defect, place: String, message: String) -> Self {
        Self { defect, severity: Severity::Note, place, message }
    }

    fn warning(defect: Defect, place: String, message: String) -> Self {
        Self { defect, severity: Severity::Warning, place, message }
    }

    fn error(defect: Defect, place: String, message: String) -> Self {
        Self { defect, severity: Severity::Error, place, message }
    }
}

/// Looks through the data that `options` describe for every kind of [`Defect`].
///
/// Labels that `labelled` hides are not looked at.
///
/// # Errors
/// As [`load`](crate::load()).
pub fn check(options: &DataOptions, base: &Path) -> Result<Vec<Finding>, DataError> {
    let mut divided = Divided::read(options, base)?;
    // The checks look at rows and columns of a table alike.
    divided.hold_tables()?;
    let corpus = divided.corpus(options)?;
    let survey = Survey::new(&divided, &corpus, options)?;
    let checks = [
        classes::find,
        columns::find,
        missing::find,
        words::find,
        line_breaks::find,
        numbers::find,
        leaks::find,
        targets::find,
        rows::find,
        held_out::find,
        roles::find,
        weights::find,
        skipped::find,
    ];
    let mut findings = Vec::new();
    for find in checks {
        find(&survey, &mut findings);
    }
    Ok(findings)
}
