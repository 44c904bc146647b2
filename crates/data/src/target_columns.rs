/*!
Targets in columns of a table: labels as 0 and 1, or numbers.
*/

use crate::error::DataError;
use crate::labels::Labels;
use crate::preprocessing::cells::{is_missing, missing_value, number};
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
const NO_LABEL: &str = "write 1 where the label applies and 0 where it does not";

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
    let value = number(row, column)?;
    if task == Task::Labels && value != 0.0 && value != 1.0 {
        return Err(DataError::Malformed {
            path: row.file().to_owned(),
            expected: format!("0 or 1 in column `{}`", row.name(column)),
            found: format!("`{}` in line {}", row.cell(column), row.line()),
            hint: NO_LABEL,
        });
    }
    Ok(value)
}
