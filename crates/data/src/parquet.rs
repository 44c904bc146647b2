/*!
Parquet files as tables: the cells of each row as text, as a CSV file would have them.

Whole numbers, floating point numbers, decimals, truth values and text are read; a missing value is
an empty cell. A column of another type is left out, and missed only where it is asked for.
*/

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use columnar::{Cells, Chunk, Column, Footer, Group, Kind, described, metadata_place};

use crate::block::{Block, CellTexts, RowLines};
use crate::error::DataError;
use crate::file::{FILE_LIMIT, Input, SourceFile};
use crate::heading::{Heading, refuse_equal_names};
use crate::quote::shown;
use crate::stored_file::StoredFile;
use crate::table::{CELL_LIMIT, Table};
use crate::table_error::TableError;

/// What a row takes beside its cells: its label, its number, and what divides it. What a cell takes beside
/// its text.
const ROW_COST: u64 = 32;
const CELL_COST: u64 = 4;

/// The largest column of a row group that is read from a file in one piece, as it is stored there.
const CHUNK_LIMIT: usize = 1 << 30;

const HINT: &str = "give a Parquet file as pandas, Polars, Spark or DuckDB write it; the copy may be \
                    incomplete or damaged";

/// Reads a Parquet file, and hashes it.
pub(crate) fn read(path: &Path) -> Result<(Table, SourceFile), DataError> {
    let (bytes, source) = Input::open(path)?.whole()?;
    let file = ParquetFile::new(path, Bytes::Held(bytes))?;
    let places: Vec<usize> = (0..file.columns.len()).collect();
    file.expect(places.len())?;
    let mut cost = file.rows() as u64 * ROW_COST;
    let groups = 0..file.groups.len();
    let blocks = groups.map(|group| file.block(group, &places, &mut cost));
    let blocks = blocks.collect::<Result<Vec<_>, _>>()?;
    Ok((Table::new(file.heading, Vec::new(), blocks), source))
}

/// A Parquet file, of which only the description is in memory where its bytes stay in their file.
pub(crate) struct ParquetFile {
    pub(crate) heading: Heading,
    /// The columns of the heading.
    columns: Vec<Column>,
    /// Each with its first row, counted from 0.
    groups: Vec<(u64, Group)>,
    bytes: Bytes,
}

/// Where the bytes of a file are.
enum Bytes {
    Held(Vec<u8>),
    Stored(StoredFile),
}

impl ParquetFile {
    /// Reads the description of a file, and hashes the file.
    pub(crate) fn open(path: &Path) -> Result<(Self, SourceFile), DataError> {
        let (file, source) = StoredFile::open(path)?;
        let file = Self::new(path, Bytes::Stored(file))?;
        // One column at a time is in memory.
        file.expect(1)?;
        Ok((file, source))
    }

    fn new(path: &Path, bytes: Bytes) -> Result<Self, DataError> {
        let Footer { columns, groups, .. } = bytes.footer(path)?;
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        refuse_equal_names(path, &names)?;
        let (unreadable, columns): (Vec<Column>, Vec<Column>) =
            columns.into_iter().partition(|column| matches!(column.kind, Kind::Other(_)));
        let names = columns.iter().map(|column| column.name.clone()).collect();
        let is_text = |column: &&Column| column.kind == Kind::Text;
        let heading = Heading {
            states_types: true,
            texts: columns.iter().filter(is_text).map(|column| column.name.clone()).collect(),
            unreadable: unreadable.into_iter().filter_map(left_out).collect(),
            ..Heading::new(path, names)
        };
        let mut rows = 0_u64;
        let first = |group: Group| {
            let first = rows;
            rows = rows.saturating_add(group.rows);
            (first, group)
        };
        let groups = groups.into_iter().map(first).collect();
        Ok(Self { heading, columns, groups, bytes })
    }

    /// Checks that there are rows, and that so many of the columns can be held, whatever is in them.
    fn expect(&self, columns: usize) -> Result<(), DataError> {
        let rows = self.groups.last().map_or(0, |(first, group)| first.saturating_add(group.rows));
        let cost = ROW_COST + CELL_COST * columns as u64;
        match rows {
            0 => Err(DataError::NoRows { path: self.path() }),
            _ if rows.saturating_mul(cost) > FILE_LIMIT => Err(self.too_large(rows, columns)),
            _ => Ok(()),
        }
    }

    fn path(&self) -> PathBuf {
        self.heading.path.clone()
    }

    /// The number of rows, which was checked.
    pub(crate) fn rows(&self) -> usize {
        self.rows_of_groups().sum()
    }

    /// The number of rows of each group.
    pub(crate) fn rows_of_groups(&self) -> impl Iterator<Item = usize> {
        self.groups.iter().map(|(_, group)| usize::try_from(group.rows).unwrap_or(usize::MAX))
    }

