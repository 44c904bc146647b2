//! What the teacher had to say, and where the distilled student does not follow it.

use crate::figures;
use crate::picture;
use crate::summary::{Disagreement, Role, Summary};
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
        out.push_str(&disagreements(&teaching.disagreements, teaching.seed));
    }
    out
}

fn softened(summary: &Summary) -> String {
    let classes = summary.data.classes.max(1) as f64;
    let caption = format!(
        "How sure the teacher is at each temperature, on the test split. Guessing has a confidence of {} and an entropy \
         of {} nats.",
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

fn disagreements(all: &[Disagreement], seed: u64) -> String {
    let caption = format!(
        "Test samples on which the distilled student of seed {seed} contradicts its teacher, those first of which it is \
         surest. A check mark stands at the right answers."
    );
    let pictured = all.iter().any(|one| one.picture.is_some());
    let mut head = vec![Cell::number("Sample")];
    head.push(Cell::words(if pictured { "Picture" } else { "First values" }));
    head.push(Cell::words("Label"));
    head.extend(Role::ALL.map(|role| Cell::words(capital(&role.words()))));
    let mut table = Table::new(caption, head);
    for one in all {
        let mut row = vec![Cell::number(number::count(one.sample)), Cell::words(seen(one))];
        row.push(Cell::words(escape::line(&one.label)));
        row.extend(one.choices.iter().map(|choice| {
            let mark = if choice.class == one.label { " ✓" } else { "" };
            let probability = number::percent(choice.probability, 0);
            Cell::words(format!(
                "{}{mark} <small>{probability}</small>",
                escape::line(&choice.class)
            ))
        }));
        table.row(row);
    }
    format!("<h3>Where the student does not follow</h3>\n{}", table.finish())
}

fn seen(one: &Disagreement) -> String {
    if let Some(picture) = &one.picture {
        return picture::image(picture, &format!("sample {}", one.sample));
    }
    let values: Vec<String> =
        one.values.iter().map(|value| number::fixed(f64::from(*value), 2)).collect();
    format!("<small>{}</small>", values.join(" "))
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
