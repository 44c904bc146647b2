/*!
The header of an NPY file: a magic string, a version, a length, and a Python dictionary of three
entries as text.
*/

use std::io::Read;
use std::path::Path;

use super::elements::Kind;
use super::{HINT, Stream};
use crate::error::DataError;
use crate::hint::OTHER_SIZE;

const MAGIC: &[u8] = b"\x93NUMPY";
/// NumPy itself refuses longer headers.
const LONGEST: u64 = 10_000;
/// More dimensions than NumPy can have.
const MOST_DIMENSIONS: usize = 64;

/// What the header says, held against the length of the file.
pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) fortran_order: bool,
    pub(super) shape: Vec<usize>,
}

impl Header {
    /// Reads the header. What follows in the stream is exactly the elements.
    pub(super) fn read(stream: &mut Stream<impl Read>) -> Result<Self, DataError> {
        let start = stream.take(8)?;
        let (Some(MAGIC), Some(&version)) = (start.get(..6), start.get(6)) else {
            return Err(malformed(
                &stream.path,
                "an NPY file, which begins with 93 4e 55 4d 50 59",
                format!("the first bytes {:02x?}", start.get(..6).unwrap_or(&start)),
            ));
        };
        let size_bytes = match version {
            1 => 2,
            2 | 3 => 4,
            _ => {
                let found = version.to_string();
                return Err(malformed(&stream.path, "version 1, 2 or 3 of NPY", found));
            }
        };
        let size = stream.take(size_bytes)?;
        let size = size.iter().rev().fold(0, |size, &byte| size << 8 | u64::from(byte));
        let before = 8 + size_bytes;
        if size > LONGEST {
            let found = format!("{size} bytes");
            let expected = format!("a header of at most {LONGEST} bytes");
            return Err(malformed(&stream.path, &expected, found));
        }
        if before + size > stream.length {
            return Err(truncated(&stream.path, before + size, stream.length));
        }
        let text = String::from_utf8_lossy(&stream.take(size)?).into_owned();
        let header = Self::parse(&stream.path, &text)?;
        header.compare_lengths(&stream.path, before + size, stream.length)?;
        Ok(header)
    }

    /// The number of elements.
    pub(super) fn count(&self) -> usize {
        // It was compared with the length of the file.
        self.shape.iter().fold(1, |count: usize, &size| count.saturating_mul(size))
    }

    /// The shape as Python shows it.
    pub(super) fn shape_in_words(&self) -> String {
        let sizes: Vec<String> = self.shape.iter().map(ToString::to_string).collect();
        format!("({})", sizes.join(", "))
    }

    /// Where an element stands, by its number in the file: its sample, and its index as NumPy has it.
    pub(super) fn place_in_words(&self, element: usize) -> String {
        let mut rest = element;
        let mut index: Vec<usize> = self.shape.clone();
        let mut divide = |size: &mut usize| {
            let place = rest.checked_rem(*size).unwrap_or_default();
            rest = rest.checked_div(*size).unwrap_or_default();
            *size = place;
        };
        match self.fortran_order {
            true => index.iter_mut().for_each(&mut divide),
            false => index.iter_mut().rev().for_each(&mut divide),
        }
        let sample = index.first().copied().unwrap_or_default();
        format!("in sample {sample}, at the index {index:?}")
    }

