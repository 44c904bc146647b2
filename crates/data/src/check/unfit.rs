//! What a first recipe says of columns: which it leaves out, and which of their cells are missing.

use std::path::Path;

use super::columns::names_rows;
use super::missing::{means_missing, word_among_numbers};
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

/// What a first recipe says of the columns of a table; nothing for other data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FirstColumns {
    /// Those that are better left out of the features: of a type that is not read, with more words than can be
    /// told apart, with dates in words, or that name rows.
    pub unfit: Vec<UnfitColumn>,
    /// Words for a missing value that stand among numbers.
    pub missing: Vec<String>,
    /// Those with words outside of training alone, where all of its cells are numbers.
    pub categorical: Vec<String>,
}

impl FirstColumns {
    fn options(&self, options: &DataOptions) -> DataOptions {
        let TableOptions { ignore, missing, categorical, .. } = &options.table;
        let left_out = self.unfit.iter().map(|column| &column.name);
        let missing = match (missing, self.missing.as_slice()) {
            (None, []) => None,
            (named, ours) => Some(named.iter().flatten().chain(ours).cloned().collect()),
        };
        let table = TableOptions {
            ignore: ignore.iter().chain(left_out).cloned().collect(),
            missing,
            categorical: categorical.iter().chain(&self.categorical).cloned().collect(),
            ..options.table.clone()
        };
        DataOptions { table, ..options.clone() }
    }

    /// Takes in what an error says of a column, if that is no mistake of the recipe.
    fn learn(&mut self, error: DataError, options: &DataOptions) -> Result<(), DataError> {
        if let DataError::NotANumber { column, value, .. } = &error
            && is_feature(column, options, &self.unfit)
        {
            match means_missing(value) {
                true => self.missing.push(value.clone()),
                false => self.categorical.push(column.clone()),
            }
            return Ok(());
        }
        match unreadable(&error) {
            Some(column) if is_feature(&column.name, options, &self.unfit) => {
                self.unfit.push(column);
                Ok(())
            }
            _ => Err(error),
        }
    }
}

/// Looks at a table for what a first recipe says of its columns.
///
/// # Errors
/// As [`load`](crate::load()), for all that is wrong beside these columns.
pub fn first_columns(options: &DataOptions, base: &Path) -> Result<FirstColumns, DataError> {
    let mut first = FirstColumns::default();
    loop {
        match among_the_read(&first.options(options), base) {
            Ok(Found::Missing(word)) => first.missing.push(word),
            Ok(Found::Unfit(found)) => {
                first.unfit.extend(found);
                return Ok(first);
            }
            Err(error) => first.learn(error, options)?,
        }
    }
}

/// What is found among columns that can be read.
enum Found {
    /// A word to be named first, because it makes words of numbers.
    Missing(String),
    Unfit(Vec<UnfitColumn>),
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

fn among_the_read(options: &DataOptions, base: &Path) -> Result<Found, DataError> {
    let mut divided = Divided::read(options, base)?;
    divided.hold_tables()?;
    let corpus = divided.corpus(options)?;
    let survey = Survey::new(&divided, &corpus, options)?;
    let missing = |column| word_among_numbers(column).map(str::to_owned);
    if let Some(word) = survey.columns.iter().find_map(missing) {
        return Ok(Found::Missing(word));
    }
    let unfit = survey.columns.iter().filter_map(|column| {
        let reason = match names_rows(column) {
            Some(what) => format!("{what} in each row"),
            None if column.is_words && are_dates(column) => "dates as words".to_owned(),
            None => return None,
        };
        Some(UnfitColumn { name: column.name.to_owned(), reason })
    });
    Ok(Found::Unfit(unfit.collect()))
}
