//! A failure as text with its place and a hint, and as JSON.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use options::Place;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::Output;
use crate::render::table::{broken, wrapped_at};

const HINT: &str = "\u{1b}[1;36mhint\u{1b}[0m";

/// Tells of a failure and gives the exit code.
pub(crate) fn show(failure: &Failure, output: &Output) -> u8 {
    let message = failure.to_string();
    let hint = failure.hint();
    let told = match output.columns() {
        Some(width) => in_lines(&message, failure.place(), hint.as_deref(), width),
        None => text(&message, failure.place(), hint.as_deref()),
    };
    output.tell(&told);
    let code = failure.exit_code();
    if output.json {
        let value = as_json(&message, failure.place(), hint.as_deref(), code);
        // The failure itself was told; a second one, about telling it, helps nobody.
        let _ = output.result(&value, "");
    }
    code
}

/// The same as [`text`] in lines that fit a terminal of `width` columns.
fn in_lines(message: &str, place: Option<&Place>, hint: Option<&str>, width: usize) -> String {
    // The renderer puts later lines of a message under its first.
    let message = broken(message, "error: ".len(), width).join("\n");
    let hint = hint.map(|hint| wrapped_at(&super::escape::visible(hint), "hint: ".len(), width));
    with_hint(report(&message, place), hint)
}

/// The message, the line with carets under the mistake, an empty line, and the hint.
fn text(message: &str, place: Option<&Place>, hint: Option<&str>) -> String {
    with_hint(report(message, place), hint.map(super::escape::visible))
}

/// The message, and the line with carets under the mistake.
fn report(message: &str, place: Option<&Place>) -> String {
    // This renderer makes control characters in foreign text visible.
    let title = Level::ERROR.primary_title(message);
    let group = match place {
        None => Group::with_title(title),
        Some(Place { origin, text, span }) => {
            let annotation = AnnotationKind::Primary.span(span.clone());
            let snippet = Snippet::source(text.as_ref()).path(origin.as_ref());
            title.element(snippet.annotation(annotation))
        }
    };
    Renderer::styled().render(&[group])
}

fn with_hint(mut text: String, hint: Option<impl std::fmt::Display>) -> String {
    if let Some(hint) = hint {
        text.push_str(&format!("\n\n{HINT}: {hint}"));
    }
    text
}

fn as_json(message: &str, place: Option<&Place>, hint: Option<&str>, code: u8) -> Value {
    let place = place.map(|place| {
        let (line, column) = line_and_column(place);
        json!({ "origin": place.origin.as_ref(), "line": line, "column": column })
    });
    json!({ "error": message, "hint": hint, "exit_code": code, "place": place })
}

/// Both from 1; the column counts characters.
fn line_and_column(place: &Place) -> (usize, usize) {
    let before = place.text.get(..place.span.start).unwrap_or(&place.text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(start..).unwrap_or_default().chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_not_bytes() {
        let text = "a = 1\nä = 2 x";
        let place = Place { origin: "f".into(), text: text.into(), span: 13..14 };
        assert_eq!(line_and_column(&place), (2, 7));
    }

    #[test]
    fn a_terminal_gets_lines_that_fit_and_all_words() {
        let message =
            "a/path with  two spaces.csv: expected what is said at some length, ".repeat(4);
        let place = Place { origin: "f".into(), text: "a = 1".into(), span: 0..1 };
        let cases = [40, 80, 100].map(|width| [(None, width), (Some(&place), width)]);
        for (place, width) in cases.concat() {
            let plain = anstream::adapter::strip_str;
            let told = plain(&in_lines(&message, place, Some(&message), width)).to_string();
            let longest = told.lines().map(|line| line.chars().count()).max();
            assert!(longest.is_some_and(|it| it <= width && it > width - 20), "{told}");
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let whole = plain(&text(&message, place, Some(&message))).to_string();
            assert_eq!(words(&told), words(&whole));
            assert!(told.contains("with  two spaces.csv"), "{told}");
        }
    }

    #[test]
    fn no_place_breaks_the_text() {
        let source = "[a]\nü = 1\n";
        for start in 0..=source.len() + 2 {
            for end in start..=source.len() + 3 {
                let place = Place { origin: "f".into(), text: source.into(), span: start..end };
                line_and_column(&place);
                if source.is_char_boundary(start) && source.is_char_boundary(end) {
                    assert!(text("wrong", Some(&place), None).contains("f:"));
                }
            }
        }
        let empty = Place { origin: "f".into(), text: "".into(), span: 0..0 };
        assert!(text("wrong", Some(&empty), Some("do right")).ends_with("do right"));
    }
}
