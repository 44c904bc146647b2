//! Ids and groups in two files, and groups that are too large to divide.

use std::collections::BTreeMap;
use words::{counted, verb};

use super::survey::{Part, Survey};
use super::{Defect, Finding};
use crate::quote::shown;

pub(super) fn find(survey: &Survey<'_>, findings: &mut Vec<Finding>) {
    let Some(train) = survey.part("train") else { return };
    let others = || survey.parts.iter().filter(|part| part.file() != train.file());
    if let Some(name) = &survey.options.id {
        for part in others() {
            if let Some((place, message)) = shared(survey, part, name) {
                findings.push(Finding::warning(Defect::SharedIds, place, message));
            }
        }
    }
    let Some(name) = &survey.options.group else { return };
    for part in others() {
        let Some((place, message)) = shared(survey, part, name) else { continue };
        findings.push(match part.name {
            "test" => Finding::error(Defect::SharedGroups, place, message),
            _ => Finding::warning(Defect::SharedGroups, place, message),
        });
    }
    large(survey, train, name, findings);
}

/// The rows of the training source in all of its parts, by the value of a column.
fn source_rows<'a>(survey: &'a Survey<'_>, name: &str) -> BTreeMap<&'a str, Vec<String>> {
    let file = survey.part("train").map(Part::file);
    let mut rows: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for part in survey.parts.iter().filter(|part| Some(part.file()) == file) {
        for (row, value) in survey.cells(part, name).into_iter().enumerate() {
            rows.entry(value.unwrap_or_default()).or_default().push(part.place(row));
        }
    }
    rows
}

fn shared(survey: &Survey<'_>, part: &Part<'_>, name: &str) -> Option<(String, String)> {
    let known = source_rows(survey, name);
    let mut shared = survey
        .cells(part, name)
        .into_iter()
        .enumerate()
        .filter_map(|(row, value)| Some((row, value?, known.get(value?)?.first()?)));
    let (row, value, earlier) = shared.next()?;
    let count = 1 + shared.count();
    let message = format!(
        "{count} of {} of {} {} a value that the training source has too, this one `{}` as {earlier}",
        counted(part.len(), "row"),
        part.name,
        verb(count, "has", "have"),
        shown(value)
    );
    Some((part.cell_place(row, name), message))
}

fn large(survey: &Survey<'_>, train: &Part<'_>, name: &str, findings: &mut Vec<Finding>) {
    let rows = source_rows(survey, name);
    let total: usize = rows.values().map(Vec::len).sum();
    let Some((group, rows)) = rows.iter().max_by_key(|(_, rows)| rows.len()) else { return };
    if 2 * rows.len() > total {
        let message =
            format!("{} of {total} rows are in one group, `{}`", rows.len(), shown(group));
        findings.push(Finding::warning(Defect::LargeGroup, train.column_place(name), message));
    }
}
