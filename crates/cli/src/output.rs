//! The two streams, and who may write to which.

use std::io::{ErrorKind, IsTerminal, Write};

use serde::Serialize;

use crate::failure::Failure;
use crate::render::escape::visible;

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

    /// Whether standard error is a terminal, whose lines end somewhere. Programs get each message as one line.
    pub(crate) fn is_read_by_a_person(&self) -> bool {
        std::io::stderr().is_terminal()
    }

    /// Whether a line on standard error can be drawn again and again.
    pub(crate) fn is_live(&self) -> bool {
        !self.quiet && self.is_read_by_a_person()
    }
}
