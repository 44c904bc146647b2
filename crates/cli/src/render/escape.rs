//! Text that came from outside, such as names of classes and files, made safe for a terminal.

/// Replaces characters that would steer the terminal or turn the direction of writing by their
/// escapes, so that the reader sees that they are there.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() || turns_direction(letter) {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

fn turns_direction(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn a_name_cannot_colour_clear_or_turn_the_line() {
        assert_eq!(visible("a\u{1b}[31mb"), r"a\u{1b}[31mb");
        assert_eq!(visible("a\r\nb\u{202e}c"), r"a\r\nb\u{202e}c");
        assert_eq!(visible("größe 7"), "größe 7");
    }
}
