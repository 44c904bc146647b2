//! Whether the models are as sure as they are right.

use crate::number;
use crate::plot::canvas::Figure;
use crate::plot::reliability::{self, Group, Labels};
use crate::spread::Spread;
use crate::summary::{Model, Role, Summary};

/// A reliability diagram for each model that has been measured.
pub(crate) fn figures(summary: &Summary) -> Vec<Figure> {
    let models = Role::ALL.iter().filter_map(|role| summary.model(*role));
    let figures = models.filter_map(|model| {
        let groups: Vec<Group> = model
            .reliability
            .iter()
            .map(|bin| Group {
                low: bin.low,
                high: bin.high,
                confidence: bin.confidence,
                accuracy: bin.accuracy,
                count: bin.count,
            })
            .collect();
        let labels = Labels {
            name: format!("reliability-{}", model.role.key()),
            title: format!("Calibration of the {}", model.role.words()),
            class: model.role.key(),
        };
        reliability::draw(&groups, labels, error(model))
    });
    figures.collect()
}

/// The mean calibration error, which the diagram shows in detail.
fn error(model: &Model) -> String {
    let errors: Vec<f64> = model.runs.iter().map(|run| run.ece).collect();
    match Spread::of(&errors) {
        Some(spread) => format!(
            "Expected calibration error {}, mean over seeds.",
            number::percent(spread.mean, 2)
        ),
        None => String::new(),
    }
}
