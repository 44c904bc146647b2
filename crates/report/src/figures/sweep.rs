//! What every point of a sweep scored on validation, as a heat map.

use data::Task;

use crate::number;
use crate::plot::canvas::Figure;
use crate::plot::grid::{self, Grid};
use crate::summary::{Summary, SweepView};
use crate::wording::{Wording, wording};

/// The map of a sweep over one or two keys; more keys have no picture.
pub(crate) fn figure(summary: &Summary) -> Option<Figure> {
    let sweep = summary.sweep.as_ref()?;
    let (rows, columns) = match sweep.axes.as_slice() {
        [columns] => (None, columns),
        [rows, columns] => (Some(rows), columns),
        _ => return None,
    };
    let words = wording(summary.task);
    let cells = sweep.points.iter().map(|point| {
        let place = |axis: usize| point.places.get(axis).copied().unwrap_or_default();
        let (row, column) = if rows.is_some() { (place(0), place(1)) } else { (0, place(0)) };
        grid::Cell {
            row,
            column,
            value: point.validation_accuracy,
            text: match words.is_share {
                true => number::fixed(words.shown(point.validation_accuracy), 2),
                false => number::significant(words.shown(point.validation_accuracy)),
            },
            marked: point.chosen,
        }
    });
    grid::draw(Grid {
        name: "sweep",
        title: match summary.task {
            Task::Classes => "Validation accuracy of the distilled student, %",
            Task::Labels => "Validation F1 of the distilled student, %",
            Task::Numbers => "Validation error of the distilled student",
        },
        rows: rows.map(|axis| (axis.key.as_str(), axis.values.as_slice())),
        columns: (columns.key.as_str(), columns.values.as_slice()),
        cells: cells.collect(),
        caption: "Mean over seeds. The framed point was chosen, and it alone was judged on the test part.",
        description: in_words(sweep, words),
    })
}

/// The best point in a sentence.
fn in_words(sweep: &SweepView, words: &Wording) -> String {
    let Some(chosen) = sweep.points.iter().find(|point| point.chosen) else { return String::new() };
    let values = sweep.axes.iter().zip(&chosen.places).map(|(axis, place)| {
        let value = axis.values.get(*place).map_or("", String::as_str);
        format!("{} = {value}", axis.key)
    });
    format!(
        "Of {} points, {} is best: {}.",
        number::count(sweep.points.len() as u64),
        values.collect::<Vec<_>>().join(", "),
        words.written(chosen.validation_accuracy)
    )
}
