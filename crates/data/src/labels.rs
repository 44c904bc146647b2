/*!
From what a file says about classes to numbers: class names in order, and a class for each row.
*/

use std::collections::{BTreeMap, BTreeSet};

use crate::error::DataError;
use crate::file_names::FileNames;
use crate::preprocessing::cells::{is_missing, missing_value};
use crate::raw::RawLabels;
use crate::table::{Row, Table};

/// The largest number of classes that numbered labels can have.
const CLASS_LIMIT: usize = 10_000;

/// Whether every row must have a label.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Labels {
    Required,
    Optional,
}

/// The distinct values of a column, without the texts that mean a missing one: by number if all
/// are integers, otherwise by their bytes.
pub(crate) fn class_names(table: &Table, column: usize, missing: &[String]) -> Vec<String> {
    let cells = table.rows().map(|row| row.cell(column));
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
    let label = |row: Row<'_>| match row.cell(column) {
        name if is_missing(name, missing) && demand == Labels::Optional => Ok(None),
        name if is_missing(name, missing) => Err(missing_value(row, column)),
        name => {
            numbers.get(name).map(|&number| Some(number)).ok_or_else(|| DataError::UnknownLabel {
                place: format!("{}:{}", row.file().display(), row.line()),
                value: name.into(),
                classes: classes.to_vec(),
            })
        }
    };
    table.rows().map(label).collect()
}

/// The names of the classes of numbered labels: as they are given, else 0 to the largest label.
pub(crate) fn numbered_names(labels: &RawLabels) -> Result<Vec<String>, DataError> {
    if let Some(names) = &labels.names {
        return Ok(names.clone());
    }
    // A stray number must not become millions of classes.
    numbers_below(labels, CLASS_LIMIT)?;
    let largest = labels.numbers.iter().copied().max().unwrap_or_default();
    Ok((0..=largest).map(|class| class.to_string()).collect())
}

/// The classes of numbered labels: by name where the numbers have names, else the numbers themselves. `files`
/// are those of the samples, where each has its own.
pub(crate) fn of_numbers(
    labels: &RawLabels,
    classes: &[String],
    files: Option<&FileNames>,
) -> Result<Vec<Option<u32>>, DataError> {
    let Some(names) = &labels.names else {
        let numbers = numbers_below(labels, classes.len())?;
        return Ok(numbers.into_iter().map(Some).collect());
    };
    let known: BTreeMap<&str, u32> = classes.iter().map(String::as_str).zip(0..).collect();
    let by_name: Vec<Option<u32>> =
        names.iter().map(|name| known.get(name.as_str()).copied()).collect();
    let label = |(sample, &number): (usize, &i64)| {
        let place = usize::try_from(number).ok();
        place.and_then(|place| by_name.get(place).copied().flatten()).map(Some).ok_or_else(|| {
            let name = place.and_then(|place| names.get(place));
            let file = files.and_then(|files| files.path(sample));
            DataError::UnknownLabel {
                place: match file {
                    Some(file) => file.display().to_string(),
                    None => format!("{}, sample {sample}", labels.path.display()),
                },
                value: name.cloned().unwrap_or_else(|| number.to_string()),
                classes: classes.to_vec(),
            }
        })
    };
    labels.numbers.iter().enumerate().map(label).collect()
}

fn numbers_below(labels: &RawLabels, classes: usize) -> Result<Vec<u32>, DataError> {
    let label = |(sample, &label): (usize, &i64)| match u32::try_from(label) {
        Ok(number) if (number as usize) < classes => Ok(number),
        _ => Err(DataError::LabelOutOfRange { path: labels.path.clone(), sample, label, classes }),
    };
    labels.numbers.iter().enumerate().map(label).collect()
}
