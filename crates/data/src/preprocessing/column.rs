/*!
One column of a table: numbers are standardised, words are one-hot encoded, missing cells filled in.
*/

use serde::{Deserialize, Serialize};

use super::cells::{CellCount, is_missing, missing_value, number, single};
use super::words::{MISSING_LEVEL, RARE_LEVEL};
use crate::error::DataError;
use crate::table::Row;

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
    /// `(value - mean) / deviation`, both of the training rows after missing cells are filled in;
    /// the deviation divides by the number of rows, and is 1 for a constant column.
    Standardised {
        /// The mean of the training rows.
        mean: f64,
        /// Their standard deviation.
        deviation: f64,
        /// What stands for a missing cell; none where missing cells are refused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fill: Option<Fill>,
    },
    /// `value / by`, where the range is known beforehand (16 for the built-in digits).
    Divided {
        /// The divisor.
        by: f64,
    },
    /// One value for each level: 1 for the cell's own, 0 for the others.
    ///
    /// A missing cell has the level `(missing)`, and a cell that is none of the levels has
    /// `(rare)`; where there is no such level it gives zeros only.
    OneHot {
        /// The distinct words of the training rows, sorted; then `(missing)` and `(rare)`, where
        /// training has such cells.
        levels: Vec<String>,
    },
}

/// What stands for a missing number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fill {
    /// The median of the training rows that have a value.
    pub median: f64,
    /// Whether another value follows: 1 for a missing cell, 0 for the others. It does where the
    /// training rows have missing cells, for else it would be constant.
    pub indicator: bool,
}

impl Column {
    /// The number of values that a cell becomes.
    pub(crate) fn width(&self) -> usize {
        match &self.scale {
            ColumnScale::OneHot { levels } => levels.len(),
            ColumnScale::Standardised { fill: Some(Fill { indicator: true, .. }), .. } => 2,
            _ => 1,
        }
    }

    /// `name` for a number, `name=(missing)` for its indicator, `name=level` for each level.
    pub(crate) fn value_names(&self) -> Vec<String> {
        let with = |level: &str| format!("{}={level}", self.name);
        match &self.scale {
            ColumnScale::OneHot { levels } => levels.iter().map(|level| with(level)).collect(),
            ColumnScale::Standardised { fill: Some(Fill { indicator: true, .. }), .. } => {
                vec![self.name.clone(), with(MISSING_LEVEL)]
            }
            _ => vec![self.name.clone()],
        }
    }

    /// An empty count of this column's cells.
    pub(crate) fn count(&self) -> CellCount {
        let filling = match &self.scale {
            ColumnScale::Standardised { fill: Some(fill), .. } => {
                let indicator = if fill.indicator { ", with a value that marks them" } else { "" };
                format!("the median {}{indicator}", fill.median)
            }
            ColumnScale::OneHot { levels } if has(levels, MISSING_LEVEL) => {
                format!("the level `{MISSING_LEVEL}`")
            }
            _ => "none of the levels".to_owned(),
        };
        let has_rare =
            matches!(&self.scale, ColumnScale::OneHot { levels } if has(levels, RARE_LEVEL));
        CellCount { has_rare, ..CellCount::new(&self.name, filling) }
    }

    /// Appends the values of a cell; `missing` are the texts that mean a missing one, none where
    /// it is refused.
    pub(crate) fn push(
        &self,
        (row, position): (Row<'_>, usize),
        missing: Option<&[String]>,
        values: &mut Vec<f32>,
        count: &mut CellCount,
    ) -> Result<(), DataError> {
        count.rows += 1;
        let cell = row.cell(position);
        let absent = is_missing(cell, missing.unwrap_or_default());
        if absent && missing.is_none() {
            return Err(missing_value(row, position));
        }
        if absent {
            count.count_missing(row);
        }
        let scaled = match &self.scale {
            ColumnScale::OneHot { levels } => {
                let level = if absent { MISSING_LEVEL } else { cell };
                let known = has(levels, level);
                if row.is_broken(position) {
                    count.count_broken(row);
                }
                if !known && !absent {
                    count.count_unseen(row, cell);
                }
                let level = if known || absent { level } else { RARE_LEVEL };
                values.extend(levels.iter().map(|name| f32::from(name == level)));
                return Ok(());
            }
            ColumnScale::Standardised { mean, deviation, fill } => {
                let value = match fill {
                    Some(fill) if absent => fill.median,
                    _ => number(row, position)?,
                };
                (value - mean) / deviation
            }
            ColumnScale::Divided { by } => number(row, position)? / by,
        };
        values.push(single(row, position, scaled)?);
        if self.width() == 2 {
            values.push(f32::from(absent));
        }
        Ok(())
    }
}

fn has(levels: &[String], level: &str) -> bool {
    levels.iter().any(|name| name == level)
}
