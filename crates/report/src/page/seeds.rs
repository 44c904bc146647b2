//! The results of every single seed, so that nothing hides behind a mean.

use super::quantity::{Quality, qualities};
use crate::summary::{Role, SeedRun, Summary};
use crate::table::{Cell, Table};
use crate::{escape, number};

/// The table; nothing where no model has a run.
pub(super) fn table(summary: &Summary) -> String {
    let models = summary.in_order();
    if models.iter().all(|model| model.runs.is_empty()) {
        return String::new();
    }
    let qualities = qualities(summary);
    let mut head = vec![Cell::words("Model"), Cell::number("Seed")];
    if summary.knows_classes() {
        head.extend(["Accuracy", "NLL", "Brier", "ECE", "Agreement"].map(Cell::number));
    } else {
        head.extend(qualities.iter().map(|quality| Cell::number(quality.name.clone())));
    }
    head.extend(["Steps", "Epochs"].map(Cell::number));
    head.push(Cell::words("Stopped because"));
    let mut table = Table::new("Results on the test split.", head);
    for (place, model) in models.into_iter().filter(|model| !model.runs.is_empty()).enumerate() {
        if place > 0 {
            table.end_group();
        }
        model.runs.iter().for_each(|run| table.row(row(model.role, run, &qualities)));
    }
    table.finish()
}

fn row(role: Role, run: &SeedRun, qualities: &[Quality]) -> Vec<Cell> {
    let mut cells = vec![Cell::whole(role.words()), Cell::number(run.seed.to_string())];
    cells.extend(qualities.iter().map(|quality| {
        let value = quality.value(run).map(quality.write);
        Cell::number(value.unwrap_or_else(|| "–".to_owned()))
    }));
    cells.extend([run.steps, run.epochs].map(|count| Cell::number(number::count(count))));
    cells.push(Cell::words(escape::line(&run.stopped)));
    cells
}
