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
        Answers::Numbers(said) => said.rows().map(|row| numbers(row, said.deviations())).collect(),
    }
}

/// As [`answers_in_cells`]; `deviations` are those of numbers in training.
pub(crate) fn truth_in_cells(truth: &Truth, names: &[String], deviations: &[f64]) -> Vec<String> {
    match truth {
        Truth::Classes(classes) => {
            classes.iter().map(|class| name(names, *class as usize)).collect()
        }
        Truth::Labels(applies) => labels(applies, names),
        Truth::Teacher(said) => {
            said.most_probable().iter().map(|class| name(names, *class)).collect()
        }
        Truth::Numbers(values) => {
            let rows = values.chunks_exact(names.len().max(1));
            rows.map(|row| numbers(row, deviations)).collect()
        }
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

fn numbers(row: &[f64], deviations: &[f64]) -> String {
    let cells = row.iter().zip(deviations).map(|(value, deviation)| number(*value, *deviation));
    cells.collect::<Vec<String>>().join(&BETWEEN_LABELS.to_string())
}

/// The deviations of numbers in training; none of other answers.
pub(crate) fn deviations(answers: &Answers) -> &[f64] {
    match answers {
        Answers::Numbers(said) => said.deviations(),
        Answers::Classes(_) | Answers::Labels(_) => &[],
    }
}

/// Digits down to a hundred-thousandth of the deviation in training, or to whole numbers: networks and their targets have single
/// precision in units of it.
pub(crate) fn number(value: f64, deviation: f64) -> String {
    let decimals = (5.0 - deviation.log10().floor()).clamp(0.0, 300.0) as usize;
    let text = format!("{value:.decimals$}");
    let text = match decimals {
        0 => &text,
        _ => text.trim_end_matches('0').trim_end_matches('.'),
    };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_that_their_deviation_leaves() {
        assert_eq!(number(1_000_000_001.43, 250.0), "1000000001.43");
        assert_eq!(number(1_234_567.0, 4e5), "1234567");
        assert_eq!(number(0.000_001_696_73, 14.0), "0");
        assert_eq!(number(-0.000_001, 14.0), "0");
        assert_eq!(number(0.999_998, 14.0), "1");
        assert_eq!(number(-12.5, 1.0), "-12.5");
        assert_eq!(number(3.25e-9, 1e-9), "0.00000000325");
        assert_eq!(number(100.0, 20.0), "100");
        assert_eq!(number(1200.0, 1e9), "1200");
    }
}
