//! What the teacher had to say, and where the distilled student does not follow it.

use data::Task;

use crate::figures;
use crate::picture;
use crate::summary::{Disagreement, FileRow, Role, Summary, Teaching};
use crate::table::{Cell, Table};
use crate::{escape, number};

/// Confidence at each temperature, what pulls at the student, and samples with different answers; nothing
/// where none is known.
pub(super) fn text(summary: &Summary) -> String {
    let teaching = summary.teaching.as_ref();
    let mut out = String::new();
    if teaching.is_some_and(|teaching| !teaching.softened.is_empty()) {
        out.push_str(&softened(summary));
    }
    if let Some(figure) = figures::pull::figure(summary) {
        out.push_str(&format!("<div class=\"figures\">\n{}</div>\n", figure.inline()));
    }
    if let Some(teaching) = teaching.filter(|teaching| !teaching.disagreements.is_empty()) {
        out.push_str(&disagreements(teaching, summary.task));
    }
    out
}

fn softened(summary: &Summary) -> String {
    let (of_what, choices) = match summary.task {
        Task::Labels => (" of a label, mean of all,", 2),
        Task::Classes | Task::Numbers => ("", summary.data.classes.max(1)),
    };
    let classes = choices as f64;
    let caption = format!(
        "How sure the teacher is{of_what} at each temperature, on the test split. Guessing has a confidence of {} and an \
         entropy of {} nats.",
        number::percent(1.0 / classes, 1),
        number::fixed(classes.ln(), 2)
    );
    let head = ["Temperature", "Confidence", "Entropy, nats"].map(Cell::number);
    let mut table = Table::new(caption, head.into());
    for at in summary.teaching.iter().flat_map(|teaching| &teaching.softened) {
        table.row(vec![
            Cell::number(number::fixed(at.temperature, 0)),
            Cell::number(number::percent(at.confidence, 2)),
            Cell::number(number::fixed(at.entropy, 3)),
        ]);
    }
    table.finish()
}

/// Characters of a name or an answer, and of a cell, that are shown.
const ANSWER: usize = 80;
const CELL: usize = 40;

fn disagreements(teaching: &Teaching, task: Task) -> String {
    let all = &teaching.disagreements;
    let pictured = all.iter().any(|one| one.picture.is_some());
    let in_rows = all.iter().any(|one| one.row.is_some() && one.picture.is_none());
    let apart = all.iter().any(|one| !one.apart.is_empty());
    let mut head = vec![Cell::number("Sample")];
    head.push(Cell::words(match (in_rows, pictured) {
        (true, _) => "Row",
        (false, true) => "Picture",
        (false, false) => "First values",
    }));
    head.push(Cell::words(match task {
        Task::Classes => "Label",
        Task::Labels => "Labels",
        Task::Numbers => "Truth",
    }));
    head.extend(Role::ALL.map(|role| Cell::words(capital(&role.words()))));
    if apart {
        head.push(Cell::words("Apart"));
    }
    let mut table = Table::new(caption(teaching, task), head);
    for one in all {
        let mut row = vec![Cell::number(number::count(one.sample)), Cell::words(seen(one))];
        row.push(Cell::words(answer(&one.label)));
        row.extend(one.choices.iter().map(|choice| {
            let mark = if choice.class == one.label { " ✓" } else { "" };
            let probability = match choice.probability.is_finite() {
                true => format!(" <small>{}</small>", number::percent(choice.probability, 0)),
                false => String::new(),
            };
            Cell::words(format!("{}{mark}{probability}", answer(&choice.class)))
        }));
        if apart {
            row.push(Cell::words(answer(&one.apart)));
        }
        table.row(row);
    }
    format!("<h3>Where the student does not follow</h3>\n{}", table.finish())
}

fn caption(teaching: &Teaching, task: Task) -> String {
    let seed = teaching.seed;
    let which = match task {
        Task::Classes => format!(
            "Test samples on which the distilled student of seed {seed} contradicts its teacher, those first of which it is \
             surest. A check mark stands at the right answers."
        ),
        Task::Labels => format!(
            "Test samples on which the distilled student of seed {seed} finds other labels than its teacher, those first \
             whose probabilities are furthest apart; the last column has the label that they differ most in, from the teacher's \
             probability to the student's. A check mark stands at the right answers."
        ),
        Task::Numbers => format!(
            "Test samples on which the distilled student of seed {seed} is furthest from its teacher, and how far: a single \
             number in its unit, of several the mean in standard deviations of the training rows."
        ),
    };
    let unread = teaching
        .rows_unread
        .as_ref()
        .map(|reason| format!(" Their rows could not be read again: {}.", escape::line(reason)));
    format!("{which}{}", unread.unwrap_or_default())
}

/// Some words from outside; a dash where there are none.
fn answer(text: &str) -> String {
    match text {
        "" => "–".to_owned(),
        text => escape::line(&escape::shortened(text, ANSWER)),
    }
}

fn seen(one: &Disagreement) -> String {
    if let Some(picture) = &one.picture {
        let image = picture::image(picture, &format!("sample {}", one.sample));
        return match &one.row {
            Some(row) => format!("{image} <small>{}</small>", answer(&row.place)),
            None => image,
        };
    }
    if let Some(row) = &one.row {
        return in_file(row);
    }
    let values: Vec<String> =
        one.values.iter().map(|value| number::fixed(f64::from(*value), 2)).collect();
    format!("<small>{}</small>", values.join(" "))
}

/// A row as its file has it, and where.
fn in_file(row: &FileRow) -> String {
    let short = |text: &str| escape::line(&escape::shortened(text, CELL));
    let cells = row.cells.iter().map(|(name, cell)| match cell.as_str() {
        "" => format!("{} –", short(name)),
        cell => format!("{} <b>{}</b>", short(name), short(cell)),
    });
    let more = match row.more {
        0 => None,
        1 => Some("1 column more".to_owned()),
        more => Some(format!("{} columns more", number::count(more))),
    };
    let parts: Vec<String> = cells.chain(more).collect();
    format!("<small>{}: {}</small>", answer(&row.place), parts.join(" · "))
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
