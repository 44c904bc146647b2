/*!
The pages of a column in a group of rows, and its cells one after the other.

Written down in "Data Pages" of Apache Parquet. A page has its header, then the levels that say which
values are missing, then the values: by themselves, or as numbers of entries of a dictionary.
*/

use flate2::Crc;

use crate::codec::decompressed;
use crate::footer::{Chunk, Column, Stored};
use crate::packed::runs;
use crate::reader::Reader;
use crate::thrift::{Fields, structure};
use crate::values::{self, Texts};

const DATA: i64 = 0;
const DICTIONARY: i64 = 2;
const DATA_SECOND_FORM: i64 = 3;
/// Runs, for levels and truth values.
const RUNS: i64 = 3;

/// Reads the cells of a column in a group.
pub struct Cells<'a> {
    column: &'a Column,
    codec: i64,
    /// The pages that were not read yet.
    rest: &'a [u8],
    /// Where the chunk ends in its file.
    end: usize,
    dictionary: Option<Texts>,
    page: Page,
    /// Rows of the page that were not read yet.
    left: usize,
    /// Rows of pages that were not read yet.
    to_come: u64,
}

/// The rows of a page.
struct Page {
    /// 1 for each row with a value, 0 for the others; none where no value may be missing.
    levels: Option<std::vec::IntoIter<u32>>,
    values: Values,
}

enum Values {
    /// The values, and the place of the next.
    Own(Texts, usize),
    /// Numbers of entries of the dictionary.
    Entries(std::vec::IntoIter<u32>),
    /// 1 for true.
    Truths(Texts, std::vec::IntoIter<u32>),
}

impl<'a> Cells<'a> {
    /// The cells of a column in `bytes`, those of its chunk, in a group of so many rows.
    ///
    /// # Errors
    /// What is wrong with the chunk.
    pub fn new(
        bytes: &'a [u8],
        column: &'a Column,
        chunk: &Chunk,
        rows: u64,
    ) -> Result<Self, String> {
        if chunk.values != rows {
            return Err(format!("{} values, expected {rows}", chunk.values));
        }
        Ok(Self {
            column,
            codec: chunk.codec,
            rest: bytes,
            end: chunk.start.saturating_add(chunk.length),
            dictionary: None,
            page: Page { levels: None, values: Values::Own(Texts::default(), 0) },
            left: 0,
            to_come: rows,
        })
    }

    /// The next cell, empty for a missing value. There are as many as rows.
    ///
    /// # Errors
    /// What is wrong with it.
    #[expect(clippy::should_implement_trait, reason = "a cell is lent by the page")]
    pub fn next(&mut self) -> Result<&str, String> {
        while self.left == 0 {
            self.read_page()?;
        }
        self.left -= 1;
        let Page { levels, values } = &mut self.page;
        if levels.as_mut().is_some_and(|levels| levels.next() != Some(1)) {
            return Ok("");
        }
        const FEWER: &str = "fewer values than rows";
        match values {
            Values::Own(texts, place) => {
                *place += 1;
                texts.get(*place - 1).ok_or(FEWER)
            }
            Values::Truths(texts, numbers) => {
                texts.get(numbers.next().ok_or(FEWER)? as usize).ok_or("no truth value")
            }
            Values::Entries(entries) => {
                let entry = entries.next().ok_or(FEWER)?;
                let dictionary = self.dictionary.as_ref().ok_or("no dictionary")?;
                dictionary.get(entry as usize).ok_or("an entry beyond the dictionary")
            }
        }
        .map_err(str::to_owned)
    }

