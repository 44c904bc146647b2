/*!
The features of the training rows, column by column, as synthetic rows are made of them.
*/

use crate::error::DataError;
use crate::options::refused;
use crate::preprocessing::Preprocessing;
use crate::preprocessing::cells::{is_missing, number};
use crate::preprocessing::column::ColumnScale;
use crate::preprocessing::numbers::moments;
use crate::table::Row;
use crate::table_source::TableSource;

/// One feature.
pub(super) struct Column {
    pub(super) name: String,
    /// The cells of the training rows, as they are.
    pub(super) cells: Vec<String>,
    /// What is known of numbers; none of words.
    pub(super) numbers: Option<Numbers>,
}

/// A column of numbers.
pub(super) struct Numbers {
    /// The number of each training row; none where the cell is missing.
    pub(super) values: Vec<Option<f64>>,
    /// Their standard deviation, 1 where all are equal.
    pub(super) deviation: f64,
    range: [f64; 2],
    whole: bool,
}

/// All features, in the order of the source.
pub(super) struct Columns(pub(super) Vec<Column>);

impl Columns {
    pub(super) fn of(
        preprocessing: &Preprocessing,
        table: &TableSource,
        training: &[usize],
    ) -> Result<Self, DataError> {
        let Preprocessing::Table(fitted) = preprocessing else {
            return Err(refused("source", "no table", "a table of features"));
        };
        let missing = fitted.missing.as_deref().unwrap_or_default();
        let mut columns = Vec::with_capacity(fitted.columns.len());
        for column in &fitted.columns {
            let (table, place) = table.column(&column.name)?;
            let rows = || training.iter().filter_map(|&row| table.row(row));
            let value = |row: Row<'_>| match is_missing(row.cell(place), missing) {
                true => Ok(None),
                false => number(row, place).map(Some),
            };
            let numbers = match column.scale {
                ColumnScale::OneHot { .. } => None,
                _ => Some(Numbers::of(rows().map(value).collect::<Result<_, _>>()?)),
            };
            let cells = rows().map(|row| row.cell(place).to_owned()).collect();
            columns.push(Column { name: column.name.clone(), cells, numbers });
        }
        Ok(Self(columns))
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.0.iter().map(|column| column.name.clone()).collect()
    }

    /// Number of training rows.
    pub(super) fn rows(&self) -> usize {
        self.0.first().map_or(0, |column| column.cells.len())
    }
}

impl Column {
    /// The cell of a training row.
    pub(super) fn cell(&self, row: usize) -> String {
        self.cells.get(row).cloned().unwrap_or_default()
    }
}

impl Numbers {
    fn of(values: Vec<Option<f64>>) -> Self {
        let known: Vec<f64> = values.iter().flatten().copied().collect();
        let (_, deviation) = moments(&known);
        let least = known.iter().copied().fold(f64::INFINITY, f64::min);
        let most = known.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let whole = known.iter().all(|value| value.fract() == 0.0);
        Self { deviation, range: [least, most], whole, values }
    }

    /// The number of a training row.
    pub(super) fn value(&self, row: usize) -> Option<f64> {
        self.values.get(row).copied().flatten()
    }

    /// A number as a cell: within the range, and whole where all are.
    pub(super) fn cell(&self, number: f64) -> String {
        let [least, most] = self.range;
        let number = number.max(least).min(most);
        let number = if self.whole { number.round() } else { number };
        // No cell is `-0`.
        (number + 0.0).to_string()
    }
}
