/*!
Targets in columns of a table: labels as 0 and 1, or numbers.
*/

use crate::error::DataError;
use crate::labels::Labels;
use crate::place::RowPlace;
use crate::preprocessing::cells::{is_missing, missing_value, number};
use crate::quote::shown;
use crate::table::Row;
use crate::table_source::TableSource;
use crate::task::Task;

/// The targets of a file as it holds them.
#[derive(Default)]
pub(crate) struct FileTargets {
    /// For each row of the file the number of its targets, where it has some.
    pub(crate) labels: Vec<Option<u32>>,
    /// The targets, one row after the other.
    pub(crate) values: Vec<f64>,
}

/// What to do about cells that are no labels.
const NO_LABEL: &str =
    "write 1 (or true) where the label applies and 0 (or false) where it does not";

/// Reads the targets in the columns `names`. A row may lack all of them where that is allowed; one
/// that has some of them lacks the others by mistake.
pub(crate) fn of_table(
    table: &TableSource,
    names: &[String],
    task: Task,
    missing: &[String],
    demand: Labels,
) -> Result<FileTargets, DataError> {
    let has_none = names.iter().all(|name| table.heading().column(name).is_err());
    if demand == Labels::Optional && has_none {
        return Ok(FileTargets { labels: vec![None; table.len()], values: Vec::new() });
    }
    let texts: Vec<&str> = names.iter().map(String::as_str).collect();
    let table = table.columns(&texts)?;
    let columns = names.iter().map(|name| table.column(name)).collect::<Result<Vec<_>, _>>()?;
    let mut targets = FileTargets::default();
    let mut count = 0;
    for row in table.rows() {
        let is_absent = |&&column: &&usize| is_missing(row.cell(column), missing);
        let absent = columns.iter().find(is_absent);
        let all = columns.iter().filter(is_absent).count() == columns.len();
        match absent {
            Some(_) if all && demand == Labels::Optional => targets.labels.push(None),
            Some(&column) => return Err(missing_value(row, column)),
            None => {
                for &column in &columns {
                    targets.values.push(target(row, column, task)?);
                }
                targets.labels.push(Some(count));
                count += 1;
            }
        }
    }
    Ok(targets)
}

fn target(row: Row<'_>, column: usize, task: Task) -> Result<f64, DataError> {
    match task {
        Task::Labels => label(row, column),
        _ => number(row, column),
    }
}

/// Truth values count as 1 and 0.
fn label(row: Row<'_>, column: usize) -> Result<f64, DataError> {
    let cell = row.cell(column);
    match cell.parse() {
        Ok(value @ (0.0 | 1.0)) => Ok(value),
        Err(_) if cell.eq_ignore_ascii_case("true") => Ok(1.0),
        Err(_) if cell.eq_ignore_ascii_case("false") => Ok(0.0),
        _ => Err(DataError::Malformed {
            path: row.file().to_owned(),
            expected: format!("0 or 1 in column `{}`", shown(&row.name(column))),
            found: format!("`{}` in {}", shown(cell), RowPlace { file: None, ..row.place() }),
            hint: NO_LABEL,
        }),
    }
}
