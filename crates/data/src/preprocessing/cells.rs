/*!
Single cells of a table: missing, a number, or a word; and how many were not what training knows.
*/

use std::fmt;
use words::{counted, verb};

use crate::error::DataError;
use crate::place::RowPlace;
use crate::quote::shown;
use crate::table::Row;

/// Whether a cell has no value; `texts` are those that mean it beside the empty one.
pub(crate) fn is_missing(cell: &str, texts: &[String]) -> bool {
    cell.is_empty() || texts.iter().any(|text| text == cell)
}

/// The error for a cell that must have a value and has none.
pub(crate) fn missing_value(row: Row<'_>, column: usize) -> DataError {
    let path = row.file().to_owned();
    DataError::EmptyCell { path, line: row.line(), column: row.name(column) }
}

/// A cell as a number that single precision can hold.
pub(crate) fn number(row: Row<'_>, column: usize) -> Result<f64, DataError> {
    let cell = row.cell(column);
    if cell.is_empty() {
        return Err(missing_value(row, column));
    }
    let number: f64 = cell.parse().map_err(|_| DataError::NotANumber {
        path: row.file().to_owned(),
        line: row.line(),
        column: row.name(column),
        value: cell.into(),
    })?;
    single(row, column, number)?;
    Ok(number)
}

/// A number from that cell in single precision, if it fits.
pub(crate) fn single(row: Row<'_>, column: usize, number: f64) -> Result<f32, DataError> {
    let rounded = number as f32;
    if rounded.is_finite() {
        return Ok(rounded);
    }
    Err(DataError::NotFinite {
        path: row.file().to_owned(),
        line: row.line(),
        column: row.name(column),
        value: row.cell(column).into(),
    })
}

/// The cells of a column that were missing, or held a word that no training row has.
///
/// Both are dealt with as the preprocessing says, and neither is to be silent: as text this is a
/// sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellCount {
    /// The name of the column.
    pub column: String,
    /// How many cells were looked at.
    pub rows: usize,
    /// How many of them are missing.
    pub missing: usize,
    /// The row of the first missing cell.
    pub first_missing: Option<RowPlace>,
    /// What stands for a missing cell.
    pub filling: String,
    /// How many go over several lines of a text file.
    pub broken: usize,
    /// The row of the first of these.
    pub first_broken: Option<RowPlace>,
    /// How many hold a word that the levels of the column do not have.
    pub unseen: usize,
    /// Whether such a word counts as the level of rare words.
    pub has_rare: bool,
    /// The row of the first of these, and the word.
    pub first_unseen: Option<(RowPlace, String)>,
}

impl CellCount {
    pub(crate) fn new(column: &str, filling: String) -> Self {
        Self {
            column: column.into(),
            rows: 0,
            missing: 0,
            first_missing: None,
            filling,
            broken: 0,
            first_broken: None,
            unseen: 0,
            has_rare: false,
            first_unseen: None,
        }
    }

    /// Whether there is anything to tell.
    pub(crate) fn is_remarkable(&self) -> bool {
        self.missing > 0 || self.unseen > 0 || self.broken > 0
    }

    pub(crate) fn count_missing(&mut self, row: Row<'_>) {
        self.missing += 1;
        self.first_missing.get_or_insert_with(|| row.place());
    }

    pub(crate) fn count_broken(&mut self, row: Row<'_>) {
        self.broken += 1;
        self.first_broken.get_or_insert_with(|| row.place());
    }

    pub(crate) fn count_unseen(&mut self, row: Row<'_>, word: &str) {
        self.unseen += 1;
        self.first_unseen.get_or_insert_with(|| (row.place(), word.to_owned()));
    }
}

impl fmt::Display for CellCount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "column `{}`: ", shown(&self.column))?;
        if let Some(place) = &self.first_missing {
            write!(
                formatter,
                "{} of {} {} missing, the first in {place}, and {} as {}",
                self.missing,
                counted(self.rows, "cell"),
                verb(self.missing, "is", "are"),
                verb(self.missing, "counts", "count"),
                self.filling
            )?;
        }
        if let Some(place) = &self.first_broken {
            let joint = if self.missing > 0 { "; " } else { "" };
            write!(
                formatter,
                "{joint}{} of {} {} over several lines, the first in {place}",
                self.broken,
                counted(self.rows, "cell"),
                verb(self.broken, "goes", "go")
            )?;
        }
        if let Some((place, word)) = &self.first_unseen {
            let joint = if self.missing + self.broken > 0 { "; " } else { "" };
            let what = if self.has_rare {
                "is rare in training or not there and counts as `(rare)`"
            } else {
                "training does not know"
            };
            write!(
                formatter,
                "{joint}{} of {} {} a word that {what}, the first in {place}: `{}`",
                self.unseen,
                counted(self.rows, "cell"),
                verb(self.unseen, "holds", "hold"),
                shown(word)
            )?;
        }
        Ok(())
    }
}
