//! The two streams, and who may write to which.

use std::io::{ErrorKind, IsTerminal, Write};

use console::Term;
use serde::Serialize;

use crate::failure::Failure;
use crate::render::escape::visible;
use crate::render::table::WIDTH;

/// Columns of the shortest lines that a message is broken into, and of the longest that are read with ease.
const NARROWEST: usize = 30;
const WIDEST: usize = 100;

/// Where text goes: results to standard output, all else to standard error. Colours are taken out
/// where the stream is no terminal or `NO_COLOR` is set.
#[derive(Debug)]
pub(crate) struct Output {
    /// Results are one JSON object.
    pub(crate) json: bool,
    /// No banner, no progress.
    pub(crate) quiet: bool,
}

impl Output {
    pub(crate) fn new(json: bool, quiet: bool) -> Self {
        Self { json, quiet }
    }

    /// Writes a result: `text`, or `value` as JSON where that was asked for.
    pub(crate) fn result(&self, value: &impl Serialize, text: &str) -> Result<(), Failure> {
        if self.json { self.json(value) } else { self.text(text) }
    }

    /// Writes text to standard output as it is.
    pub(crate) fn text(&self, text: &str) -> Result<(), Failure> {
        let mut stream = anstream::stdout().lock();
        let written = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
        match written {
            // Whoever read it has seen enough, as `head` has.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            other => other.map_err(Failure::Output),
        }
    }

    fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let mut text = serde_json::to_string_pretty(value)
            .map_err(|error| Failure::Output(std::io::Error::new(ErrorKind::InvalidData, error)))?;
        text.push('\n');
        self.text(&text)
    }

    /// Tells the user something on standard error. When nobody can read it, work goes on.
    pub(crate) fn tell(&self, text: &str) {
        let mut stream = anstream::stderr().lock();
        let _ = writeln!(stream, "{text}");
    }

    /// Writes warnings to standard error, where text is asked for: JSON has them in the result.
    pub(crate) fn warn(&self, warnings: &[String]) {
        for warning in warnings.iter().filter(|_| !self.json) {
            self.tell(&format!("warning: {}", visible(warning)));
        }
    }

    /// The columns of a line on standard error where that is a terminal; none elsewhere, as programs get each message as one
    /// line.
    pub(crate) fn columns(&self) -> Option<usize> {
        let stream = Term::stderr();
        stream.is_term().then(|| columns_of(stream.size_checked()))
    }

    /// Whether a line on standard error can be drawn again and again.
    pub(crate) fn is_live(&self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }
}

/// The columns that lines take of a terminal of so many rows and columns, where it says them.
fn columns_of(terminal: Option<(u16, u16)>) -> usize {
    terminal.map_or(WIDTH, |(_, columns)| usize::from(columns).clamp(NARROWEST, WIDEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_long_as_the_terminal_is_wide_within_what_can_be_read() {
        let columns = [None, Some((50, 60)), Some((50, 90)), Some((50, 300)), Some((50, 3))];
        assert_eq!(columns.map(columns_of), [80, 60, 90, 100, 30]);
    }
}