    fn read_page(&mut self) -> Result<(), String> {
        let (header, length) = structure(self.rest).ok_or("no page where one is expected")?;
        let size = |fields: &Fields<'_>, number| {
            fields
                .integer(number)
                .and_then(|size| u64::try_from(size).ok())
                .ok_or("a page states no size")
        };
        let (plain, stored) = (size(&header, 2)?, size(&header, 3)?);
        let mut reader = Reader::new(self.rest.get(length..).unwrap_or_default());
        let stored = reader.take(stored).ok_or("a page beyond the end of the column")?;
        if let Some(sum) = header.integer(4) {
            let place = self.end.saturating_sub(self.rest.len());
            hold_against(sum, stored, place)?;
        }
        self.rest = reader.take_up_to(u64::MAX);
        match (header.integer(1), header.fields(5), header.fields(7), header.fields(8)) {
            (Some(DICTIONARY), _, Some(page), _) => {
                let content = decompressed(self.codec, stored, plain)?;
                let count = usize::try_from(size(page, 1)?).unwrap_or(usize::MAX);
                // Both names of the encoding mean plain values.
                let plain = page.integer(2).filter(|encoding| [0, 2].contains(encoding)).map(|_| 0);
                self.dictionary = Some(values::read(self.column, plain, &content, count)?);
                Ok(())
            }
            (Some(DATA), Some(page), ..) => {
                let content = decompressed(self.codec, stored, plain)?;
                let count = self.count(size(page, 1)?)?;
                let mut reader = Reader::new(&content);
                let mut levels = None;
                if self.column.optional {
                    if page.integer(3) != Some(RUNS) {
                        return Err("levels in an encoding that is not known".to_owned());
                    }
                    let length = reader.length().ok_or("no levels")?;
                    levels = Some(reader.take(length).ok_or("levels beyond the page")?);
                }
                self.set_page(levels, page.integer(2), reader.take_up_to(u64::MAX), count)
            }
            (Some(DATA_SECOND_FORM), .., Some(page)) => {
                let (of_lists, of_levels) = (size(page, 6)?, size(page, 5)?);
                let mut reader = Reader::new(stored);
                reader.take(of_lists).ok_or("levels beyond the page")?;
                let levels = reader.take(of_levels).ok_or("levels beyond the page")?;
                let plain = plain.checked_sub(of_lists + of_levels).ok_or("a page of no size")?;
                let is_compressed = page.integer(7) != Some(0);
                let codec = if is_compressed { self.codec } else { 0 };
                let stored = reader.take_up_to(u64::MAX);
                // A page without any value may have nothing to decompress.
                let content = match (stored.is_empty(), plain) {
                    (true, 0) => (&[]).into(),
                    _ => decompressed(codec, stored, plain)?,
                };
                let count = self.count(size(page, 1)?)?;
                let levels = self.column.optional.then_some(levels);
                self.set_page(levels, page.integer(4), &content, count)
            }
            _ => Err("a page of an unknown kind".to_owned()),
        }
    }

    /// The rows of a page, which are some of those to come.
    fn count(&mut self, rows: u64) -> Result<usize, String> {
        let rest = self.to_come.checked_sub(rows).ok_or("more values than rows")?;
        self.to_come = rest;
        usize::try_from(rows).map_err(|error| error.to_string())
    }

    fn set_page(
        &mut self,
        levels: Option<&[u8]>,
        encoding: Option<i64>,
        content: &[u8],
        count: usize,
    ) -> Result<(), String> {
        let levels = match levels {
            Some(levels) => Some(runs(levels, 1, count).ok_or("damaged levels")?),
            None => None,
        };
        let values = levels
            .as_ref()
            .map_or(count, |levels| levels.iter().filter(|&&level| level == 1).count());
        let mut reader = Reader::new(content);
        let values = match (encoding, self.column.stored) {
            (Some(2 | 8), _) => {
                let width = usize::from(reader.byte().unwrap_or_default());
                let entries = runs(reader.take_up_to(u64::MAX), width, values);
                Values::Entries(entries.ok_or("damaged entries")?.into_iter())
            }
            (Some(RUNS), Stored::Bit) => {
                let content = reader.length().and_then(|length| reader.take(length));
                let truths = content.and_then(|content| runs(content, 1, values));
                Values::Truths(Texts::truths(), truths.ok_or("damaged truth values")?.into_iter())
            }
            _ => Values::Own(values::read(self.column, encoding, content, values)?, 0),
        };
        self.page = Page { levels: levels.map(Vec::into_iter), values };
        self.left = count;
        Ok(())
    }
}

/// Holds a page, as it is stored, against the checksum of its header (CRC-32 as gzip has it). Its header
/// begins at `place` in the file.
fn hold_against(sum: i64, stored: &[u8], place: usize) -> Result<(), String> {
    let mut found = Crc::new();
    found.update(stored);
    // The format has no unsigned numbers.
    match found.sum() == sum as u32 {
        true => Ok(()),
        false => Err(format!("the page at byte {place} does not fit its checksum")),
    }
}
