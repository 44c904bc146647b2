/*!
Columns that are no features: the names of rows, and groups that stay together.
*/

use std::collections::BTreeMap;

use crate::error::DataError;
use crate::options::refused;
use crate::origin::Content;
use crate::preprocessing::cells::{is_missing, missing_value};
use crate::table::{Row, Table};
use crate::table_options::{IGNORE, TableOptions};
use crate::table_source::TableSource;

/// What a column with a use of its own must be.
pub(crate) const OTHER_THAN_LABEL: &str = "a column other than the label";

/// Checks that every column that the options name is in the training source, and is not the label;
/// and that nothing is said about columns where there are none.
pub(crate) fn check_named(
    train: &Content,
    label: Option<&str>,
    options: &TableOptions,
) -> Result<(), DataError> {
    let Content::Table(table) = train else {
        let nothing = "nothing, because the source is not a table";
        return options.first_set().map_or(Ok(()), |key| Err(refused(key, "set", nothing)));
    };
    for (key, name) in options.named() {
        // What is left out need not be readable.
        if !(key == IGNORE.0 && table.heading().unreadable.contains_key(name)) {
            table.heading().column(name)?;
        }
        if Some(name.as_str()) == label {
            return Err(refused(key, name, OTHER_THAN_LABEL));
        }
        if options.named().filter(|(_, other)| *other == name).count() > 1
            && options.targets.contains(name)
        {
            return Err(refused(
                "targets",
                name,
                "a column that is named once, and has no other use",
            ));
        }
    }
    Ok(())
}

/// Checks that no two rows of a file have the same id, where it has the column.
pub(crate) fn check_ids(content: &Content, options: &TableOptions) -> Result<(), DataError> {
    let Some((table, name)) = table_with(content, options.id.as_deref()) else { return Ok(()) };
    let (table, column) = table.column(name)?;
    ids(&table, column, options.missing.as_deref().unwrap_or_default()).map(|_| ())
}

/// The place of each id in a column of ids.
///
/// # Errors
/// [`DataError::EmptyCell`] where one is missing, [`DataError::DuplicateId`] for the second of two equal ones.
pub(crate) fn ids<'a>(
    table: &'a Table,
    column: usize,
    missing: &[String],
) -> Result<BTreeMap<&'a str, usize>, DataError> {
    let mut places = BTreeMap::new();
    for (place, row) in table.rows().enumerate() {
        let value = value(row, column, missing)?;
        let first = places.insert(value, place);
        if let Some(first) = first.and_then(|first| table.row(first)) {
            return Err(DataError::DuplicateId {
                path: row.file().to_owned(),
                column: row.name(column),
                value: value.into(),
                first: Box::new(first.place()),
                second: row.line(),
            });
        }
    }
    Ok(places)
}

/// The number of each row's group, where the options name a column of groups.
pub(crate) fn groups(
    content: &Content,
    options: &TableOptions,
) -> Result<Option<Vec<usize>>, DataError> {
    let Some((table, name)) = table_with(content, options.group.as_deref()) else {
        return Ok(None);
    };
    let (table, column) = table.column(name)?;
    let missing = options.missing.as_deref().unwrap_or_default();
    let names = table.rows().map(|row| value(row, column, missing));
    let names = names.collect::<Result<Vec<&str>, _>>()?;
    let mut numbers: BTreeMap<&str, usize> = names.iter().map(|&name| (name, 0)).collect();
    numbers.values_mut().enumerate().for_each(|(number, value)| *value = number);
    Ok(Some(names.iter().filter_map(|name| numbers.get(name).copied()).collect()))
}

/// The table with a column that can be read, where it has one of that name.
pub(crate) fn table_with<'a>(
    content: &'a Content,
    name: Option<&'a str>,
) -> Option<(&'a TableSource, &'a str)> {
    let (Content::Table(table), Some(name)) = (content, name) else { return None };
    table.heading().place(name).map(|_| (table, name))
}

/// The cell of a column in which no value may be missing.
fn value<'a>(row: Row<'a>, column: usize, missing: &[String]) -> Result<&'a str, DataError> {
    match row.cell(column) {
        cell if is_missing(cell, missing) => Err(missing_value(row, column)),
        cell => Ok(cell),
    }
}
