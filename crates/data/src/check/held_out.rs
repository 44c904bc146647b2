//! Rows outside of training that are unlike those in it.

use std::collections::BTreeMap;
use words::{counted, verb};

use super::classes::counts;
use super::survey::{Column, Part, Survey, numbers};
use super::{Defect, Finding};
use crate::quote::shown;

/// The difference of two shares that is worth telling.
const DIFFERENCE: f64 = 0.2;
/// The difference of two empirical shares exceeds `2.2 sqrt((n + m) / (n m))` once in 8,000 cases
/// where there is none (Smirnov's limit, `2 exp(-2 * 2.2^2)`).
const CHANCE: f64 = 2.2;

pub(super) fn find(survey: &Survey<'_>, findings: &mut Vec<Finding>) {
    let Some(train) = survey.part("train") else { return };
    for part in survey.parts.iter().filter(|part| part.name != "train") {
        unseen(survey, part, findings);
        extra(train, part, findings);
    }
    let Some(test) = survey.part("test") else { return };
    for column in &survey.columns {
        shifted(survey, column, test, findings);
    }
    if survey.corpus.preprocessing.task().is_classes() {
        shifted_classes(survey, train, test, findings);
    }
}

/// Words that no training row has; rare ones are known, though they have no level of their own.
fn unseen(survey: &Survey<'_>, part: &Part<'_>, findings: &mut Vec<Finding>) {
    for column in survey.columns.iter().filter(|column| column.is_words) {
        let cells = survey.cells(part, column.name);
        let is_new = |cell: &Option<&str>| cell.is_some() && column.rows_with(*cell) == 0;
        let Some(first) = cells.iter().position(is_new) else { continue };
        let word = cells.get(first).copied().flatten().unwrap_or_default();
        let new = cells.iter().filter(|cell| is_new(cell)).count();
        let message = format!(
            "{new} of {} of {} {} a word that no training row has, this one `{}`",
            counted(cells.len(), "cell"),
            part.name,
            verb(new, "holds", "hold"),
            shown(word)
        );
        let place = part.cell_place(first, column.name);
        findings.push(Finding::warning(Defect::UnseenWords, place, message));
    }
}

fn extra(train: &Part<'_>, part: &Part<'_>, findings: &mut Vec<Finding>) {
    for name in part.header().iter().filter(|name| train.column(name).is_none()) {
        let message = format!("{} has no such column, so it is not used", train.file());
        findings.push(Finding::warning(Defect::ExtraColumn, part.column_place(name), message));
    }
}

fn shifted(survey: &Survey<'_>, column: &Column<'_>, test: &Part<'_>, findings: &mut Vec<Finding>) {
    let cells = survey.cells(test, column.name);
    let (difference, sizes) = if column.is_words {
        let words = |cells: &[Option<&str>]| -> Vec<String> {
            cells.iter().flatten().map(|cell| (*cell).to_owned()).collect()
        };
        largest_difference(words(&column.cells), words(&cells), false)
    } else {
        let keys = |cells: &[Option<&str>]| -> Vec<u64> {
            numbers(cells).into_iter().flatten().map(ascending).collect()
        };
        largest_difference(keys(&column.cells), keys(&cells), true)
    };
    if is_large(difference, sizes) {
        let what = if column.is_words { "the share of a word" } else { "the share below a number" };
        let message = format!(
            "{what} differs by {difference:.2} between test and training, expected at most \
             {DIFFERENCE}: is test drawn from the same rows?"
        );
        let place = test.column_place(column.name);
        findings.push(Finding::warning(Defect::ShiftedColumn, place, message));
    }
}

fn shifted_classes(
    survey: &Survey<'_>,
    train: &Part<'_>,
    test: &Part<'_>,
    findings: &mut Vec<Finding>,
) {
    let classes = &survey.corpus.classes;
    let [ours, theirs] = [train, test].map(|part| counts(part, classes.len()));
    let sizes = [&ours, &theirs].map(|counts| counts.iter().sum::<usize>() as f64);
    let share = |count: usize, size: f64| count as f64 / size.max(1.0);
    let differences =
        classes.iter().zip(ours.iter().zip(&theirs)).map(|(class, (ours, theirs))| {
            ((share(*ours, sizes[0]) - share(*theirs, sizes[1])).abs(), class)
        });
    let Some((difference, class)) = differences.max_by(|left, right| left.0.total_cmp(&right.0))
    else {
        return;
    };
    if is_large(difference, sizes) {
        let place = format!("{}, class `{}`", test.file(), shown(class));
        let message = format!(
            "the share of the class differs by {difference:.2} between test and training, expected \
             at most {DIFFERENCE}"
        );
        findings.push(Finding::warning(Defect::ShiftedClasses, place, message));
    }
}

fn is_large(difference: f64, [train, test]: [f64; 2]) -> bool {
    let chance = CHANCE * ((train + test) / (train * test)).sqrt();
    train > 0.0 && test > 0.0 && difference > DIFFERENCE.max(chance)
}

/// The largest difference of the shares of a value, or of all values up to one where `summed`
/// (the statistic of Kolmogorov and Smirnov), and the two sizes.
fn largest_difference<T: Ord>(train: Vec<T>, test: Vec<T>, summed: bool) -> (f64, [f64; 2]) {
    let sizes = [train.len() as f64, test.len() as f64];
    let mut shares: BTreeMap<T, f64> = BTreeMap::new();
    train.into_iter().for_each(|value| *shares.entry(value).or_default() += 1.0 / sizes[0]);
    test.into_iter().for_each(|value| *shares.entry(value).or_default() -= 1.0 / sizes[1]);
    let mut sum = 0.0;
    let largest = shares.values().fold(0.0_f64, |largest, share| {
        sum = if summed { sum + share } else { *share };
        largest.max(sum.abs())
    });
    (largest, sizes)
}

/// Bits in the order of the numbers.
fn ascending(number: f64) -> u64 {
    let bits = (number + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}
