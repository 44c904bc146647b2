//! Weights of rows that leave little to learn from.

use words::counted;

use super::survey::Survey;
use super::{Defect, Finding};

/// The share of the labelled rows that weighted ones are worth, below which it is told.
const LEAST: f64 = 0.1;

pub(super) fn find(survey: &Survey<'_>, findings: &mut Vec<Finding>) {
    let (Some(name), Some(train)) = (&survey.options.weight, survey.part("train")) else { return };
    let weights = &survey.corpus.weights;
    let labels = &survey.corpus.train.labels;
    let of_labels = weights.iter().zip(labels).filter(|(_, label)| label.is_some());
    let of_labels: Vec<f64> = of_labels.map(|(weight, _)| f64::from(*weight)).collect();
    // The effective size of a weighted sample (L. Kish, Survey Sampling, 1965).
    let squares: f64 = of_labels.iter().map(|weight| weight * weight).sum();
    let worth = of_labels.iter().sum::<f64>().powi(2) / squares;
    if worth >= LEAST * of_labels.len() as f64 {
        return;
    }
    let heaviest = (0..train.len()).max_by(|&one, &other| {
        let weight = |row| weights.get(row).copied().unwrap_or_default();
        weight(one).total_cmp(&weight(other)).then(other.cmp(&one))
    });
    let place = train.cell_place(heaviest.unwrap_or_default(), name);
    let message = format!(
        "the weights of {} make them worth {worth:.0} equal ones; this row has the \
         largest",
        counted(of_labels.len(), "labelled row")
    );
    findings.push(Finding::warning(Defect::UnevenWeights, place, message));
}
