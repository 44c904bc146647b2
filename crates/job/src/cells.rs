//! Answers and truths as cells of a table.

use data::BETWEEN_LABELS;
use eval::{Answers, Truth};

/// One cell for each sample: the class, the labels that apply, or the numbers.
pub(crate) fn answers_in_cells(answers: &Answers, names: &[String]) -> Vec<String> {
    match answers {
        Answers::Classes(said) => {
            said.most_probable().iter().map(|class| name(names, *class)).collect()
        }
        Answers::Labels(said) => labels(&said.applies(), names),
        Answers::Numbers(said) => said.rows().map(numbers).collect(),
    }
}

/// As [`answers_in_cells`].
pub(crate) fn truth_in_cells(truth: &Truth, names: &[String]) -> Vec<String> {
    match truth {
        Truth::Classes(classes) => {
            classes.iter().map(|class| name(names, *class as usize)).collect()
        }
        Truth::Labels(applies) => labels(applies, names),
        Truth::Teacher(said) => {
            said.most_probable().iter().map(|class| name(names, *class)).collect()
        }
        Truth::Numbers(values) => values.chunks_exact(names.len().max(1)).map(numbers).collect(),
    }
}

fn name(names: &[String], class: usize) -> String {
    names.get(class).cloned().unwrap_or_default()
}

fn labels(applies: &[bool], names: &[String]) -> Vec<String> {
    let row = |row: &[bool]| {
        let named = row.iter().zip(names).filter(|(applies, _)| **applies);
        named
            .map(|(_, name)| name.as_str())
            .collect::<Vec<&str>>()
            .join(&BETWEEN_LABELS.to_string())
    };
    applies.chunks_exact(names.len().max(1)).map(row).collect()
}

fn numbers(row: &[f64]) -> String {
    row.iter().copied().map(number).collect::<Vec<String>>().join(&BETWEEN_LABELS.to_string())
}

/// Six significant digits: networks and their targets have single precision.
pub(crate) fn number(value: f64) -> String {
    format!("{value:.5e}").parse::<f64>().unwrap_or(value).to_string()
}
