/*!
Columns of words: which words of the training rows are levels of their own.
*/

use std::collections::BTreeMap;

use super::cells::is_missing;
use super::column::ColumnScale;
use super::table::TrainingColumn;
use crate::error::DataError;
use crate::table::Row;

/// The level of a missing cell.
pub(crate) const MISSING_LEVEL: &str = "(missing)";
/// The level of the words that few training rows have.
pub(crate) const RARE_LEVEL: &str = "(rare)";
/// The largest number of levels of a column of words.
const LEVEL_LIMIT: usize = 1000;

/// The first training row whose cell is a word, if the column has one. NaN and infinity count as
/// numbers here, so that they are refused later instead of turning the column into words.
pub(crate) fn first_word<'a>(column: &TrainingColumn<'a>) -> Option<Row<'a>> {
    let texts = column.options.missing.as_deref().unwrap_or_default();
    column.rows().find(|row| {
        let cell = row.cell(column.place);
        !is_missing(cell, texts) && cell.parse::<f64>().is_err()
    })
}

/// The levels of a column; `first` is its first training row that is no number.
pub(crate) fn one_hot(
    column: &TrainingColumn<'_>,
    first: Option<Row<'_>>,
) -> Result<ColumnScale, DataError> {
    let texts = column.options.missing.as_deref().unwrap_or_default();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut missing = false;
    for row in column.rows() {
        let cell = row.cell(column.place);
        if is_missing(cell, texts) {
            missing = true;
        } else {
            *counts.entry(cell).or_default() += 1;
        }
    }
    let fewest = column.options.rare.unwrap_or(0);
    let before = counts.len();
    counts.retain(|_, count| *count >= fewest);
    let rare = counts.len() < before;
    if counts.len() > LEVEL_LIMIT {
        return Err(DataError::TooManyLevels {
            path: column.table.heading.path.clone(),
            column: column.name.to_owned(),
            found: counts.len(),
            limit: LEVEL_LIMIT,
            first: first.map(|row| Box::new((row.place(), row.cell(column.place).to_owned()))),
        });
    }
    let words = counts.into_keys().filter(|word| ![MISSING_LEVEL, RARE_LEVEL].contains(word));
    let mut levels: Vec<String> = words.map(str::to_owned).collect();
    levels.extend(missing.then(|| MISSING_LEVEL.to_owned()));
    levels.extend(rare.then(|| RARE_LEVEL.to_owned()));
    Ok(ColumnScale::OneHot { levels })
}
