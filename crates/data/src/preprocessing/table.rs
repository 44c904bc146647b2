/*!
Columns of a table: numbers are standardised, words are one-hot encoded.
*/

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::error::DataError;
use crate::table::{Row, Table};

/// The largest number of distinct values of a column of words.
const LEVEL_LIMIT: usize = 1000;

/// The columns that a network takes, in the order it takes them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TablePreprocessing {
    /// The column that holds the class.
    pub label: String,
    /// The names of the classes, in the order of their numbers.
    pub classes: Vec<String>,
    /// The other columns.
    pub columns: Vec<Column>,
}

/// One column of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Its name in the header.
    pub name: String,
    /// What happens to its cells.
    pub scale: ColumnScale,
}

/// What happens to the cells of a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ColumnScale {
    /// `(value - mean) / deviation`, both of the training rows; the deviation divides by the
    /// number of rows, and is 1 for a constant column.
    Standardised {
        /// The mean of the training rows.
        mean: f64,
        /// Their standard deviation.
        deviation: f64,
    },
    /// `value / by`, where the range is known beforehand (16 for the built-in digits).
    Divided {
        /// The divisor.
        by: f64,
    },
    /// One value for each level: 1 for the cell's own, 0 for the others. A cell that is none of
    /// the levels gives zeros only.
    OneHot {
        /// The distinct cells of the training rows, sorted.
        levels: Vec<String>,
    },
}

impl TablePreprocessing {
    /// Learns the scale of each column from the `training` rows. Whether a column is numeric is
    /// decided by all rows, so that it does not depend on the split.
    pub(crate) fn fit(
        table: &Table,
        label: &str,
        classes: Vec<String>,
        training: &[usize],
        divisor: Option<f64>,
    ) -> Result<Self, DataError> {
        let label_column = table.column(label)?;
        let features = (0..table.header.len()).filter(|&column| column != label_column);
        let columns = features
            .map(|column| {
                let scale = match (words(table, column)?, divisor) {
                    (Some(row), _) => one_hot(table, column, row, training)?,
                    (None, Some(by)) => ColumnScale::Divided { by },
                    (None, None) => standardised(table, column, training)?,
                };
                Ok(Column { name: table.header.get(column).cloned().unwrap_or_default(), scale })
            })
            .collect::<Result<Vec<_>, DataError>>()?;
        if columns.is_empty() {
            return Err(DataError::NoFeatures { path: table.path.clone(), label: label.into() });
        }
        Ok(Self { label: label.into(), classes, columns })
    }

    /// The number of values in a sample.
    pub(crate) fn width(&self) -> usize {
        self.columns.iter().map(|column| column.scale.width()).sum()
    }

    /// `name` for a number, `name=level` for each level of a column of words.
    pub(crate) fn value_names(&self) -> Vec<String> {
        let names = |column: &Column| match &column.scale {
            ColumnScale::OneHot { levels } => {
                levels.iter().map(|level| format!("{}={level}", column.name)).collect()
            }
            _ => vec![column.name.clone()],
        };
        self.columns.iter().flat_map(names).collect()
    }

    /// The values of the chosen rows of a table that has these columns in any order.
    pub(crate) fn values(&self, table: &Table, rows: &[usize]) -> Result<Vec<f32>, DataError> {
        let positions = self
            .columns
            .iter()
            .map(|column| table.column(&column.name))
            .collect::<Result<Vec<_>, _>>()?;
        let mut values = Vec::with_capacity(rows.len().saturating_mul(self.width()));
        for row in rows.iter().filter_map(|&row| table.rows.get(row)) {
            for (column, &position) in self.columns.iter().zip(&positions) {
                column.scale.push(table, row, position, &mut values)?;
            }
        }
        Ok(values)
    }
}

impl ColumnScale {
    fn width(&self) -> usize {
        match self {
            Self::OneHot { levels } => levels.len(),
            _ => 1,
        }
    }

