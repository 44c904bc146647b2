//! Calibration before and after temperature scaling.

use crate::number::{self, NOT_AVAILABLE};
use crate::spread::Spread;
use crate::summary::{Model, SeedRun, Summary};
use crate::table::{Cell, Table};

/// The table; nothing where no temperature was found.
pub(super) fn table(summary: &Summary) -> String {
    let models = summary.in_order();
    if models.iter().all(|model| model.runs.iter().all(|run| run.scaled.is_none())) {
        return String::new();
    }
    let caption = "Temperature scaling (Guo et al. 2017): logits are divided by one number, found for each model on the \
                   validation split, and judged on the test split. The choices of a model stay as they are.";
    let head = ["Model", "Temperature", "NLL", "scaled", "Calibration error", "scaled"];
    let mut cells = head.map(Cell::number).into_iter();
    let first = cells.next().map(|_| Cell::words("Model"));
    let mut table = Table::new(caption, first.into_iter().chain(cells).collect());
    for model in models {
        let scaled = |value: fn(&crate::summary::Scaled) -> f64| {
            mean(model, |run| run.scaled.as_ref().map(value))
        };
        table.row(vec![
            Cell::words(model.role.words()),
            Cell::number(shown(scaled(|scaled| scaled.temperature), |value| {
                number::fixed(value, 2)
            })),
            Cell::number(shown(mean(model, |run| Some(run.nll)), |value| number::fixed(value, 4))),
            Cell::number(shown(scaled(|scaled| scaled.nll), |value| number::fixed(value, 4))),
            Cell::number(shown(mean(model, |run| Some(run.ece)), |value| {
                number::percent(value, 2)
            })),
            Cell::number(shown(scaled(|scaled| scaled.ece), |value| number::percent(value, 2))),
        ]);
    }
    table.finish()
}

/// Mean over seeds; none where a seed lacks the number.
fn mean(model: &Model, value: impl Fn(&SeedRun) -> Option<f64>) -> Option<f64> {
    let values: Option<Vec<f64>> = model.runs.iter().map(value).collect();
    Spread::of(&values?).map(|spread| spread.mean)
}

fn shown(value: Option<f64>, write: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| NOT_AVAILABLE.to_owned(), write)
}
