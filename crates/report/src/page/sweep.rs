//! The sweep that the run was chosen from.

use crate::summary::{Summary, SweepView};
use crate::table::{Cell, Table};
use crate::wording::{Wording, wording};
use crate::{escape, figures, number};

/// A table longer than this hides what matters.
const MOST: usize = 50;

/// The map and the table, the best point first; nothing for a run that was not chosen by a sweep.
pub(super) fn text(summary: &Summary) -> String {
    let Some(sweep) = &summary.sweep else { return String::new() };
    let words = wording(summary.task);
    let figure = figures::sweep::figure(summary).map(|figure| figure.inline()).unwrap_or_default();
    format!(
        "<p>{}</p>\n<div class=\"figures\">\n{figure}</div>\n{}",
        reading(sweep, words),
        table(sweep, words)
    )
}

fn reading(sweep: &SweepView, words: &Wording) -> String {
    format!(
        "This run is the best of {} by the {} of the distilled student on validation data. The test split was read \
         for this one alone. The best of many is a little lucky on validation; the interval above rests on test data and \
         is not touched by that.",
        number::count(sweep.points.len() as u64),
        words.score
    )
}

fn table(sweep: &SweepView, words: &Wording) -> String {
    let mut points: Vec<_> = sweep.points.iter().collect();
    points.sort_by(|one, other| other.validation_accuracy.total_cmp(&one.validation_accuracy));
    let mut head: Vec<Cell> =
        sweep.axes.iter().map(|axis| Cell::words(escape::line(&axis.key))).collect();
    head.push(Cell::number(format!("Validation {}", words.score)));
    let mut table = Table::new("The points of the sweep, the best first.", head);
    for point in points.iter().take(MOST) {
        let values = sweep.axes.iter().zip(&point.places).map(|(axis, place)| {
            Cell::words(escape::line(axis.values.get(*place).map_or("", String::as_str)))
        });
        let score = Cell::number(words.written(point.validation_accuracy));
        table.row(values.chain([score]).collect());
    }
    table.finish()
}
