//! What the points of a sweep scored.

use data::Task;
use report::summary::{SweepPoint, SweepView};

use super::escape::visible;
use super::number;
use super::table::{Side, columns};

/// Points that are listed; the report has more.
const MOST: usize = 20;

/// The best points, one a line.
pub(crate) fn points(sweep: &SweepView, task: Task) -> String {
    let mut points: Vec<&SweepPoint> = sweep.points.iter().collect();
    points.sort_by(|one, other| other.validation_accuracy.total_cmp(&one.validation_accuracy));
    let keys = sweep.axes.iter().map(|axis| visible(&axis.key));
    let words = report::wording(task);
    let unit = if words.is_share { ", %" } else { "" };
    let head = keys.chain([format!("validation {}{unit}", words.score)]).collect();
    let rows = points.iter().take(MOST).map(|point| {
        let values = sweep.axes.iter().zip(&point.places);
        let values =
            values.map(|(axis, place)| visible(axis.values.get(*place).map_or("", String::as_str)));
        let mark = if point.chosen { " *" } else { "  " };
        let accuracy = format!("{}{mark}", number::score(words, point.validation_accuracy));
        values.chain([accuracy]).collect::<Vec<_>>()
    });
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    let sides = vec![Side::Right; sweep.axes.len() + 1];
    let left = sweep.points.len().saturating_sub(MOST);
    let more =
        if left > 0 { format!("and {left} more, all in the report\n") } else { String::new() };
    format!("{}{more}* chosen, and alone judged on the test part\n", columns(&rows, &sides))
}
