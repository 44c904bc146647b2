/*!
Line numbers for records of a text file.

The CSV reader says at which byte a record begins, but counts the line before it has skipped blank
lines and the second half of a Windows line end. Here lines are counted where the bytes pass by.
*/

use std::collections::VecDeque;
use std::io::{self, Read};

use crate::quotes::Quotes;

/// What a text in UTF-8 may begin with.
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Passes bytes on and remembers where lines begin.
pub(crate) struct Lines<R> {
    reader: R,
    offset: u64,
    line: u64,
    previous: u8,
    /// Offset and number of the lines that are not blank, as far as they were not passed by.
    starts: VecDeque<(u64, u64)>,
    quotes: Quotes,
    /// Whether all bytes passed by.
    ended: bool,
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(reader: R) -> Self {
        // The first line begins as if another one had ended before it.
        let (starts, quotes) = (VecDeque::new(), Quotes::new());
        Self { reader, offset: 0, line: 1, previous: b'\n', starts, quotes, ended: false }
    }

    /// The line, counted from 1, of the first text at `offset` or after it. Offsets must not fall
    /// from one call to the next.
    pub(crate) fn line_at(&mut self, offset: u64) -> u64 {
        while self.starts.front().is_some_and(|(start, _)| *start < offset) {
            self.starts.pop_front();
        }
        self.starts.front().map_or(self.line, |(_, line)| *line)
    }

    /// The line of a quote that is open where the text ends; none before its end.
    pub(crate) fn unclosed(&self) -> Option<u64> {
        self.quotes.open().filter(|_| self.ended)
    }

    fn pass(&mut self, byte: u8) {
        let is_mark = BYTE_ORDER_MARK.get(self.offset as usize) == Some(&byte);
        if !is_mark {
            self.quotes.pass(byte, self.line);
        }
        let ends = |byte| matches!(byte, b'\n' | b'\r');
        if ends(self.previous) && !ends(byte) {
            self.starts.push_back((self.offset, self.line));
        }
        if ends(byte) && !(self.previous == b'\r' && byte == b'\n') {
            self.line += 1;
        }
        self.offset += 1;
        self.previous = byte;
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.ended = count == 0 && !buffer.is_empty();
        for &byte in buffer.get(..count).unwrap_or_default() {
            self.pass(byte);
        }
        Ok(count)
    }
}
