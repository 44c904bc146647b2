//! Columns that a first recipe leaves out.

use std::path::Path;

use super::columns::names_rows;
use super::survey::Survey;
use super::words::are_dates;
use crate::error::DataError;
use crate::load::Divided;
use crate::options::DataOptions;
use crate::table_error::TableError;
use crate::table_options::TableOptions;

/// A column that cannot be learned from as it is, or teaches nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnfitColumn {
    /// The column.
    pub name: String,
    /// What is the matter with it, in a few words.
    pub reason: String,
}

/// The columns of a table that are better left out of the features: of a type that is not read, with more words than can
/// be told apart, with dates in words, or that name rows; none for other data.
///
/// # Errors
/// As [`load`](crate::load()), for all that is wrong beside these columns.
pub fn unfit_columns(options: &DataOptions, base: &Path) -> Result<Vec<UnfitColumn>, DataError> {
    let mut unfit: Vec<UnfitColumn> = Vec::new();
    loop {
        let ignored = unfit.iter().map(|column| column.name.clone());
        let ignore = options.table.ignore.iter().cloned().chain(ignored).collect();
        let table = TableOptions { ignore, ..options.table.clone() };
        match among_the_read(&DataOptions { table, ..options.clone() }, base) {
            Ok(found) => {
                unfit.extend(found);
                return Ok(unfit);
            }
            Err(error) => match unreadable(&error) {
                Some(column) if is_feature(&column.name, options, &unfit) => unfit.push(column),
                _ => return Err(error),
            },
        }
    }
}

fn is_feature(name: &String, options: &DataOptions, unfit: &[UnfitColumn]) -> bool {
    let is_target = options.label.as_ref() == Some(name) || options.table.targets.contains(name);
    !is_target && unfit.iter().all(|column| column.name != *name)
}

fn unreadable(error: &DataError) -> Option<UnfitColumn> {
    let (column, reason) = match error {
        DataError::TooManyLevels { column, found, .. } => {
            (column, format!("{found} different words"))
        }
        DataError::Table(TableError::ColumnType { column, found, .. }) => {
            (column, format!("holds {found}"))
        }
        _ => return None,
    };
    Some(UnfitColumn { name: column.clone(), reason })
}

fn among_the_read(options: &DataOptions, base: &Path) -> Result<Vec<UnfitColumn>, DataError> {
    let mut divided = Divided::read(options, base)?;
    divided.hold_tables()?;
    let corpus = divided.corpus(options)?;
    let survey = Survey::new(&divided, &corpus, options)?;
    let unfit = survey.columns.iter().filter_map(|column| {
        let reason = match names_rows(column) {
            Some(what) => format!("{what} in each row"),
            None if column.is_words && are_dates(column) => "dates as words".to_owned(),
            None => return None,
        };
        Some(UnfitColumn { name: column.name.to_owned(), reason })
    });
    Ok(unfit.collect())
}
