//! The results of every single seed, so that nothing hides behind a mean.

use crate::summary::{Role, SeedRun, Summary};
use crate::table::{Cell, Table};
use crate::{escape, number};

/// The table; nothing where no model has a run.
pub(super) fn table(summary: &Summary) -> String {
    let models = || Role::ALL.iter().filter_map(|role| summary.model(*role));
    if models().all(|model| model.runs.is_empty()) {
        return String::new();
    }
    let mut head = vec![Cell::words("Model")];
    head.extend(
        ["Seed", "Accuracy", "NLL", "Brier", "ECE", "Agreement", "Steps", "Epochs"]
            .map(Cell::number),
    );
    head.push(Cell::words("Stopped because"));
    let mut table = Table::new("Results on the test split.", head);
    for (place, model) in models().filter(|model| !model.runs.is_empty()).enumerate() {
        if place > 0 {
            table.end_group();
        }
        model.runs.iter().for_each(|run| table.row(row(model.role, run)));
    }
    table.finish()
}

fn row(role: Role, run: &SeedRun) -> Vec<Cell> {
    let agreement = run.agreement.map_or_else(|| "–".to_owned(), |share| number::percent(share, 2));
    let numbers = [
        run.seed.to_string(),
        number::percent(run.accuracy, 2),
        number::fixed(run.nll, 4),
        number::fixed(run.brier, 4),
        number::percent(run.ece, 2),
        agreement,
        number::count(run.steps),
        number::count(run.epochs),
    ];
    let mut cells = vec![Cell::whole(role.words())];
    cells.extend(numbers.map(Cell::number));
    cells.push(Cell::words(escape::line(&run.stopped)));
    cells
}
