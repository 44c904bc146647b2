//! Cells without a value, those that the options name and those that they may have meant to name.

use std::collections::BTreeMap;
use words::verb;

use super::survey::{Column, Part, Survey, numbers};
use super::{Defect, Finding};
use crate::preprocessing::cells::CellCount;
use crate::quote::shown;

/// A column with a larger share of missing training cells says little.
const MANY: f64 = 0.5;
/// Words that usually mean that there is no value, in lower case.
const WORDS: [&str; 13] =
    ["?", "-", "--", ".", "na", "n/a", "#n/a", "nan", "nil", "none", "null", "unknown", "missing"];
/// Numbers that usually mean it.
const CODES: [f64; 10] =
    [-9.0, -99.0, -999.0, -9999.0, -99999.0, 99.0, 999.0, 9999.0, 99999.0, 999999.0];
/// How often such a number occurs, and how many ranges it is away from the others.
const CODE_ROWS: usize = 3;
const CODE_DISTANCE: f64 = 3.0;

pub(super) fn find(survey: &Survey<'_>, findings: &mut Vec<Finding>) {
    let Some(train) = survey.part("train") else { return };
    counted(survey, findings);
    for column in &survey.columns {
        if column.is_words {
            words(train, column, findings);
        } else if let Some((code, rows, first)) = code(column) {
            let place = train.cell_place(first, column.name);
            let message = format!(
                "{} {} {code}, far from all others: if it means a missing \
                 value, set missing = [\"{code}\"]",
                words::counted(rows, "training cell"),
                verb(rows, "holds", "hold")
            );
            findings.push(Finding::warning(Defect::MissingCode, place, message));
        }
    }
}

/// What was filled in, by file and column.
fn counted(survey: &Survey<'_>, findings: &mut Vec<Finding>) {
    let counts_of = |part: &Part<'_>| survey.corpus.cells.get(part.name).into_iter().flatten();
    let mut files: BTreeMap<(String, &str), Vec<(&Part<'_>, &CellCount)>> = BTreeMap::new();
    for part in &survey.parts {
        for count in counts_of(part).filter(|count| count.missing > 0) {
            files.entry((part.file(), &count.column)).or_default().push((part, count));
        }
    }
    for ((file, column), counts) in &files {
        let missing: usize = counts.iter().map(|(_, count)| count.missing).sum();
        let in_file = survey.parts.iter().filter(|part| part.file() == *file);
        let rows: usize = in_file.map(Part::len).sum();
        let places = counts.iter().filter_map(|(_, count)| count.first_missing.as_ref());
        let Some((first, filling)) = places.min().zip(counts.first()) else { continue };
        let file = first.file.as_ref().map_or(file.clone(), |file| file.display().to_string());
        let place = format!("{file}:{}, column `{}`", first.number, shown(column));
        let filling = &filling.1.filling;
        let message = format!(
            "{missing} of {} {} missing and {} as {filling}",
            words::counted(rows, "cell"),
            verb(missing, "is", "are"),
            verb(missing, "counts", "count")
        );
        let in_training = survey.part("train").into_iter().flat_map(counts_of);
        let in_training =
            in_training.filter(|count| count.column == *column).find(|count| count.missing > 0);
        findings.push(match in_training {
            None => {
                let message = format!("{message}; in training none is missing");
                Finding::warning(Defect::NewMissing, place, message)
            }
            Some(count) if count.missing as f64 > MANY * count.rows as f64 => {
                Finding::warning(Defect::ManyMissing, place, message)
            }
            Some(_) => Finding::note(Defect::MissingCells, place, message),
        });
    }
}

/// Whether a word usually means that there is no value.
pub(super) fn means_missing(word: &str) -> bool {
    WORDS.contains(&word.to_lowercase().as_str())
}

/// Whether a column has numbers and, beside them, only such words.
fn is_numbers_but_for_missing(column: &Column<'_>) -> bool {
    let mut others = column.cells.iter().flatten().filter(|cell| !means_missing(cell)).peekable();
    others.peek().is_some() && others.all(|cell| cell.parse::<f64>().is_ok())
}

/// The first word for a missing value that makes words of a column of numbers.
pub(super) fn word_among_numbers<'a>(column: &Column<'a>) -> Option<&'a str> {
    let is_words = column.is_words && is_numbers_but_for_missing(column);
    column.cells.iter().flatten().copied().find(|cell| is_words && means_missing(cell))
}

fn words(train: &Part<'_>, column: &Column<'_>, findings: &mut Vec<Finding>) {
    let mut suspected = column
        .cells
        .iter()
        .enumerate()
        .filter_map(|(row, cell)| Some((row, cell.filter(|cell| means_missing(cell))?)));
    let Some((first, word)) = suspected.next() else { return };
    let rows = 1 + suspected.count();
    let place = train.cell_place(first, column.name);
    let advice = format!("if it means a missing value, set missing = [\"{}\"]", shown(word));
    let message = format!(
        "{} {} words such as `{}`: {advice}",
        words::counted(rows, "training cell"),
        verb(rows, "holds", "hold"),
        shown(word)
    );
    findings.push(if is_numbers_but_for_missing(column) {
        let message = format!("{message}; all others are numbers and count as words now");
        Finding::warning(Defect::MissingWord, place, message)
    } else {
        Finding::note(Defect::MissingWord, place, message)
    });
}

/// A number at an end of the column that may mean a missing value, how often it occurs and where
/// first.
pub(super) fn code(column: &Column<'_>) -> Option<(f64, usize, usize)> {
    let cells = numbers(&column.cells);
    let mut sorted: Vec<f64> = cells.iter().flatten().copied().collect();
    sorted.sort_by(f64::total_cmp);
    let ends = [*sorted.first()?, *sorted.last()?];
    ends.into_iter().filter(|end| CODES.contains(end)).find_map(|end| {
        let rows = sorted.iter().filter(|&&number| number == end).count();
        let others: Vec<f64> = sorted.iter().copied().filter(|&number| number != end).collect();
        let (least, most) = (*others.first()?, *others.last()?);
        let distance = (least - end).max(end - most);
        let first = cells.iter().position(|number| *number == Some(end))?;
        let far = distance > CODE_DISTANCE * (most - least);
        (rows >= CODE_ROWS && far).then_some((end, rows, first))
    })
}
