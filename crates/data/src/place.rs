/*!
Where a row of a table stands, in words.
*/

use std::fmt;
use std::path::PathBuf;

use crate::quote::shown;

/// Where a row stands: as text `line 3`, or `row 3 of part-2.parquet`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowPlace {
    /// The file, where the table has several.
    pub file: Option<PathBuf>,
    /// The line where the row begins, or the number of the row; counted from 1.
    pub number: u64,
    /// Whether it is a line; a Parquet file has rows only.
    pub is_line: bool,
}

impl fmt::Display for RowPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.is_line { "line" } else { "row" };
        write!(formatter, "{what} {}", self.number)?;
        match &self.file {
            Some(file) => write!(formatter, " of {}", shown(&file.display().to_string())),
            None => Ok(()),
        }
    }
}
