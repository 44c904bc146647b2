//! The layers of the networks side by side.

use crate::summary::{Model, Role, Summary};
use crate::table::{Cell, Table};
use crate::{escape, number};

/// A table for each; nothing where no layers are known.
pub(super) fn tables(summary: &Summary) -> String {
    let (alone, distilled) = (summary.model(Role::Baseline), summary.model(Role::Student));
    let students = match (alone, distilled) {
        (Some(alone), Some(distilled)) if alone.layers == distilled.layers => {
            vec![(distilled, "Student, alone and distilled")]
        }
        _ => {
            let of = |model, title| Option::map(model, |model| (model, title));
            let both = [of(alone, "Student alone"), of(distilled, "Distilled student")];
            both.into_iter().flatten().collect()
        }
    };
    let tutors = summary.in_order().into_iter().filter_map(|model| match model.role {
        Role::Teacher => Some((model, "Teacher".to_owned())),
        Role::Assistant(number) => Some((model, format!("Assistant {number}"))),
        Role::Baseline | Role::Student => None,
    });
    let students = students.into_iter().map(|(model, title)| (model, title.to_owned()));
    let tables: String = tutors
        .chain(students)
        .filter(|(model, _)| !model.layers.is_empty())
        .map(|(model, title)| layers(model, &title))
        .collect();
    if tables.is_empty() { tables } else { format!("<div class=\"pair\">\n{tables}</div>\n") }
}

fn layers(model: &Model, title: &str) -> String {
    let caption = format!("<strong>{title}</strong>: {}", escape::line(&model.architecture));
    let mut head: Vec<Cell> = ["Layer", "Kind", "Output"].into_iter().map(Cell::words).collect();
    head.extend(["Parameters", "Multiply-adds"].map(Cell::number));
    let mut table = Table::new(caption, head);
    for layer in &model.layers {
        let words = [
            Cell::whole(escape::line(&layer.name)),
            Cell::words(escape::line(&layer.kind)),
            Cell::whole(escape::line(&layer.output)),
        ];
        let counts =
            [layer.parameters, layer.multiply_adds].map(|value| Cell::number(number::count(value)));
        table.row(words.into_iter().chain(counts).collect());
    }
    table.end_group();
    let sums =
        [number::count(model.parameters), number::count(model.multiply_adds)].map(Cell::number);
    table.row(
        [Cell::words("total"), Cell::words(""), Cell::words("")].into_iter().chain(sums).collect(),
    );
    format!("<div>\n{}</div>\n", table.finish())
}
