//! Columns of words that are no words: numbers with signs, dates, one word in several spellings.

use std::collections::BTreeMap;
use words::verb;

use super::missing::means_missing;
use super::survey::{Column, Part, Survey};
use super::{Defect, Finding};
use crate::quote::shown;

/// The share of numbers from which words are a surprise.
const MIXED: f64 = 0.1;
/// The share of the cells that are no numbers which must look like one, or like a date; or of all cells that
/// must be numbers for the others to be mistakes.
const MOST: f64 = 0.9;
/// So many words are needed to say that most of them are rare.
const MANY_LEVELS: usize = 10;

pub(super) fn find(survey: &Survey<'_>, findings: &mut Vec<Finding>) {
    let Some(train) = survey.part("train") else { return };
    for column in survey.columns.iter().filter(|column| column.is_words) {
        let named = survey.options.categorical.iter().any(|name| name == column.name);
        // What its file calls text is no number that went wrong.
        let is_text = train
            .column(column.name)
            .is_some_and(|(table, _)| table.heading.texts.contains(column.name));
        if !named && !is_text {
            kinds(train, column, findings);
        }
        spellings(train, column, findings);
        if !is_numbers_but_for_some(column) {
            single_levels(train, column, findings);
        }
    }
}

/// Whether nearly all cells that are no numbers are dates.
pub(super) fn are_dates(column: &Column<'_>) -> bool {
    let cells = column.cells.iter().flatten();
    let words =
        || cells.clone().filter(|cell| !means_missing(cell) && cell.parse::<f64>().is_err());
    let dates = words().filter(|cell| is_date(cell)).count();
    dates > 0 && dates as f64 >= MOST * words().count() as f64
}

/// Whether a column counts as words only for some cells, nearly all others being numbers.
pub(super) fn is_numbers_but_for_some(column: &Column<'_>) -> bool {
    let cells = || column.cells.iter().flatten();
    let numbers = cells().filter(|cell| cell.parse::<f64>().is_ok()).count();
    let values = cells().filter(|cell| !means_missing(cell)).count();
    column.is_words
        && numbers < cells().count()
        && numbers as f64 >= MOST * values as f64
        && numbers > 0
}

fn kinds(train: &Part<'_>, column: &Column<'_>, findings: &mut Vec<Finding>) {
    let words = || {
        let cells = column.cells.iter().enumerate();
        cells
            .filter_map(|(row, cell)| Some((row, (*cell)?)))
            .filter(|(_, cell)| !means_missing(cell))
    };
    let is_number = |cell: &str| cell.parse::<f64>().is_ok();
    let others = || words().filter(|(_, cell)| !is_number(cell));
    let [all, other] = [words().count() as f64, others().count() as f64];
    let share =
        |test: fn(&str) -> bool| others().filter(|(_, cell)| test(cell)).count() as f64 / other;
    let Some((row, cell)) = others().next() else { return };
    let (defect, message) = if are_dates(column) {
        let message = "is a date, and each date counts as a word of its own: replace it by numbers, such as \
                       the days since a day, or the month";
        (Defect::DateLikeWords, message)
    } else if share(is_number_with_signs) >= MOST {
        let message =
            "is a number but for its signs, and each counts as a word of its own: remove them";
        (Defect::NumberLikeWords, message)
    } else if all - other >= MIXED * all {
        let message = "is no number, and so all numbers of the column count as words: correct the cell, or \
                       name the column in `categorical`";
        (Defect::MixedColumn, message)
    } else {
        return;
    };
    let place = train.cell_place(row, column.name);
    findings.push(Finding::warning(defect, place, format!("`{}` {message}", shown(cell))));
}

fn is_number_with_signs(cell: &str) -> bool {
    let plain: String = cell.chars().filter(|sign| !",_'%$€£ ".contains(*sign)).collect();
    plain.parse::<f64>().is_ok_and(f64::is_finite)
}

/// The months by name; three letters of it are enough.
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Three numbers with hyphens, slashes or points between, or two and the name of a month, perhaps a time
/// behind them.
fn is_date(cell: &str) -> bool {
    is_date_of_numbers(cell) || is_date_with_month(cell)
}

fn is_date_with_month(cell: &str) -> bool {
    let fields = cell.split([' ', ',', '-', '/', '.']).filter(|field| !field.is_empty()).take(3);
    let is_month = |field: &&str| {
        let field = field.to_lowercase();
        MONTHS.iter().any(|month| *month == field || month.get(..3) == Some(field.as_str()))
    };
    let (months, numbers): (Vec<&str>, Vec<&str>) = fields.partition(is_month);
    let is_number = |field: &&str| field.parse::<u16>().is_ok() && matches!(field.len(), 1 | 2 | 4);
    months.len() == 1 && numbers.len() == 2 && numbers.iter().all(is_number)
}

fn is_date_of_numbers(cell: &str) -> bool {
    let day = cell.split(['T', ' ']).next().unwrap_or_default();
    let fields: Vec<&str> = day.split(['-', '/', '.']).collect();
    let digits = |field: &&str| field.bytes().all(|byte| byte.is_ascii_digit());
    let lengths: Vec<usize> = fields.iter().map(|field| field.len()).collect();
    let fits = matches!(lengths[..], [4, 1..=2, 1..=2] | [1..=2, 1..=2, 2 | 4]);
    fits && fields.iter().all(digits)
}

/// A word without case, spaces, hyphens and underscores. What stands before a digit and not behind a
/// letter is a minus, or a range, and stays.
pub(super) fn plain(word: &str) -> String {
    let mut plain = String::with_capacity(word.len());
    let mut signs = word.chars().peekable();
    let mut before = ' ';
    while let Some(sign) = signs.next() {
        let number = signs.peek().is_some_and(|next| next.is_ascii_digit() || *next == '.');
        let is_minus = sign == '-' && number && !before.is_alphabetic();
        if is_minus || !(sign.is_whitespace() || "-_".contains(sign)) {
            plain.extend(sign.to_lowercase());
        }
        before = sign;
    }
    plain
}

fn spellings(train: &Part<'_>, column: &Column<'_>, findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for (row, cell) in column.cells.iter().enumerate() {
        let Some(cell) = cell else { continue };
        let first = *seen.entry(plain(cell)).or_insert(cell);
        if first != *cell {
            let message = format!(
                "`{}` and `{}` differ in case, spaces or hyphens alone and count as two words",
                shown(cell),
                shown(first)
            );
            let place = train.cell_place(row, column.name);
            findings.push(Finding::warning(Defect::SpellingVariants, place, message));
            return;
        }
    }
}

fn single_levels(train: &Part<'_>, column: &Column<'_>, findings: &mut Vec<Finding>) {
    let mut counts = vec![0_usize; column.distinct];
    for code in column.codes.iter().flatten() {
        if let Some(count) = counts.get_mut(*code) {
            *count += 1;
        }
    }
    let single = counts.iter().filter(|&&count| count == 1).count();
    let is_id = column.distinct == column.codes.len();
    if column.distinct >= MANY_LEVELS && 2 * single > column.distinct && !is_id {
        let message = format!(
            "{single} of {} words {} in one training row each, from which nothing can be \
             learned: set `rare`, for example rare = 5",
            column.distinct,
            verb(single, "stands", "stand")
        );
        let place = train.column_place(column.name);
        findings.push(Finding::warning(Defect::SingleLevels, place, message));
    }
}
