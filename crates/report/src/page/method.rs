//! How the result came about, and what it does not show.

use crate::summary::Summary;
use crate::table::{Cell, Table};
use crate::{escape, number};

/// Data, command, recipe and provenance, as far as the summary has them.
pub(super) fn text(summary: &Summary) -> String {
    let mut out = String::new();
    if !summary.data.source.is_empty() {
        out.push_str(&data(summary));
    }
    out.push_str(&code("Command", &summary.command));
    out.push_str(&code("Recipe, every default written out", &summary.recipe));
    if !summary.provenance.is_empty() {
        out.push_str(&provenance(summary));
    }
    out
}

/// Limitations and notes, one sentence each.
pub(super) fn limitations(summary: &Summary) -> String {
    let sentences = |list: &[String]| -> String {
        list.iter().map(|sentence| format!("<li>{}</li>\n", escape::line(sentence))).collect()
    };
    let mut out = String::new();
    if !summary.limitations.is_empty() {
        out.push_str(&format!("<ul>\n{}</ul>\n", sentences(&summary.limitations)));
    }
    if !summary.notes.is_empty() {
        out.push_str(&format!("<h3>Notes</h3>\n<ul>\n{}</ul>\n", sentences(&summary.notes)));
    }
    out
}

fn data(summary: &Summary) -> String {
    let data = &summary.data;
    let unlabelled = data.training_rows.saturating_sub(data.labelled_rows);
    let labels = match unlabelled {
        0 => "all with a label".to_owned(),
        _ => format!(
            "{} with a label, {} without",
            number::count(data.labelled_rows),
            number::count(unlabelled)
        ),
    };
    format!(
        "<h3>Data</h3>\n<p>{}: samples of shape {}, {} {}. {} {} to train on ({labels}), {} to validate, {} to \
         test. The test split was read {}.</p>\n",
        escape::line(&data.source),
        escape::line(&data.shape),
        number::count(data.classes),
        data.task.name(),
        number::count(data.training_rows),
        words::noun(data.training_rows, "row"),
        number::count(data.validation_rows),
        number::count(data.test_rows),
        times(data.test_reads),
    )
}

fn code(title: &str, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    // A line feed right after <pre> is dropped by HTML; this one is meant to be.
    format!("<h3>{title}</h3>\n<pre>\n{}</pre>\n", escape::block(text))
}

fn provenance(summary: &Summary) -> String {
    let mut table =
        Table::new("Where everything came from.", vec![Cell::words("What"), Cell::words("Value")]);
    for (name, value) in &summary.provenance {
        table.row(vec![Cell::words(escape::line(name)), Cell::words(escape::line(value))]);
    }
    format!("<h3>Provenance</h3>\n<div class=\"long\">\n{}</div>\n", table.finish())
}

/// How often something was done.
pub(super) fn times(number: u32) -> String {
    match number {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        more => format!("{} times", number::count(u64::from(more))),
    }
}
