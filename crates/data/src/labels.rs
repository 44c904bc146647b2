/*!
From what a file says about classes to numbers: class names in order, and a class for each row.
*/

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::error::DataError;
use crate::preprocessing::cells::{is_missing, missing_value};
use crate::table::{Row, Table};

/// Whether every row must have a label.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Labels {
    Required,
    Optional,
}

/// The distinct values of a column, without the texts that mean a missing one: by number if all
/// are integers, otherwise by their bytes.
pub(crate) fn class_names(table: &Table, column: usize, missing: &[String]) -> Vec<String> {
    let cells = table.rows.iter().map(|row| row.cell(column));
    let distinct: BTreeSet<&str> = cells.filter(|name| !is_missing(name, missing)).collect();
    let numbers: Option<Vec<i64>> = distinct.iter().map(|name| name.parse().ok()).collect();
    let mut names: Vec<String> = distinct.iter().map(|&name| name.to_owned()).collect();
    if let Some(numbers) = numbers {
        let mut numbered: Vec<(i64, String)> = numbers.into_iter().zip(names).collect();
        numbered.sort();
        names = numbered.into_iter().map(|(_, name)| name).collect();
    }
    names
}

/// The class of each row; `None` for a missing one where labels are optional.
pub(crate) fn of_table(
    table: &Table,
    column: usize,
    missing: &[String],
    classes: &[String],
    demand: Labels,
) -> Result<Vec<Option<u32>>, DataError> {
    let numbers: BTreeMap<&str, u32> = classes.iter().map(String::as_str).zip(0..).collect();
    let label = |row: &Row| match row.cell(column) {
        name if is_missing(name, missing) && demand == Labels::Optional => Ok(None),
        name if is_missing(name, missing) => Err(missing_value(table, row, column)),
        name => {
            numbers.get(name).map(|&number| Some(number)).ok_or_else(|| DataError::UnknownLabel {
                path: table.path.clone(),
                line: row.line,
                value: name.into(),
                classes: classes.to_vec(),
            })
        }
    };
    table.rows.iter().map(label).collect()
}

/// The classes of numbered labels, each below `classes`.
pub(crate) fn of_numbers(
    path: &Path,
    numbers: &[u8],
    classes: usize,
) -> Result<Vec<Option<u32>>, DataError> {
    let label = |(sample, &label): (usize, &u8)| {
        if usize::from(label) < classes {
            Ok(Some(u32::from(label)))
        } else {
            Err(DataError::LabelOutOfRange { path: path.into(), sample, label, classes })
        }
    };
    numbers.iter().enumerate().map(label).collect()
}
