/*!
What can be wrong with the columns of a table, by their types, their damage and their files.
*/

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::quote::shown;

/// What is wrong with a column of a table.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TableError {
    /// A column holds what a cell of a table cannot.
    #[error("{}: column `{column}` holds {found}, expected numbers, truth values or text", path.display(), column = shown(column))]
    ColumnType {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// What it holds.
        found: String,
    },

    /// A column of a Parquet file is damaged.
    #[error("{}: column `{column}` cannot be read from row {row} on: {reason}", path.display(), column = shown(column), reason = shown(reason))]
    DamagedColumn {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// The first row that cannot be read, counted from 1.
        row: u64,
        /// What is wrong.
        reason: String,
    },

    /// A column of a Parquet file is compressed in a way that is not read here.
    #[error("{}: column `{column}` is compressed with {found}, expected Zstandard, Snappy, gzip or nothing", path.display(), column = shown(column))]
    OtherCodec {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// The name of the compression.
        found: &'static str,
    },

    /// A column of numbers has no value in any training row.
    #[error("{}: column `{column}` has no value in any training row", path.display(), column = shown(column))]
    WithoutValues {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
    },

    /// The files of one source have other columns.
    #[error("{}: column `{column}` {difference}, unlike in {}", path.display(), first.display(), column = shown(column))]
    ColumnsDiffer {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// What is the matter with it.
        difference: &'static str,
        /// The first file of the source.
        first: PathBuf,
    },

    /// A cell of the column of weights is no weight.
    #[error("{}:{line}: column `{column}` holds `{value}`, expected a weight of 0 or more", path.display(), column = shown(column), value = shown(value))]
    NoWeight {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// The column.
        column: String,
        /// The cell.
        value: String,
    },

    /// A quote is open where a CSV file ends.
    #[error("{}:{line}: the quote that opens here is never closed", path.display())]
    UnclosedQuote {
        /// The file.
        path: PathBuf,
        /// The line of the quote, counted from 1.
        line: u64,
    },

    /// A file that a row names cannot be read.
    #[error("{}:{line}: the file `{file}` cannot be read: {source}", path.display(), file = shown(&file.display().to_string()))]
    FileOfRow {
        /// The table.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// The file.
        file: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

impl TableError {
    /// What to do about it, as a full instruction.
    pub fn hint(&self) -> String {
        match self {
            Self::ColumnType { column, .. } => format!(
                "leave it out with ignore = [\"{}\"], or write it as numbers or text",
                shown(column)
            ),
            Self::DamagedColumn { .. } => {
                "get the file again; the copy is incomplete or damaged".to_owned()
            }
            Self::OtherCodec { .. } => {
                "write the file again with a compression that is read, for example with \
                 pandas.read_parquet(path).to_parquet(new_path, compression=\"zstd\") in Python"
                    .to_owned()
            }
            Self::WithoutValues { column, .. } => {
                format!("leave it out with ignore = [\"{}\"]", shown(column))
            }
            Self::ColumnsDiffer { .. } => {
                "give all files of a source the same columns, or name fewer files".to_owned()
            }
            Self::NoWeight { .. } => {
                "correct the cell; a weight of 0 leaves the label of its row out".to_owned()
            }
            Self::UnclosedQuote { .. } => {
                "close it, or remove it; a quote that is part of a text begins no cell, or is written \
                 twice in a cell in quotes"
                    .to_owned()
            }
            Self::FileOfRow { .. } => {
                "correct the path, which starts at the folder of the table, or \
                                       remove the row"
                    .to_owned()
            }
        }
    }
}