    fn push(
        &self,
        table: &Table,
        row: &Row,
        column: usize,
        values: &mut Vec<f32>,
    ) -> Result<(), DataError> {
        let scaled = match self {
            Self::OneHot { levels } => {
                let cell = filled(table, row, column)?;
                values.extend(levels.iter().map(|level| f32::from(level == cell)));
                return Ok(());
            }
            Self::Standardised { mean, deviation } => {
                (number(table, row, column)? - mean) / deviation
            }
            Self::Divided { by } => number(table, row, column)? / by,
        };
        values.push(single(table, row, column, scaled)?);
        Ok(())
    }
}

/// A cell that is not empty.
pub(crate) fn filled<'a>(table: &Table, row: &'a Row, column: usize) -> Result<&'a str, DataError> {
    match row.cell(column) {
        "" => Err(DataError::EmptyCell {
            path: table.path.clone(),
            line: row.line,
            column: table.header.get(column).cloned().unwrap_or_default(),
        }),
        cell => Ok(cell),
    }
}

/// A cell as a number that single precision can hold.
pub(crate) fn number(table: &Table, row: &Row, column: usize) -> Result<f64, DataError> {
    let cell = filled(table, row, column)?;
    let number: f64 = cell.parse().map_err(|_| DataError::NotANumber {
        path: table.path.clone(),
        line: row.line,
        column: table.header.get(column).cloned().unwrap_or_default(),
        value: cell.into(),
    })?;
    single(table, row, column, number)?;
    Ok(number)
}

/// A number from that cell in single precision, if it fits.
pub(crate) fn single(
    table: &Table,
    row: &Row,
    column: usize,
    number: f64,
) -> Result<f32, DataError> {
    let rounded = number as f32;
    if rounded.is_finite() {
        return Ok(rounded);
    }
    Err(DataError::NotFinite {
        path: table.path.clone(),
        line: row.line,
        column: table.header.get(column).cloned().unwrap_or_default(),
        value: row.cell(column).into(),
    })
}

/// The first row whose cell is not a number, if the column has one. NaN and infinity count as
/// numbers here, so that they are refused later instead of turning the column into words.
fn words(table: &Table, column: usize) -> Result<Option<&Row>, DataError> {
    let mut found = None;
    for row in &table.rows {
        let cell = filled(table, row, column)?;
        if found.is_none() && cell.parse::<f64>().is_err() {
            found = Some(row);
        }
    }
    Ok(found)
}

fn one_hot(
    table: &Table,
    column: usize,
    first: &Row,
    training: &[usize],
) -> Result<ColumnScale, DataError> {
    let mut levels = BTreeSet::new();
    for row in training.iter().filter_map(|&row| table.rows.get(row)) {
        levels.insert(row.cell(column));
        if levels.len() > LEVEL_LIMIT {
            return Err(DataError::TooManyLevels {
                path: table.path.clone(),
                line: first.line,
                column: table.header.get(column).cloned().unwrap_or_default(),
                value: first.cell(column).into(),
                limit: LEVEL_LIMIT,
            });
        }
    }
    Ok(ColumnScale::OneHot { levels: levels.into_iter().map(str::to_owned).collect() })
}

fn standardised(
    table: &Table,
    column: usize,
    training: &[usize],
) -> Result<ColumnScale, DataError> {
    let numbers = training
        .iter()
        .filter_map(|&row| table.rows.get(row))
        .map(|row| number(table, row, column))
        .collect::<Result<Vec<f64>, _>>()?;
    let count = numbers.len().max(1) as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let variance = numbers.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    let deviation = variance.sqrt();
    // The mean of equal numbers may be rounded, which would leave a tiny deviation.
    let constant = numbers.windows(2).all(|pair| pair.first() == pair.last());
    let deviation = if constant || deviation == 0.0 { 1.0 } else { deviation };
    Ok(ColumnScale::Standardised { mean, deviation })
}
