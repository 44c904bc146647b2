/*!
Where the quote opens that a text file never closes.

The CSV reader takes the rest of the file for one cell then, and says nothing. The bytes pass by here as
well, by the rules that it follows: a quote opens at the beginning of a field alone, and two of them inside
are one of the text.
*/

/// Follows the quotes of a CSV file.
pub(crate) struct Quotes {
    state: State,
    /// The line of the last quote that opened, counted from 1.
    opened: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    FieldStart,
    Field,
    Quoted,
    /// Behind a quote within quotes, which ends them or is one half of a pair.
    Quote,
}

impl Quotes {
    pub(crate) fn new() -> Self {
        Self { state: State::FieldStart, opened: 0 }
    }

    /// Takes the next byte, which is in this line.
    pub(crate) fn pass(&mut self, byte: u8, line: u64) {
        self.state = match (self.state, byte) {
            (State::FieldStart, b'"') => {
                self.opened = line;
                State::Quoted
            }
            (State::Quoted, b'"') => State::Quote,
            (State::Quoted, _) | (State::Quote, b'"') => State::Quoted,
            (_, b',' | b'\n' | b'\r') => State::FieldStart,
            _ => State::Field,
        };
    }

    /// The line of a quote that is open.
    pub(crate) fn open(&self) -> Option<u64> {
        (self.state == State::Quoted).then_some(self.opened)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(text: &str) -> Option<u64> {
        let mut quotes = Quotes::new();
        for (line, text) in (1..).zip(text.split_inclusive('\n')) {
            text.bytes().for_each(|byte| quotes.pass(byte, line));
        }
        quotes.open()
    }

    #[test]
    fn the_last_quote_that_opened_and_was_not_closed_is_told() {
        for closed in ["", "a,b\n", "\"a,\n\"\"b\"\"\",c", "a\"b,c\n", "\"a\"b,c\n", "\"\",\"\""] {
            assert_eq!(open(closed), None, "{closed}");
        }
        for (text, line) in
            [("\"", 1), ("a,\"b\n\nc", 1), ("a\n\"b\"\n,\"c", 3), ("\"a\"\"\n\",\"\"\"", 2)]
        {
            assert_eq!(open(text), Some(line), "{text}");
        }
    }
}
