//! The rows that a report shows, as the user's files have them.

use data::{FileRow, RowKey, RowKeys, TestRows, test_rows};
use report::summary::{self, Teaching};

use crate::pixel_columns;
use crate::prepared::Prepared;

/// Columns of a row that are shown.
const COLUMNS: usize = 16;

/// Characters of a cell that are kept.
const CELL: usize = 120;

/// Adds to each sample that is shown its row, where it is one of a table, and its picture where that is one of pixels. A result is not lost over files that cannot be
/// read again: the report says so instead.
pub(crate) fn add(teaching: &mut Teaching, prepared: &Prepared) {
    let numbers = teaching.disagreements.iter();
    let numbers = numbers.map(|one| (one.sample as usize).saturating_sub(1));
    let samples: Vec<usize> = numbers.collect();
    if samples.is_empty() {
        return;
    }
    let Prepared { corpus, recipe, base, .. } = prepared;
    let pictured = pixel_columns::are_all(&corpus.preprocessing.value_names());
    let columns = if pictured { usize::MAX } else { COLUMNS };
    match test_rows(corpus, &recipe.data, base, &samples, columns) {
        Ok(TestRows::NoTable) => {}
        Ok(TestRows::Changed) => {
            teaching.rows_unread =
                Some("the files are others than when they were learned from".to_owned());
        }
        Ok(TestRows::Rows(rows)) => {
            for (one, row) in teaching.disagreements.iter_mut().zip(rows) {
                if pictured {
                    one.picture = pixel_columns::in_cells(&row.cells);
                }
                one.row = Some(shown(row));
            }
        }
        Err(error) => teaching.rows_unread = Some(error.to_string()),
    }
}

/// Where the test samples come from; nothing where the files cannot be read again or are others by now.
pub(crate) fn keys(prepared: &Prepared) -> Vec<RowKey> {
    let Prepared { corpus, recipe, base, .. } = prepared;
    let keys = RowKeys::read(&recipe.data, base).ok().filter(|keys| keys.are_of(corpus));
    let keys = keys.map(|keys| keys.test).unwrap_or_default();
    if keys.len() == corpus.test.len() { keys } else { Vec::new() }
}

fn shown(row: FileRow) -> summary::FileRow {
    let begin = |cell: String| cell.chars().take(CELL).collect();
    let more = row.more + row.cells.len().saturating_sub(COLUMNS);
    let cells = row.cells.into_iter().take(COLUMNS).map(|(name, cell)| (begin(name), begin(cell)));
    summary::FileRow { place: row.place, cells: cells.collect(), more: more as u64 }
}
