/*!
CSV files as they are written: names of columns and rows of text, each with its line number.

The reader refuses what would shift or lose values (ragged rows, equal names, bytes that are not
UTF-8). It does not know which column is the label or what a cell means.
*/

use std::io::Read;
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ReaderBuilder, StringRecord, Trim};

use crate::error::DataError;
use crate::file::{Input, SourceFile};
use crate::lines::Lines;

/// The largest cell that is read.
pub(crate) const CELL_LIMIT: usize = 1 << 20;

/// The text of a CSV file.
pub(crate) struct Table {
    pub(crate) path: PathBuf,
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

/// One row of a table.
pub(crate) struct Row {
    /// The line where the row begins, counted from 1.
    pub(crate) line: u64,
    /// One cell for every column of the header.
    pub(crate) cells: StringRecord,
}

impl Row {
    /// The cell of a column of the same table.
    pub(crate) fn cell(&self, column: usize) -> &str {
        self.cells.get(column).unwrap_or_default()
    }
}

impl Table {
    /// Reads a CSV file with a header line, and hashes it.
    pub(crate) fn read(path: &Path) -> Result<(Self, SourceFile), DataError> {
        let mut input = Input::open(path)?;
        let table = Self::parse(path, &mut input)?;
        Ok((table, input.finish()?))
    }

    /// Reads CSV text; `path` only names it in errors.
    pub(crate) fn parse(path: &Path, text: impl Read) -> Result<Self, DataError> {
        // Rows of unequal length are let through here, to be refused below with both numbers.
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(Trim::All)
            .from_reader(Lines::new(text));
        let Some(first) = next_row(path, &mut reader)? else {
            return Err(DataError::EmptyFile { path: path.into() });
        };
        let header: Vec<String> = first.cells.iter().map(str::to_owned).collect();
        refuse_equal_names(path, &header)?;
        let mut rows = Vec::new();
        while let Some(row) = next_row(path, &mut reader)? {
            if row.cells.len() != header.len() {
                return Err(DataError::Ragged {
                    path: path.into(),
                    line: row.line,
                    expected: header.len(),
                    found: row.cells.len(),
                });
            }
            rows.push(row);
        }
        if rows.is_empty() {
            return Err(DataError::NoRows { path: path.into() });
        }
        Ok(Self { path: path.into(), header, rows })
    }

    /// The position of the column named `name`.
    pub(crate) fn column(&self, name: &str) -> Result<usize, DataError> {
        self.header.iter().position(|column| column == name).ok_or_else(|| {
            DataError::MissingColumn {
                path: self.path.clone(),
                column: name.into(),
                columns: self.header.clone(),
            }
        })
    }
}

fn next_row(
    path: &Path,
    reader: &mut csv::Reader<Lines<impl Read>>,
) -> Result<Option<Row>, DataError> {
    let mut record = ByteRecord::new();
    let found = reader.read_byte_record(&mut record).map_err(|error| {
        let text = error.to_string();
        let source = match error.into_kind() {
            csv::ErrorKind::Io(source) => source,
            _ => std::io::Error::other(text),
        };
        DataError::Unreadable { path: path.into(), source }
    })?;
    if !found {
        return Ok(None);
    }
    let line = reader.get_mut().line_at(record.position().map_or(0, csv::Position::byte));
    if let Some(column) = record.iter().position(|cell| cell.len() > CELL_LIMIT) {
        return Err(DataError::CellTooLarge {
            path: path.into(),
            line,
            column: column + 1,
            bytes: record.get(column).map_or(0, <[u8]>::len),
            limit: CELL_LIMIT,
        });
    }
    let cells = StringRecord::from_byte_record(record)
        .map_err(|_| DataError::NotUtf8 { path: path.into(), line })?;
    Ok(Some(Row { line, cells }))
}

fn refuse_equal_names(path: &Path, header: &[String]) -> Result<(), DataError> {
    let mut seen = std::collections::BTreeMap::new();
    for (position, name) in header.iter().enumerate() {
        if let Some(first) = seen.insert(name, position) {
            return Err(DataError::DuplicateColumn {
                path: path.into(),
                column: name.clone(),
                first: first + 1,
                second: position + 1,
            });
        }
    }
    Ok(())
}
