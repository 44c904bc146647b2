/*!
Parquet files as tables: the cells of each row as text, as a CSV file would have them.

Whole numbers, floating point numbers, decimals, truth values and text are read; a missing value is
an empty cell. A column of another type is left out, and missed only where it is asked for.
*/

use std::path::Path;

use columnar::{Cells, Column, Footer, Group, Kind, footer};
use csv::StringRecord;

use crate::error::DataError;
use crate::file::{FILE_LIMIT, Input, SourceFile};
use crate::table::{CELL_LIMIT, Row, Table, refuse_equal_names};
use crate::table_error::TableError;

/// What a row and a cell take beside their text, about.
const ROW_COST: u64 = 128;
const CELL_COST: u64 = 16;

const HINT: &str = "give a Parquet file as pandas, Polars, Spark or DuckDB write it; the copy may be \
                    incomplete or damaged";

/// Reads a Parquet file, and hashes it.
pub(crate) fn read(path: &Path) -> Result<(Table, SourceFile), DataError> {
    let (bytes, source) = Input::open(path)?.whole()?;
    let malformed =
        |(expected, found)| DataError::Malformed { path: path.into(), expected, found, hint: HINT };
    let Footer { columns, groups, .. } = footer(&bytes).map_err(malformed)?;
    let header: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    refuse_equal_names(path, &header)?;
    let (unreadable, columns): (Vec<Column>, Vec<Column>) =
        columns.into_iter().partition(|column| matches!(column.kind, Kind::Other(_)));
    let mut reading = Reading { path, columns: &columns, rows: Vec::new(), cost: 0 };
    reading.expect(&groups)?;
    for group in &groups {
        reading.group(&bytes, group)?;
    }
    let rows = reading.rows;

    let header = columns.iter().map(|column| column.name.clone()).collect();
    let mut table = Table::new(path, header, rows);
    table.counts_rows = true;
    let is_text = |column: &&Column| column.kind == Kind::Text;
    table.texts = columns.iter().filter(is_text).map(|column| column.name.clone()).collect();
    table.unreadable = unreadable.into_iter().filter_map(left_out).collect();
    Ok((table, source))
}

/// A column that is left out, with what it holds.
fn left_out(column: Column) -> Option<(String, String)> {
    match column.kind {
        Kind::Other(what) => Some((column.name, what)),
        _ => None,
    }
}

/// The rows of a file while they are read.
struct Reading<'a> {
    path: &'a Path,
    columns: &'a [Column],
    rows: Vec<Row>,
    /// About how many bytes they take.
    cost: u64,
}

impl Reading<'_> {
    /// Checks that so many rows as the groups state can be held, whatever is in them.
    fn expect(&self, groups: &[Group]) -> Result<(), DataError> {
        let rows = groups.iter().fold(0_u64, |rows, group| rows.saturating_add(group.rows));
        let cost = ROW_COST + CELL_COST * self.columns.len() as u64;
        match rows {
            0 => Err(DataError::NoRows { path: self.path.into() }),
            _ if rows.saturating_mul(cost) > FILE_LIMIT => Err(self.too_large(rows)),
            _ => Ok(()),
        }
    }

    fn too_large(&self, rows: u64) -> DataError {
        DataError::Malformed {
            path: self.path.into(),
            expected: format!("at most {FILE_LIMIT} bytes of cells, with {ROW_COST} a row"),
            found: format!("more in {rows} rows of {} columns", self.columns.len()),
            hint: "leave out columns or rows, and write the file again",
        }
    }

    fn group(&mut self, bytes: &[u8], group: &Group) -> Result<(), DataError> {
        let (path, columns) = (self.path, self.columns);
        let damaged = |column: &Column, row: usize, reason| {
            let (path, column) = (path.to_owned(), column.name.clone());
            DataError::from(TableError::DamagedColumn { path, column, row: row as u64 + 1, reason })
        };
        let first = self.rows.len();
        let open = |column| {
            Cells::new(bytes, column, group.chunks.get(column.leaf), group.rows)
                .map_err(|reason| damaged(column, first, reason))
        };
        let mut cells = columns.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        for row in (first..).take(usize::try_from(group.rows).unwrap_or(usize::MAX)) {
            let mut record = StringRecord::new();
            self.cost += ROW_COST;
            for (position, (column, cells)) in columns.iter().zip(&mut cells).enumerate() {
                let cell = cells.next().map_err(|reason| damaged(column, row, reason))?;
                if cell.len() > CELL_LIMIT {
                    return Err(DataError::CellTooLarge {
                        path: path.into(),
                        line: row as u64 + 1,
                        column: position + 1,
                        bytes: cell.len(),
                        limit: CELL_LIMIT,
                    });
                }
                self.cost += cell.len() as u64 + CELL_COST;
                record.push_field(cell.trim());
            }
            if self.cost > FILE_LIMIT {
                return Err(self.too_large(row as u64 + 1));
            }
            self.rows.push(Row::new(row as u64 + 1, record));
        }
        Ok(())
    }
}
