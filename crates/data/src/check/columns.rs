//! Columns that say nothing, name rows, or say the same as another.

use std::collections::BTreeMap;
use words::noun;

use super::scaled::Scaled;
use super::survey::{Column, Part, Survey, numbers};
use super::words::is_numbers_but_for_some;
use super::{Defect, Finding};
use crate::quote::shown;

/// The share of one value from which a column is nearly constant, and the rows that it takes.
const NEAR_CONSTANT: f64 = 0.99;
const ROWS_FOR_NEAR: usize = 100;
/// With fewer rows, different values in all of them are no surprise.
const ROWS_FOR_IDS: usize = 20;

pub(super) fn find(survey: &Survey<'_>, findings: &mut Vec<Finding>) {
    let Some(train) = survey.part("train") else { return };
    let named = |columns: Vec<&Column<'_>>| {
        columns.iter().map(|column| format!("`{}`", shown(column.name))).collect::<Vec<_>>()
    };
    let constant = survey.columns.iter().filter(|column| is_constant(column)).collect();
    let rare = survey.columns.iter().filter(|column| is_all_rare(survey, column)).collect();
    let near = survey.columns.iter().filter(|column| is_near_constant(column)).collect();
    for (defect, names, message) in [
        (Defect::ConstantColumn, named(constant), "the same value in every training row"),
        (
            Defect::ConstantColumn,
            named(rare),
            "every word is in fewer training rows than `rare`, so that all count as one",
        ),
        (Defect::NearConstantColumn, named(near), "the same value in 99 % of the training rows"),
    ] {
        if !names.is_empty() {
            let place = format!("{}, column {}", train.file(), names.join(", "));
            findings.push(Finding::warning(defect, place, message.into()));
        }
    }
    for column in &survey.columns {
        ids(train, column, findings);
        unnamed(train, column, findings);
    }
    equal(survey, train, findings);
}

fn is_constant(column: &Column<'_>) -> bool {
    let missing = column.codes.iter().any(Option::is_none);
    column.distinct + usize::from(missing) <= 1
}

/// Whether the words of a column are different, and none of them a level of its own.
fn is_all_rare(survey: &Survey<'_>, column: &Column<'_>) -> bool {
    let fewest = survey.options.rare.unwrap_or_default();
    let rows = |cell: &&str| column.rows_with(Some(cell));
    let complete = column.cells.iter().all(Option::is_some);
    column.is_words
        && complete
        && !is_constant(column)
        && column.cells.iter().flatten().all(|cell| rows(cell) < fewest)
}

fn is_near_constant(column: &Column<'_>) -> bool {
    let mut counts: BTreeMap<Option<usize>, usize> = BTreeMap::new();
    column.codes.iter().for_each(|code| *counts.entry(*code).or_default() += 1);
    let most = counts.values().max().copied().unwrap_or_default();
    let rows = column.codes.len();
    !is_constant(column) && rows >= ROWS_FOR_NEAR && most as f64 >= NEAR_CONSTANT * rows as f64
}

/// What a column holds that names rows: another one in each; none where it does not, or where words are
/// a mistake among numbers.
pub(super) fn names_rows(column: &Column<'_>) -> Option<&'static str> {
    let rows = column.cells.len();
    if rows < ROWS_FOR_IDS || column.distinct < rows || is_numbers_but_for_some(column) {
        return None;
    }
    match column.is_words {
        true => Some("another word"),
        false => in_sequence(&numbers(&column.cells)).then_some("another integer, in sequence,"),
    }
}

fn ids(train: &Part<'_>, column: &Column<'_>, findings: &mut Vec<Finding>) {
    let Some(what) = names_rows(column) else { return };
    let rows = column.cells.len();
    let name = shown(column.name);
    let message = format!(
        "{what} in each of {rows} training {}: what names rows teaches nothing; set id = \
         \"{name}\" or ignore = [\"{name}\"]",
        noun(rows, "row")
    );
    findings.push(Finding::warning(Defect::IdLikeColumn, train.column_place(column.name), message));
}

/// Whether different whole numbers rise or fall from row to row, or fill half of their range.
fn in_sequence(numbers: &[Option<f64>]) -> bool {
    let numbers: Vec<f64> = numbers.iter().flatten().copied().collect();
    let steps = || numbers.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?));
    let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let most = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let whole = numbers.iter().all(|number| number.fract() == 0.0);
    let sorted = steps().all(|step| step > 0.0) || steps().all(|step| step < 0.0);
    whole && (sorted || most - least < 2.0 * numbers.len() as f64)
}

fn unnamed(train: &Part<'_>, column: &Column<'_>, findings: &mut Vec<Finding>) {
    if !column.name.is_empty() && !column.name.starts_with("Unnamed:") {
        return;
    }
    let position = train.column(column.name).map_or(0, |(_, position)| position + 1);
    let place = format!("{}:1, column {position}", train.file());
    let message = format!(
        "the column has no name, as row numbers do that a program wrote; if it is none, name it, \
         else set ignore = [\"{}\"]",
        shown(column.name)
    );
    findings.push(Finding::warning(Defect::UnnamedColumn, place, message));
}

fn equal(survey: &Survey<'_>, train: &Part<'_>, findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<[u8; 32], &str> = BTreeMap::new();
    let mut lines: Vec<(&str, Scaled)> = Vec::new();
    for column in survey.columns.iter().filter(|column| column.distinct > 1) {
        let same =
            |other| format!("says the same as column `{}` in every training row", shown(other));
        let message = match seen.get(&content(column)) {
            Some(other) => Some(same(other)),
            None => {
                seen.insert(content(column), column.name);
                // Where there are few values, names of values are all that scales change.
                Scaled::of(column).and_then(|scaled| {
                    let mut others = lines.iter();
                    let found = others.find_map(|(other, of)| Some((*other, scaled.line_of(of)?)));
                    if found.is_none() {
                        lines.push((column.name, scaled));
                    }
                    found.map(|(other, line)| format!("{}, {line}", same(other)))
                })
            }
        };
        if let Some(message) = message {
            let place = train.column_place(column.name);
            findings.push(Finding::warning(Defect::EqualColumns, place, message));
        }
    }
}

/// Equal for columns that are equal up to the names of their values. Where most values are
/// different, the names count, for else all such columns would be equal.
fn content(column: &Column<'_>) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    let few = 2 * column.distinct <= column.codes.len();
    for (cell, code) in column.cells.iter().zip(&column.codes) {
        let number = cell.and_then(|cell| cell.parse::<f64>().ok());
        match (few, number) {
            (true, _) => hasher.update(format!("{code:?}").as_bytes()),
            (false, Some(number)) => hasher.update(&number.to_le_bytes()),
            (false, None) => hasher.update(format!("{cell:?}").as_bytes()),
        };
    }
    hasher.finalize().into()
}
