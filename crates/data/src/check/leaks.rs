//! Columns that give the label away: it will not be there when the model is used.

use std::collections::{BTreeMap, BTreeSet};

use super::survey::{Column, Survey, numbers};
use super::{Defect, Finding};
use crate::quote::shown;

/// With fewer rows, a column and the label may agree by chance.
const FEWEST_ROWS: usize = 20;
/// So many rows a value, or the values are too many to speak of a rule.
const ROWS_A_VALUE: usize = 5;

/// The share of rows whose class a column tells, but for one standard error of it, that is hardly honest;
/// with fewer rows a good column may reach it.
const NEARLY: f64 = 0.99;
const ROWS_FOR_NEARLY: usize = 200;
/// What is left must be so few times the rows that the largest class leaves, if all were said to be of it.
const FEWER_ERRORS: f64 = 0.1;

pub(super) fn find(survey: &Survey<'_>, findings: &mut Vec<Finding>) {
    let Some(train) = survey.part("train") else { return };
    if !survey.corpus.preprocessing.task().is_classes() {
        return;
    }
    let labels = &train.piece.labels;
    for column in &survey.columns {
        let exact = leak(column, labels).map(|(defect, message)| (defect, message.to_owned()));
        let Some((defect, message)) = exact.or_else(|| nearly(column, labels)) else { continue };
        let place = train.column_place(column.name);
        let name = shown(column.name);
        let message =
            format!("{message}: if it is not known before the label, set ignore = [\"{name}\"]");
        findings.push(match defect {
            Defect::LabelCopy => Finding::error(defect, place, message),
            _ => Finding::warning(defect, place, message),
        });
    }
}

fn leak(column: &Column<'_>, labels: &[Option<u32>]) -> Option<(Defect, &'static str)> {
    let mut classes: BTreeMap<usize, BTreeSet<u32>> = BTreeMap::new();
    let mut values: BTreeMap<u32, BTreeSet<usize>> = BTreeMap::new();
    let mut rows = 0;
    for (code, label) in column.codes.iter().zip(labels) {
        let (Some(code), Some(label)) = (code, label) else { continue };
        classes.entry(*code).or_default().insert(*label);
        values.entry(*label).or_default().insert(*code);
        rows += 1;
    }
    if rows < FEWEST_ROWS || values.len() < 2 || classes.len() < 2 {
        return None;
    }
    let one_class = classes.values().all(|classes| classes.len() == 1);
    let one_value = values.values().all(|values| values.len() == 1);
    let few_values = classes.len() * ROWS_A_VALUE <= rows;
    match (one_class, one_value) {
        (true, true) => Some((Defect::LabelCopy, "the column is the label under other names")),
        (false, true) => Some((Defect::LabelFunction, "all rows of a class have the same value")),
        (true, false) if few_values => {
            Some((Defect::LabelDetermined, "all rows of a value have the same class"))
        }
        (true, false) if !column.is_words && is_ordered(column, labels, values.len()) => {
            Some((Defect::LabelThreshold, "the classes are ranges of this column, without overlap"))
        }
        _ => None,
    }
}

/// Whether the values of a column tell the class of nearly all rows, a missing one like any other.
fn nearly(column: &Column<'_>, labels: &[Option<u32>]) -> Option<(Defect, String)> {
    let mut of_value: BTreeMap<(Option<usize>, u32), usize> = BTreeMap::new();
    let mut of_class: BTreeMap<u32, usize> = BTreeMap::new();
    for (code, label) in column.codes.iter().zip(labels) {
        let Some(label) = *label else { continue };
        *of_value.entry((*code, label)).or_default() += 1;
        *of_class.entry(label).or_default() += 1;
    }
    let rows: usize = of_class.values().sum();
    if rows < ROWS_FOR_NEARLY || column.distinct * ROWS_A_VALUE > rows {
        return None;
    }
    let mut most: BTreeMap<Option<usize>, usize> = BTreeMap::new();
    for ((code, _), count) in of_value {
        let most = most.entry(code).or_default();
        *most = count.max(*most);
    }
    let share = |count: usize| count as f64 / rows as f64;
    let told = share(most.values().sum());
    let largest = share(of_class.values().copied().max().unwrap_or_default());
    let chance = (NEARLY * (1.0 - NEARLY) / rows as f64).sqrt();
    let is_nearly = told >= NEARLY - chance && 1.0 - told <= FEWER_ERRORS * (1.0 - largest);
    let message = || {
        format!(
            "the column alone tells the class of {:.1} % of the rows, and the largest class has {:.1} %",
            100.0 * told,
            100.0 * largest
        )
    };
    is_nearly.then(|| (Defect::LabelNearCopy, message()))
}

/// Whether the class changes only as often as there are other classes, in the order of the column.
fn is_ordered(column: &Column<'_>, labels: &[Option<u32>], classes: usize) -> bool {
    let numbers = numbers(&column.cells);
    let pairs =
        numbers.iter().zip(labels).filter_map(|(number, label)| Some(((*number)?, (*label)?)));
    let mut pairs: Vec<(f64, u32)> = pairs.collect();
    pairs.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.cmp(&right.1)));
    let changed =
        |pair: &&[(f64, u32)]| pair.first().map(|end| end.1) != pair.last().map(|end| end.1);
    pairs.windows(2).filter(changed).count() + 1 == classes
}
