/*!
Tables in memory as they are written: names of columns and rows of text, each with its place.

The reader of CSV refuses what would shift or lose values (ragged rows, equal names, bytes that are
not UTF-8). A table does not know which column is the label or what a cell means.
*/

use std::io::Read;
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ReaderBuilder, Trim};

use crate::block::{Block, CellTexts};
use crate::error::DataError;
use crate::file::{Input, SourceFile};
use crate::heading::{Heading, refuse_equal_names};
use crate::lines::Lines;
use crate::place::RowPlace;
use crate::table_error::TableError;

/// The largest cell that is read.
pub(crate) const CELL_LIMIT: usize = 1 << 20;

/// The text of one table file, or of several with the same columns.
#[derive(Clone)]
pub(crate) struct Table {
    pub(crate) heading: Heading,
    /// The files by number, where there are several.
    files: Vec<PathBuf>,
    /// The rows, with the number of the first of each block.
    blocks: Vec<(usize, Block)>,
    rows: usize,
}

/// One row of a table.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    table: &'a Table,
    block: &'a Block,
    /// Its number in the block.
    place: usize,
}

impl<'a> Row<'a> {
    /// The cell of a column of its table.
    pub(crate) fn cell(self, column: usize) -> &'a str {
        self.block.cell(self.place, column)
    }

    /// Whether the cell goes over several lines of a text file, as all do that a quote swallows.
    pub(crate) fn is_broken(self, column: usize) -> bool {
        self.block.lines.are_lines() && self.cell(column).contains(['\n', '\r'])
    }

    /// One cell for every column of its table.
    pub(crate) fn cells(self) -> impl Iterator<Item = &'a str> {
        (0..self.table.heading.names.len()).map(move |column| self.cell(column))
    }

    /// The name of a column of its table.
    pub(crate) fn name(self, column: usize) -> String {
        self.table.heading.names.get(column).cloned().unwrap_or_default()
    }

    /// The line where the row begins, or its number in a file without lines, counted from 1.
    pub(crate) fn line(self) -> u64 {
        self.block.lines.line(self.place)
    }

    /// The file that it is from.
    pub(crate) fn file(self) -> &'a Path {
        self.table.files.get(self.block.file).unwrap_or(&self.table.heading.path)
    }

    /// Where it stands.
    pub(crate) fn place(self) -> RowPlace {
        let file = (!self.table.files.is_empty()).then(|| self.file().to_owned());
        RowPlace { file, number: self.line(), is_line: self.block.lines.are_lines() }
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
        let mut record = ByteRecord::new();
        let Some((cells, _)) = next_row(path, &mut reader, &mut record)? else {
            return Err(DataError::EmptyFile { path: path.into() });
        };
        let names: Vec<String> = cells.into_iter().map(str::to_owned).collect();
        refuse_equal_names(path, &names)?;
        let columns = vec![CellTexts::default(); names.len()];
        let mut block = Block { columns, ..Block::default() };
        while let Some((cells, line)) = next_row(path, &mut reader, &mut record)? {
            if cells.len() != names.len() {
                return Err(DataError::Ragged {
                    path: path.into(),
                    line,
                    expected: names.len(),
                    found: cells.len(),
                });
            }
            for (column, cell) in block.columns.iter_mut().zip(cells) {
                column.push(cell).ok_or_else(|| DataError::FileTooLarge {
                    path: path.into(),
                    bytes: 1 << 32,
                    limit: u32::MAX.into(),
                })?;
            }
            block.lines.push(line);
        }
        if block.lines.len() == 0 {
            return Err(DataError::NoRows { path: path.into() });
        }
        block.columns.iter_mut().for_each(CellTexts::shrink);
        Ok(Self::new(Heading::new(path, names), Vec::new(), vec![block]))
    }

    /// The table of some rows, whose columns are those of the heading; `files` are theirs by number,
    /// where there are several.
    pub(crate) fn new(heading: Heading, files: Vec<PathBuf>, blocks: Vec<Block>) -> Self {
        let mut table = Self { heading, files, blocks: Vec::new(), rows: 0 };
        table.extend(blocks);
        table
    }

    fn extend(&mut self, blocks: impl IntoIterator<Item = Block>) {
        for block in blocks {
            let first = self.rows;
            self.rows += block.lines.len();
            self.blocks.push((first, block));
        }
    }

    /// The files by number, where there are several.
    pub(crate) fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The rows as they were read together.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter().map(|(_, block)| block)
    }

    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    /// A row by its number, counted from 0.
    pub(crate) fn row(&self, row: usize) -> Option<Row<'_>> {
        let behind = self.blocks.partition_point(|(first, _)| *first <= row);
        let (first, block) = self.blocks.get(behind.checked_sub(1)?)?;
        let place = row - first;
        (place < block.lines.len()).then_some(Row { table: self, block, place })
    }

    /// All rows in order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.blocks.iter().flat_map(move |(_, block)| {
            (0..block.lines.len()).map(move |place| Row { table: self, block, place })
        })
    }

    /// The position of the column named `name`.
    pub(crate) fn column(&self, name: &str) -> Result<usize, DataError> {
        self.heading.column(name)
    }

    /// Adds the rows of another table, whose columns are the same in any order.
    ///
    /// # Errors
    /// As [`Heading::join`].
    pub(crate) fn append(&mut self, other: Self) -> Result<(), DataError> {
        if self.files.is_empty() {
            self.files.push(self.heading.path.clone());
        }
        let first = self.files.first().unwrap_or(&self.heading.path).clone();
        let path = other.heading.path.clone();
        let order = self.heading.join(other.heading, &first)?;
        let file = self.files.len();
        self.files.push(path);
        self.extend(other.blocks.into_iter().map(|(_, block)| {
            let mut theirs = block.columns;
            let taken = |&place: &usize| theirs.get_mut(place).map(std::mem::take);
            let columns = order.iter().filter_map(taken).collect();
            Block { file, columns, lines: block.lines }
        }));
        Ok(())
    }
}

/// The cells of the next record and the line where it begins.
fn next_row<'a>(
    path: &Path,
    reader: &mut csv::Reader<Lines<impl Read>>,
    record: &'a mut ByteRecord,
) -> Result<Option<(Vec<&'a str>, u64)>, DataError> {
    let found = reader.read_byte_record(record).map_err(|error| {
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
    // What is behind such a quote would be one cell, and its rows be gone.
    if let Some(line) = reader.get_ref().unclosed() {
        return Err(TableError::UnclosedQuote { path: path.into(), line }.into());
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
    let cells = record.iter().map(str::from_utf8).collect::<Result<Vec<&str>, _>>();
    let cells = cells.map_err(|_| DataError::NotUtf8 { path: path.into(), line })?;
    Ok(Some((cells, line)))
}
