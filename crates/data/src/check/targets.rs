//! Labels and numbers to learn: constant ones, and columns that give one away.

use std::collections::BTreeSet;

use super::survey::{Column, Part, Survey, numbers};
use super::{Defect, Finding};
use crate::quote::shown;

/// With fewer rows, a column and a target may agree by chance.
const FEWEST_ROWS: usize = 20;
/// So many rows a value, or the values are too many to speak of a rule.
const ROWS_A_VALUE: usize = 5;
/// A straight line leaves so small a share of the deviation, which the decimals of a file cost.
const ROUNDING: f64 = 1e-5;

pub(super) fn find(survey: &Survey<'_>, findings: &mut Vec<Finding>) {
    let Some(train) = survey.part("train") else { return };
    if survey.corpus.preprocessing.task().is_classes() {
        return;
    }
    for (number, target) in survey.corpus.classes.iter().enumerate() {
        let values: Vec<Option<f64>> =
            (0..train.len()).map(|row| Some(*train.targets(row, survey)?.get(number)?)).collect();
        if is_constant(&values) {
            constant(train, target, &values, findings);
            continue;
        }
        for column in &survey.columns {
            given_away(train, target, column, &values, findings);
        }
    }
}

fn is_constant(values: &[Option<f64>]) -> bool {
    let mut shown = values.iter().flatten();
    let first = shown.next();
    shown.all(|value| Some(value) == first)
}

fn constant(part: &Part<'_>, target: &str, values: &[Option<f64>], findings: &mut Vec<Finding>) {
    let Some(value) = values.iter().flatten().next() else { return };
    let message = format!("the target is {value} in every training row, so it teaches nothing");
    findings.push(Finding::warning(Defect::ConstantTarget, part.column_place(target), message));
}

fn given_away(
    train: &Part<'_>,
    target: &str,
    column: &Column<'_>,
    values: &[Option<f64>],
    findings: &mut Vec<Finding>,
) {
    let Some((defect, how)) = leak(column, values) else { return };
    let (target, name) = (shown(target), shown(column.name));
    let message = format!("{how} `{target}`: if it is not known before, set ignore = [\"{name}\"]");
    let place = train.column_place(column.name);
    findings.push(match defect {
        Defect::TargetCopy => Finding::error(defect, place, message),
        _ => Finding::warning(defect, place, message),
    });
}

fn leak(column: &Column<'_>, values: &[Option<f64>]) -> Option<(Defect, &'static str)> {
    let (of_code, one_value) = by_code(column, values)?;
    let rows = column.codes.iter().zip(values);
    let rows = rows.filter(|(code, value)| code.is_some() && value.is_some()).count();
    let met: Vec<f64> = of_code.into_iter().flatten().collect();
    // The sum takes the sign from `-0`.
    let distinct: BTreeSet<u64> = met.iter().map(|value| (value + 0.0).to_bits()).collect();
    if rows < FEWEST_ROWS || distinct.len() < 2 {
        return None;
    }
    if is_line(column, values) {
        return Some((Defect::TargetCopy, "the column is, up to scale and origin, the target"));
    }
    let one_code = distinct.len() == met.len();
    let few_values = met.len() * ROWS_A_VALUE <= rows;
    match (one_value, one_code) {
        (true, true) if few_values => {
            Some((Defect::TargetCopy, "the column has other names for the target"))
        }
        (true, _) if few_values => {
            Some((Defect::TargetFunction, "all rows of a value have the same target"))
        }
        (true, true) if is_ordered(column, values) => Some((
            Defect::TargetFunction,
            "the column rises, or falls, from row to row as does the target",
        )),
        _ => None,
    }
}

/// The target of each value of a column, and whether it is always the same to the last digit; none as soon
/// as two rows of a value differ by more than what decimals cost, as they do in most columns.
fn by_code(column: &Column<'_>, values: &[Option<f64>]) -> Option<(Vec<Option<f64>>, bool)> {
    let shown = || values.iter().flatten().copied();
    let span = shown().fold(f64::NEG_INFINITY, f64::max) - shown().fold(f64::INFINITY, f64::min);
    let mut of_code = vec![None; column.distinct];
    let mut same = true;
    for (code, value) in column.codes.iter().zip(values) {
        let (Some(code), Some(value)) = (*code, *value) else { continue };
        let known = *of_code.get_mut(code)?.get_or_insert(value);
        if (value - known).abs() > ROUNDING * span {
            return None;
        }
        same &= value == known;
    }
    Some((of_code, same))
}

/// The rows in which both a column of numbers and the target have a value.
fn pairs(column: &Column<'_>, values: &[Option<f64>]) -> Vec<(f64, f64)> {
    if column.is_words {
        return Vec::new();
    }
    let cells = numbers(&column.cells);
    cells.iter().zip(values).filter_map(|(cell, value)| Some(((*cell)?, (*value)?))).collect()
}

/// Whether the target is a straight line of the column.
fn is_line(column: &Column<'_>, values: &[Option<f64>]) -> bool {
    let pairs = pairs(column, values);
    let count = pairs.len().max(1) as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
        pairs.iter().map(|pair| of(pair.0 - x, pair.1 - y)).sum()
    };
    let (across, along, both) = (sum(&|x, _| x * x), sum(&|_, y| y * y), sum(&|x, y| x * y));
    let slope = both / across;
    let left = sum(&|x, y| (y - slope * x).powi(2));
    across > 0.0 && along > 0.0 && left.sqrt() <= ROUNDING * along.sqrt()
}

/// Whether the order of the column is that of the target, or its reverse.
fn is_ordered(column: &Column<'_>, values: &[Option<f64>]) -> bool {
    let mut pairs = pairs(column, values);
    pairs.sort_by(|left, right| left.0.total_cmp(&right.0));
    let steps = || pairs.windows(2).filter_map(|pair| Some(pair.last()?.1 - pair.first()?.1));
    !pairs.is_empty() && (steps().all(|step| step >= 0.0) || steps().all(|step| step <= 0.0))
}