    /// The cells of some columns, by their places in the heading, in a row group. `cost` is about what was
    /// read so far takes, and grows by what this takes.
    pub(crate) fn block(
        &self,
        group: usize,
        places: &[usize],
        cost: &mut u64,
    ) -> Result<Block, DataError> {
        let Some((first, group)) = self.groups.get(group) else { return Ok(Block::default()) };
        let columns = places.iter().map(|&place| self.cells(place, *first, group, places, cost));
        let columns = columns.collect::<Result<_, _>>()?;
        let rows = usize::try_from(group.rows).unwrap_or(usize::MAX);
        Ok(Block { file: 0, lines: RowLines::counted(first.saturating_add(1), rows), columns })
    }

    fn cells(
        &self,
        place: usize,
        first: u64,
        group: &Group,
        places: &[usize],
        cost: &mut u64,
    ) -> Result<CellTexts, DataError> {
        let mut texts = CellTexts::default();
        let Some(column) = self.columns.get(place) else { return Ok(texts) };
        let damaged = |row: u64, reason: String| {
            let (path, column) = (self.path(), column.name.clone());
            DataError::from(TableError::DamagedColumn { path, column, row: row + 1, reason })
        };
        let chunk = group.chunks.get(column.leaf);
        let chunk = chunk.ok_or_else(|| damaged(first, "it has no values".to_owned()))?;
        if let Some(found) = chunk.other_codec() {
            let (path, column) = (self.path(), column.name.clone());
            return Err(TableError::OtherCodec { path, column, found }.into());
        }
        let bytes = self.bytes.chunk(chunk, column, first + 1)?;
        let mut cells = Cells::new(&bytes, column, chunk, group.rows)
            .map_err(|reason| damaged(first, reason))?;
        for row in (first..).take(usize::try_from(group.rows).unwrap_or(usize::MAX)) {
            let cell = cells.next().map_err(|reason| damaged(row, reason))?;
            if cell.len() > CELL_LIMIT {
                return Err(DataError::CellTooLarge {
                    path: self.path(),
                    line: row + 1,
                    column: place + 1,
                    bytes: cell.len(),
                    limit: CELL_LIMIT,
                });
            }
            *cost += cell.len() as u64 + CELL_COST;
            let fits = texts.push(cell.trim()).filter(|()| *cost <= FILE_LIMIT);
            fits.ok_or_else(|| self.too_large(row + 1, places.len()))?;
        }
        texts.shrink();
        Ok(texts)
    }

    fn too_large(&self, rows: u64, columns: usize) -> DataError {
        DataError::Malformed {
            path: self.path(),
            expected: format!("at most {FILE_LIMIT} bytes of cells, with {ROW_COST} a row"),
            found: format!("more in {rows} rows of {columns} columns"),
            hint: "leave out columns or rows, and write the file again",
        }
    }
}

impl Bytes {
    fn footer(&self, path: &Path) -> Result<Footer, DataError> {
        let malformed = |(expected, found)| DataError::Malformed {
            path: path.into(),
            expected,
            found,
            hint: HINT,
        };
        let length = self.length();
        let first = self.read(0, length.min(4) as usize)?;
        let size = length.min(8);
        let last = self.read(length - size, size as usize)?;
        let place = metadata_place(&first, &last, length).map_err(malformed)?;
        let size = usize::try_from(place.end - place.start).unwrap_or(usize::MAX);
        described(&self.read(place.start, size)?, place.start).map_err(malformed)
    }

    fn length(&self) -> u64 {
        match self {
            Self::Held(bytes) => bytes.len() as u64,
            Self::Stored(file) => file.length(),
        }
    }

    fn read(&self, start: u64, length: usize) -> Result<Cow<'_, [u8]>, DataError> {
        match self {
            Self::Held(bytes) => {
                let rest = usize::try_from(start).ok().and_then(|start| bytes.get(start..));
                Ok(rest.and_then(|rest| rest.get(..length)).unwrap_or_default().into())
            }
            Self::Stored(file) => file.read(start, length).map(Cow::Owned),
        }
    }

    /// The bytes of a column in a row group, whose first row has that number.
    fn chunk(&self, chunk: &Chunk, column: &Column, row: u64) -> Result<Cow<'_, [u8]>, DataError> {
        match self {
            Self::Stored(file) if chunk.length > CHUNK_LIMIT => Err(DataError::Malformed {
                path: file.path().to_owned(),
                expected: format!("at most {CHUNK_LIMIT} bytes in a column of a row group"),
                found: format!("{} in `{}` from row {row} on", chunk.length, shown(&column.name)),
                hint: "write the file with smaller row groups",
            }),
            _ => self.read(chunk.start as u64, chunk.length),
        }
    }
}

/// A column that is left out, with what it holds.
fn left_out(column: Column) -> Option<(String, String)> {
    match column.kind {
        Kind::Other(what) => Some((column.name, what)),
        _ => None,
    }
}
