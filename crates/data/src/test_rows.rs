/*!
Rows of the test part as their files have them, for a person who wants to see what a model got wrong.
*/

use std::path::{Path, PathBuf};

use crate::error::DataError;
use crate::load::{Corpus, divide};
use crate::options::DataOptions;
use crate::origin::{self, Content, Origin};
use crate::preprocessing::Preprocessing;
use crate::table_source::TableSource;

/// A row of a table as its file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// Where it stands, such as `line 17 of adult.csv`.
    pub place: String,
    /// Names of columns and the cells in them, the column of ids first and what is to be learned left out.
    pub cells: Vec<(String, String)>,
    /// How many columns more the file has.
    pub more: usize,
}

/// What is found where the test part was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestRows {
    /// Its samples are no rows of a table.
    NoTable,
    /// Its files are others than those that the corpus was read from.
    Changed,
    /// One for each sample that was asked for.
    Rows(Vec<FileRow>),
}

/// Samples of the test part of `corpus`, by their numbers from 0, as their files have them, with at most so many columns. The
/// files are read again, because nothing of them is kept beside the numbers that networks see. `options` and `base` are those
/// that the corpus was loaded by.
///
/// # Errors
/// As [`load`](crate::load).
pub fn test_rows(
    corpus: &Corpus,
    options: &DataOptions,
    base: &Path,
    samples: &[usize],
    columns: usize,
) -> Result<TestRows, DataError> {
    if !matches!(corpus.preprocessing, Preprocessing::Table(_) | Preprocessing::Bytes(_)) {
        return Ok(TestRows::NoTable);
    }
    let origin = origin::read(options, base)?;
    if origin.sources.iter().any(|source| !corpus.sources.contains(source)) {
        return Ok(TestRows::Changed);
    }
    let (content, drawn) = match &origin.test {
        Some(test) => (&test.content, None),
        None => (&origin.train.content, Some(divide(&origin, options)?.test)),
    };
    let Content::Table(table) = content else { return Ok(TestRows::NoTable) };
    let shown = shown_columns(table, &origin, options);
    let row = |&sample: &usize| {
        let row = drawn.as_ref().map_or(Some(sample), |drawn| drawn.get(sample).copied());
        row.map(|row| file_row(table, row, &shown, columns))
    };
    Ok(TestRows::Rows(samples.iter().filter_map(row).collect::<Result<_, _>>()?))
}

/// The columns in the order in which they are shown.
fn shown_columns(table: &TableSource, origin: &Origin, options: &DataOptions) -> Vec<String> {
    let options = &options.table;
    let learned =
        |name: &String| origin.label.as_ref() == Some(name) || options.targets.contains(name);
    let is_id = |name: &String| options.id.as_ref() == Some(name);
    let names = || table.heading().names.iter();
    let ids = names().filter(|name| is_id(name));
    ids.chain(names().filter(|name| !is_id(name) && !learned(name))).cloned().collect()
}

fn file_row(
    table: &TableSource,
    row: usize,
    shown: &[String],
    columns: usize,
) -> Result<FileRow, DataError> {
    let mut place = String::new();
    let mut cells = Vec::new();
    for name in shown.iter().take(columns) {
        let (held, column, before) = table.column_at(name, row)?;
        let Some(found) = row.checked_sub(before).and_then(|row| held.row(row)) else { continue };
        let mut stands = found.place();
        stands.file = found.file().file_name().map(PathBuf::from);
        place = stands.to_string();
        cells.push((name.clone(), found.cell(column).to_owned()));
    }
    Ok(FileRow { place, cells, more: shown.len().saturating_sub(columns) })
}
