//! Cells that go over several lines of a text file.

use words::{counted, verb};

use super::survey::Survey;
use super::{Defect, Finding};
use crate::table::Row;

pub(super) fn find(survey: &Survey<'_>, findings: &mut Vec<Finding>) {
    for part in &survey.parts {
        // A quote swallows rows in whatever column it is, used or not.
        for name in part.header() {
            let Some((table, column)) = part.column(name) else { continue };
            let rows = || part.piece.rows.iter().map(|&row| table.row(row));
            let is_broken = |row: Option<Row<'_>>| row.is_some_and(|row| row.is_broken(column));
            let Some(first) = rows().position(is_broken) else { continue };
            let cell = rows().nth(first).flatten().map_or("", |row| row.cell(column));
            let breaks = |sign| cell.matches(sign).count();
            let broken = rows().filter(|row| is_broken(*row)).count();
            let message = format!(
                "{broken} of {} of {} {} line breaks, this one {}: rows are lost where a quote is \
                 closed too late",
                counted(part.len(), "cell"),
                part.name,
                verb(broken, "holds", "hold"),
                breaks('\n').max(breaks('\r'))
            );
            let place = part.cell_place(first, name);
            findings.push(Finding::warning(Defect::LineBreaks, place, message));
        }
    }
}
