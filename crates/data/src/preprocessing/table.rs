/*!
The columns of a table, in the order a network takes them.
*/

use serde::{Deserialize, Serialize};

use super::cells::CellCount;
use super::column::{Column, ColumnScale};
use super::numbers::standardised;
use super::words::{first_word, one_hot};
use crate::error::DataError;
use crate::table::{Row, Table};
use crate::table_options::TableOptions;
use crate::task::{TargetScale, Task};

/// The columns that a network takes, in the order it takes them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TablePreprocessing {
    /// What the target of a row is.
    #[serde(default, skip_serializing_if = "Task::is_classes")]
    pub task: Task,
    /// The column that holds the class; empty where no class is learned.
    pub label: String,
    /// The names of the classes in the order of their numbers, or of the columns with targets.
    pub classes: Vec<String>,
    /// The scale of each target that is a number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub target_scales: Vec<TargetScale>,
    /// Texts that mean a missing cell, beside the empty one; none where missing cells are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Vec<String>>,
    /// The columns that are features.
    pub columns: Vec<Column>,
}

/// What a preprocessing is fitted to.
pub(crate) struct Fitting<'a> {
    pub(crate) table: &'a Table,
    /// The label column.
    pub(crate) label: &'a str,
    pub(crate) options: &'a TableOptions,
    /// The rows that anything is learned from.
    pub(crate) training: &'a [usize],
    /// What every number is divided by, where the range is known beforehand.
    pub(crate) divisor: Option<f64>,
}

impl<'a> Fitting<'a> {
    pub(crate) fn training_rows(&self) -> impl Iterator<Item = &'a Row> {
        let table = self.table;
        self.training.iter().filter_map(|&row| table.rows.get(row))
    }

    pub(crate) fn name(&self, column: usize) -> String {
        self.table.header.get(column).cloned().unwrap_or_default()
    }

    /// Whether a column is numeric is decided by all rows, so that it does not depend on the split.
    fn scale(&self, column: usize) -> Result<ColumnScale, DataError> {
        let first = first_word(self, column);
        let name = self.name(column);
        let categorical =
            self.options.categorical.contains(&name) || self.table.texts.contains(&name);
        match (first.is_some() || categorical, self.divisor) {
            (true, _) => one_hot(self, column, first),
            (false, Some(by)) => Ok(ColumnScale::Divided { by }),
            (false, None) => standardised(self, column),
        }
    }
}

impl TablePreprocessing {
    /// Learns the scale of each column from the training rows.
    pub(crate) fn fit(
        fitting: &Fitting<'_>,
        classes: Vec<String>,
        (task, target_scales): (Task, Vec<TargetScale>),
    ) -> Result<Self, DataError> {
        let Fitting { table, label, options, .. } = fitting;
        if let Some(name) = table.unreadable.keys().find(|name| options.is_feature(name, label)) {
            table.column(name)?;
        }
        let columns = (0..table.header.len())
            .filter(|&column| options.is_feature(&fitting.name(column), label))
            .map(|column| Ok(Column { name: fitting.name(column), scale: fitting.scale(column)? }))
            .collect::<Result<Vec<_>, DataError>>()?;
        if columns.is_empty() {
            return Err(DataError::NoFeatures {
                path: table.path.clone(),
                label: if task.is_classes() { (*label).to_owned() } else { classes.join(", ") },
            });
        }
        let missing = options.missing.clone();
        let label = (*label).to_owned();
        Ok(Self { task, label, classes, target_scales, missing, columns })
    }

    /// The number of values in a sample.
    pub(crate) fn width(&self) -> usize {
        self.columns.iter().map(Column::width).sum()
    }

    pub(crate) fn word_columns(&self) -> Vec<[usize; 2]> {
        let mut start = 0;
        let placed = self.columns.iter().map(|column| {
            let place = start;
            start += column.width();
            (place, column)
        });
        let words = placed.filter(|(_, column)| matches!(column.scale, ColumnScale::OneHot { .. }));
        words
            .map(|(place, column)| [place, column.width()])
            .filter(|[_, width]| *width > 0)
            .collect()
    }

    /// A name for each value of a sample.
    pub(crate) fn value_names(&self) -> Vec<String> {
        self.columns.iter().flat_map(Column::value_names).collect()
    }

    /// The values of the chosen rows of a table that has these columns in any order, and the
    /// columns whose cells were not all plain.
    pub(crate) fn values(
        &self,
        table: &Table,
        rows: &[usize],
    ) -> Result<(Vec<f32>, Vec<CellCount>), DataError> {
        let positions = self
            .columns
            .iter()
            .map(|column| table.column(&column.name))
            .collect::<Result<Vec<_>, _>>()?;
        let mut counts: Vec<CellCount> = self.columns.iter().map(Column::count).collect();
        let mut values = Vec::with_capacity(rows.len().saturating_mul(self.width()));
        for row in rows.iter().filter_map(|&row| table.rows.get(row)) {
            for ((column, &position), count) in self.columns.iter().zip(&positions).zip(&mut counts)
            {
                let place = (table, row, position);
                column.push(place, self.missing.as_deref(), &mut values, count)?;
            }
        }
        counts.retain(CellCount::is_remarkable);
        Ok((values, counts))
    }
}