    fn parse(path: &Path, text: &str) -> Result<Self, DataError> {
        let mut rest = Literals { text: text.trim() };
        let mut entries = (None, None, None);
        let unreadable = || {
            let expected = "a header with `descr`, `fortran_order` and `shape`";
            malformed(path, expected, format!("`{}`", crate::quote::shown(text.trim())))
        };
        rest.mark('{').ok_or_else(unreadable)?;
        while rest.mark('}').is_none() {
            let key = rest.quoted().ok_or_else(unreadable)?;
            rest.mark(':').ok_or_else(unreadable)?;
            match key {
                "descr" => {
                    // A list is a structured type.
                    let name = rest.quoted().unwrap_or(rest.text);
                    entries.0 = Some(Kind::named(name).ok_or_else(|| {
                        let expected = "integers, booleans, float32 or float64";
                        let found = format!("the type `{}`", crate::quote::shown(name));
                        malformed(path, expected, found)
                    })?);
                }
                "fortran_order" => entries.1 = Some(rest.truth().ok_or_else(unreadable)?),
                "shape" => entries.2 = Some(rest.sizes().ok_or_else(unreadable)?),
                _ => return Err(unreadable()),
            }
            // The last entry needs no comma.
            let _ = rest.mark(',');
        }
        let (Some(kind), Some(fortran_order), Some(shape)) = entries else {
            return Err(unreadable());
        };
        Ok(Self { kind, fortran_order, shape })
    }

    fn compare_lengths(&self, path: &Path, before: u64, found: u64) -> Result<(), DataError> {
        let content = self
            .shape
            .iter()
            .try_fold(self.kind.size() as u64, |bytes, &size| bytes.checked_mul(size as u64))
            .and_then(|bytes| bytes.checked_add(before));
        match content {
            Some(expected) if expected == found => Ok(()),
            Some(expected) if expected < found => Err(DataError::Malformed {
                path: path.into(),
                expected: format!("{expected} bytes"),
                found: "more".into(),
                hint: OTHER_SIZE,
            }),
            Some(expected) => Err(truncated(path, expected, found)),
            None => {
                let found = format!("the shape {}", self.shape_in_words());
                Err(malformed(path, "an array that a file can hold", found))
            }
        }
    }
}

impl<R: Read> Stream<R> {
    /// So many bytes, of which there must be as many.
    pub(super) fn take(&mut self, count: u64) -> Result<Vec<u8>, DataError> {
        let mut bytes = Vec::new();
        let read = (&mut self.reader).take(count).read_to_end(&mut bytes);
        read.map_err(|source| DataError::Unreadable { path: self.path.clone(), source })?;
        if (bytes.len() as u64) < count {
            return Err(truncated(&self.path, count.max(self.length + 1), self.length));
        }
        Ok(bytes)
    }
}

fn truncated(path: &Path, expected: u64, found: u64) -> DataError {
    DataError::Truncated { path: path.into(), expected, found }
}

fn malformed(path: &Path, expected: &str, found: String) -> DataError {
    DataError::Malformed { path: path.into(), expected: expected.into(), found, hint: HINT }
}

/// The few Python literals that a header is made of.
struct Literals<'a> {
    text: &'a str,
}

impl<'a> Literals<'a> {
    fn mark(&mut self, mark: char) -> Option<()> {
        self.text = self.text.strip_prefix(mark)?.trim_start();
        Some(())
    }

    fn quoted(&mut self) -> Option<&'a str> {
        let quote = self.text.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
        let (inside, rest) = self.text.strip_prefix(quote)?.split_once(quote)?;
        self.text = rest.trim_start();
        Some(inside)
    }

    fn truth(&mut self) -> Option<bool> {
        for (word, truth) in [("True", true), ("False", false)] {
            if let Some(rest) = self.text.strip_prefix(word) {
                self.text = rest.trim_start();
                return Some(truth);
            }
        }
        None
    }

    /// A tuple of sizes; Python 2 wrote an `L` behind each.
    fn sizes(&mut self) -> Option<Vec<usize>> {
        self.mark('(')?;
        let (inside, rest) = self.text.split_once(')')?;
        self.text = rest.trim_start();
        let sizes = inside.split(',').map(str::trim).filter(|size| !size.is_empty());
        let sizes: Option<Vec<usize>> =
            sizes.map(|size| size.strip_suffix('L').unwrap_or(size).parse().ok()).collect();
        sizes.filter(|sizes| sizes.len() <= MOST_DIMENSIONS)
    }
}
