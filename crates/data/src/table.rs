/*!
Tables as they are written: names of columns and rows of text, each with its place.

The reader of CSV refuses what would shift or lose values (ragged rows, equal names, bytes that are
not UTF-8). A table does not know which column is the label or what a cell means.
*/

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ReaderBuilder, StringRecord, Trim};

use crate::error::DataError;
use crate::file::{Input, SourceFile};
use crate::lines::Lines;
use crate::place::RowPlace;
use crate::table_error::TableError;

/// The largest cell that is read.
pub(crate) const CELL_LIMIT: usize = 1 << 20;

/// The text of one table file, or of several with the same columns.
pub(crate) struct Table {
    /// The file, or what names them all.
    pub(crate) path: PathBuf,
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Row>,
    /// The files by number, where there are several.
    files: Vec<PathBuf>,
    /// Whether rows are counted where another table counts lines.
    pub(crate) counts_rows: bool,
    /// Columns whose file says that they are text, whatever their cells look like.
    pub(crate) texts: BTreeSet<String>,
    /// Columns of the file that are not here, because a cell cannot hold what they do, and what that
    /// is.
    pub(crate) unreadable: BTreeMap<String, String>,
}

/// One row of a table.
pub(crate) struct Row {
    /// The number of its file.
    file: usize,
    /// The line where the row begins, or its number in a file without lines, counted from 1.
    pub(crate) line: u64,
    /// One cell for every column of the header.
    pub(crate) cells: StringRecord,
}

impl Row {
    pub(crate) fn new(line: u64, cells: StringRecord) -> Self {
        Self { file: 0, line, cells }
    }

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
        Ok(Self::new(path, header, rows))
    }

    /// The table of one file.
    pub(crate) fn new(path: &Path, header: Vec<String>, rows: Vec<Row>) -> Self {
        Self {
            path: path.into(),
            header,
            rows,
            files: Vec::new(),
            counts_rows: false,
            texts: BTreeSet::new(),
            unreadable: BTreeMap::new(),
        }
    }

    /// Whether the file has a column of that name, readable or not.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.header.iter().any(|column| column == name) || self.unreadable.contains_key(name)
    }

    /// The position of the column named `name`.
    pub(crate) fn column(&self, name: &str) -> Result<usize, DataError> {
        if let Some(position) = self.header.iter().position(|column| column == name) {
            return Ok(position);
        }
        let (path, column) = (self.path.clone(), name.to_owned());
        Err(match self.unreadable.get(name) {
            Some(found) => TableError::ColumnType { path, column, found: found.clone() }.into(),
            None => DataError::MissingColumn { path, column, columns: self.header.clone() },
        })
    }

    /// The file that a row is from.
    pub(crate) fn file_of(&self, row: &Row) -> &Path {
        self.files.get(row.file).unwrap_or(&self.path)
    }

    /// Where a row stands.
    pub(crate) fn place_of(&self, row: &Row) -> RowPlace {
        let file = (!self.files.is_empty()).then(|| self.file_of(row).to_owned());
        RowPlace { file, number: row.line, is_line: !self.counts_rows }
    }

    /// Adds the rows of another file, whose columns are the same in any order.
    ///
    /// # Errors
    /// [`TableError::ColumnsDiffer`] for a column that only one of the two has, or that is text in one
    /// alone.
    pub(crate) fn append(&mut self, other: Self) -> Result<(), DataError> {
        let first = self.files.first().unwrap_or(&self.path).clone();
        let differ = |column: &str, difference| TableError::ColumnsDiffer {
            path: other.path.clone(),
            column: column.to_owned(),
            difference,
            first: first.clone(),
        };
        for (names, others, difference) in [
            (&self.header, &other.header, "is missing"),
            (&other.header, &self.header, "is one column more"),
        ] {
            if let Some(name) = names.iter().find(|name| !others.contains(name)) {
                return Err(differ(name, difference).into());
            }
        }
        if let Some(name) = self.texts.symmetric_difference(&other.texts).next() {
            let is_text = other.texts.contains(name);
            return Err(differ(name, if is_text { "is text" } else { "is no text" }).into());
        }
        let order: Vec<usize> =
            self.header.iter().map(|name| other.column(name)).collect::<Result<_, _>>()?;
        if self.files.is_empty() {
            self.files.push(self.path.clone());
        }
        let file = self.files.len();
        let as_it_is = order.iter().enumerate().all(|(here, there)| here == *there);
        self.rows.extend(other.rows.into_iter().map(|row| {
            let cells = match as_it_is {
                true => row.cells,
                false => order.iter().map(|&there| row.cell(there)).collect(),
            };
            Row { file, cells, ..row }
        }));
        self.files.push(other.path);
        self.counts_rows |= other.counts_rows;
        self.unreadable.extend(other.unreadable);
        Ok(())
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
    Ok(Some(Row::new(line, cells)))
}

pub(crate) fn refuse_equal_names(path: &Path, header: &[String]) -> Result<(), DataError> {
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
