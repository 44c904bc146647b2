/*!
The values of rows of a table, made column by column of some rows at a time, so that neither table nor
values need be in memory as a whole.
*/

use rayon::prelude::*;

use super::cells::CellCount;
use super::column::Column;
use super::table::TablePreprocessing;
use crate::error::DataError;
use crate::table_source::TableSource;

/// The most values that are made before they are handed on: 256 MiB.
const TOGETHER: usize = 64 << 20;

/// What makes values of a table.
pub(super) struct TableValues<'a> {
    fitted: &'a TablePreprocessing,
    table: &'a TableSource,
    counts: Vec<CellCount>,
}

impl<'a> TableValues<'a> {
    /// # Errors
    /// A column that the table does not have.
    pub(super) fn new(
        fitted: &'a TablePreprocessing,
        table: &'a TableSource,
    ) -> Result<Self, DataError> {
        for column in &fitted.columns {
            table.heading().column(&column.name)?;
        }
        let counts = fitted.columns.iter().map(Column::count).collect();
        Ok(Self { fitted, table, counts })
    }

    /// Hands on the values of these rows in order. Each stretch of the table is read once where the rows
    /// ascend and their values are not too many.
    pub(super) fn of_rows(
        mut self,
        rows: &[usize],
        keep: &mut dyn FnMut(&[f32]) -> Result<(), DataError>,
    ) -> Result<Vec<CellCount>, DataError> {
        let most = TOGETHER / self.fitted.width().max(1);
        let mut rest = rows;
        while let Some((&first, behind)) = rest.split_first() {
            let Some(together) = self.table.together(first) else {
                rest = behind;
                continue;
            };
            let count = rest.iter().take_while(|row| together.contains(row)).count();
            let (now, later) = rest.split_at(count.min(most.max(1)));
            keep(&self.values(now, first)?)?;
            rest = later;
        }
        self.counts.retain(CellCount::is_remarkable);
        Ok(self.counts)
    }

    /// The values of rows that are read together with the row `with`.
    ///
    /// Of several cells that are no good the first of the first row is told, as if the rows were read one
    /// after the other.
    fn values(&mut self, rows: &[usize], with: usize) -> Result<Vec<f32>, DataError> {
        let (table, missing) = (self.table, self.fitted.missing.as_deref());
        let width = self.fitted.width();
        let mut values = vec![0.0; rows.len().saturating_mul(width)];
        let mut start = 0;
        let mut bad: Option<(usize, DataError)> = None;
        // As many columns at a time as there are threads, so that no more are in memory.
        let threads = rayon::current_num_threads().max(1);
        let counts = self.counts.chunks_mut(threads);
        for (columns, counts) in self.fitted.columns.chunks(threads).zip(counts) {
            let made = columns
                .par_iter()
                .zip(counts)
                .map(|(column, count)| ColumnValues::of(column, table, rows, with, missing, count));
            for (column, made) in columns.iter().zip(made.collect::<Vec<_>>()) {
                let (made, end) = (made?, start + column.width());
                let own = made.values.chunks_exact(column.width().max(1));
                for (row, own) in values.chunks_exact_mut(width.max(1)).zip(own) {
                    if let Some(place) = row.get_mut(start..end) {
                        place.copy_from_slice(own);
                    }
                }
                start = end;
                let first = bad.as_ref().map_or(usize::MAX, |(first, _)| *first);
                bad = made.bad.filter(|(row, _)| *row < first).or(bad);
            }
        }
        bad.map_or(Ok(values), |(_, error)| Err(error))
    }
}

/// What a column gives to the values of some rows.
struct ColumnValues {
    values: Vec<f32>,
    /// The first row whose cell is no good, with what is wrong; no values are behind it.
    bad: Option<(usize, DataError)>,
}

impl ColumnValues {
    fn of(
        column: &Column,
        table: &TableSource,
        rows: &[usize],
        with: usize,
        missing: Option<&[String]>,
        count: &mut CellCount,
    ) -> Result<Self, DataError> {
        let (table, place, before) = table.column_at(&column.name, with)?;
        let mut values = Vec::with_capacity(rows.len().saturating_mul(column.width()));
        for (number, row) in rows.iter().enumerate() {
            let row = row.checked_sub(before).and_then(|row| table.row(row));
            let pushed = row.map(|row| column.push((row, place), missing, &mut values, count));
            if let Some(Err(error)) = pushed {
                return Ok(Self { values, bad: Some((number, error)) });
            }
        }
        Ok(Self { values, bad: None })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::parquet::{self, ParquetFile};
    use crate::preprocessing::column::ColumnScale;
    use crate::stored_table::StoredTable;
    use crate::task::Task;

    #[test]
    fn rows_come_in_the_order_that_is_asked_for() {
        let column = |name: &str, scale| Column { name: name.to_owned(), scale };
        let levels = vec!["00001".to_owned(), "00005".to_owned()];
        let fitted = TablePreprocessing {
            task: Task::Classes,
            label: String::new(),
            classes: Vec::new(),
            target_scales: Vec::new(),
            missing: None,
            columns: vec![
                column("code", ColumnScale::OneHot { levels }),
                column("count", ColumnScale::Divided { by: 1.0 }),
            ],
        };
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parquet/snappy.parquet");
        let stored = StoredTable::of_parquet(ParquetFile::open(&path).unwrap().0);
        let held = parquet::read(&path).unwrap().0;
        for table in [TableSource::Stored(stored), TableSource::Held(held)] {
            let mut values = Vec::new();
            // Row 48 is behind the last one.
            let counts = TableValues::new(&fitted, &table)
                .unwrap()
                .of_rows(&[40, 1, 3, 48, 22, 1], &mut |more| {
                    values.extend_from_slice(more);
                    Ok(())
                })
                .unwrap();
            // The count of a row is 37 times its number less 500, its code the rest of division by 7.
            let expected = [
                [0.0, 1.0, 980.0],
                [1.0, 0.0, -463.0],
                [0.0, 0.0, -389.0],
                [1.0, 0.0, 314.0],
                [1.0, 0.0, -463.0],
            ];
            assert_eq!(values, expected.concat());
            assert_eq!((counts.len(), counts[0].unseen, counts[0].rows), (1, 1, 5));
        }
    }
}
