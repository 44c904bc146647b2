/*!
The columns of a table, in the order a network takes them.
*/

use serde::{Deserialize, Serialize};

use super::cells::CellCount;
use super::column::{Column, ColumnScale};
use super::numbers::standardised;
use super::table_values::TableValues;
use super::words::{first_word, one_hot};
use crate::error::DataError;
use crate::table::{Row, Table};
use crate::table_options::TableOptions;
use crate::table_source::TableSource;
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
    pub(crate) table: &'a TableSource,
    /// The label column.
    pub(crate) label: &'a str,
    pub(crate) options: &'a TableOptions,
    /// The rows that anything is learned from.
    pub(crate) training: &'a [usize],
    /// What every number is divided by, where the range is known beforehand.
    pub(crate) divisor: Option<f64>,
}

/// A column in memory, to which its scale is fitted.
pub(crate) struct TrainingColumn<'a> {
    pub(crate) name: &'a str,
    pub(crate) table: &'a Table,
    /// Its place in the table.
    pub(crate) place: usize,
    pub(crate) options: &'a TableOptions,
    /// The rows that anything is learned from.
    pub(crate) training: &'a [usize],
}

impl<'a> TrainingColumn<'a> {
    /// The rows that anything is learned from.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'a>> {
        let table = self.table;
        self.training.iter().filter_map(|&row| table.row(row))
    }
}

impl Fitting<'_> {
    /// Whether a column is numeric is decided by the training rows alone, as all else: a word in another
    /// row is refused there with its place, and cannot make words of the numbers of training.
    fn scale(&self, name: &str) -> Result<ColumnScale, DataError> {
        let Self { options, training, .. } = *self;
        let (table, place) = self.table.column(name)?;
        let column = TrainingColumn { name, table: &table, place, options, training };
        let first = first_word(&column);
        let texts = &self.table.heading().texts;
        let categorical =
            options.categorical.iter().any(|other| other == name) || texts.contains(name);
        match (first.is_some() || categorical, self.divisor) {
            (true, _) => one_hot(&column, first),
            (false, Some(by)) => Ok(ColumnScale::Divided { by }),
            (false, None) => standardised(&column),
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
        let Fitting { label, options, .. } = fitting;
        let heading = fitting.table.heading();
        let unreadable = &heading.unreadable;
        if let Some(name) = unreadable.keys().find(|name| options.is_feature(name, label)) {
            heading.column(name)?;
        }
        let names = heading.names.iter().filter(|name| options.is_feature(name, label));
        let columns = names
            .map(|name| Ok(Column { name: name.clone(), scale: fitting.scale(name)? }))
            .collect::<Result<Vec<_>, DataError>>()?;
        if columns.is_empty() {
            return Err(DataError::NoFeatures {
                path: heading.path.clone(),
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

    /// Hands on the values of the chosen rows of a table that has these columns in any order, some rows
    /// at a time, and tells the columns whose cells were not all plain.
    pub(crate) fn values(
        &self,
        table: &TableSource,
        rows: &[usize],
        keep: &mut dyn FnMut(&[f32]) -> Result<(), DataError>,
    ) -> Result<Vec<CellCount>, DataError> {
        TableValues::new(self, table)?.of_rows(rows, keep)
    }
}
