/*!
Text from files as it stands in messages: on one line, cut, and never steering a terminal.
*/

use crate::place::RowPlace;

/// Text from a file for a message: on one line, without control characters, cut after 60 characters.
pub(crate) fn shown(text: &str) -> String {
    const LENGTH: usize = 60;
    let escape = |character: char| match character {
        character if character.is_control() => character.escape_default().to_string(),
        character => character.to_string(),
    };
    let mut start: String = text.chars().take(LENGTH).map(escape).collect();
    if text.chars().nth(LENGTH).is_some() {
        start.push_str("...");
    }
    start
}

/// The first cell of a column that is no number, if it has one.
pub(crate) fn first_word(first: Option<&(RowPlace, String)>) -> String {
    first.map_or_else(String::new, |(place, word)| {
        format!("; the first that is no number is `{}` in {place}", shown(word))
    })
}

/// Names in a row for a message, cut after the first twelve.
pub(crate) fn listed(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut text = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{}`", shown(name)))
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}
