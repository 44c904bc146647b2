/*!
The elements of an array, from their bytes.
*/

use std::io::Read;

use super::header::Header;
use super::{HINT, Stream};
use crate::error::DataError;

/// The type of the elements.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    family: Family,
    /// Bytes of one element: 1, 2, 4 or 8.
    size: usize,
    big_endian: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Boolean,
    Unsigned,
    Signed,
    Float,
}

impl Kind {
    /// Unsigned bytes.
    pub(super) const BYTE: Self = Self { family: Family::Unsigned, size: 1, big_endian: false };

    /// The type of that name, such as `<f4`.
    pub(super) fn named(name: &str) -> Option<Self> {
        let (order, kind) = name.split_at_checked(1)?;
        let (family, size) = match kind {
            "b1" => (Family::Boolean, 1),
            "u1" => (Family::Unsigned, 1),
            "u2" => (Family::Unsigned, 2),
            "u4" => (Family::Unsigned, 4),
            "u8" => (Family::Unsigned, 8),
            "i1" => (Family::Signed, 1),
            "i2" => (Family::Signed, 2),
            "i4" => (Family::Signed, 4),
            "i8" => (Family::Signed, 8),
            "f4" => (Family::Float, 4),
            "f8" => (Family::Float, 8),
            _ => return None,
        };
        let big_endian = match (order, size) {
            ("|" | "<" | ">", 1) | ("<", _) => false,
            (">", _) => true,
            _ => return None,
        };
        Some(Self { family, size, big_endian })
    }

    pub(super) fn size(self) -> usize {
        self.size
    }

    /// An integer; the bits of a number that is none.
    fn integer(self, bytes: &[u8]) -> i128 {
        let shift = |bits: u64, &byte: &u8| bits << 8 | u64::from(byte);
        let bits = match self.big_endian {
            true => bytes.iter().fold(0, shift),
            false => bytes.iter().rev().fold(0, shift),
        };
        let unused = 64 - 8 * self.size.min(8) as u32;
        match self.family {
            Family::Signed => i128::from((bits << unused).cast_signed() >> unused),
            _ => i128::from(bits),
        }
    }

    fn number(self, bytes: &[u8]) -> f64 {
        let integer = self.integer(bytes);
        match (self.family, self.size) {
            (Family::Float, 4) => f64::from(f32::from_bits(integer as u32)),
            (Family::Float, _) => f64::from_bits(integer as u64),
            _ => integer as f64,
        }
    }
}

/// All elements as numbers that single precision can hold.
pub(super) fn numbers(
    stream: &mut Stream<impl Read>,
    header: &Header,
) -> Result<Vec<f32>, DataError> {
    each(stream, header, |kind, bytes| {
        let number = kind.number(bytes);
        let rounded = number as f32;
        if rounded.is_finite() { Ok(rounded) } else { Err(number.to_string()) }
    })
}

/// All elements of an array of unsigned bytes.
pub(super) fn bytes(stream: &mut Stream<impl Read>, header: &Header) -> Result<Vec<u8>, DataError> {
    each(stream, header, |_, bytes| Ok(bytes.first().copied().unwrap_or_default()))
}

/// All elements of an array of integers or booleans.
pub(super) fn integers(
    stream: &mut Stream<impl Read>,
    header: &Header,
) -> Result<Vec<i64>, DataError> {
    if header.kind.family == Family::Float {
        return Err(DataError::Malformed {
            path: stream.path.clone(),
            expected: "labels that are integers".into(),
            found: "floating point numbers".into(),
            hint: "convert the labels, for example with y.astype(\"int64\")",
        });
    }
    each(stream, header, |kind, bytes| {
        let integer = kind.integer(bytes);
        i64::try_from(integer).map_err(|_| integer.to_string())
    })
}

/// Converts element by element, in the order of the file; the refusal of one is what it holds.
fn each<T>(
    stream: &mut Stream<impl Read>,
    header: &Header,
    convert: impl Fn(Kind, &[u8]) -> Result<T, String>,
) -> Result<Vec<T>, DataError> {
    /// Bytes that are read at once.
    const BLOCK: usize = 1 << 16;
    let (kind, count) = (header.kind, header.count());
    let mut elements = Vec::new();
    while elements.len() < count {
        let left = (count - elements.len()).saturating_mul(kind.size);
        let block = stream.take(left.min(BLOCK) as u64)?;
        for bytes in block.chunks_exact(kind.size) {
            let element = convert(kind, bytes).map_err(|found| DataError::Malformed {
                path: stream.path.clone(),
                expected: "numbers that single precision can hold".into(),
                found: format!("{found} {}", header.place_in_words(elements.len())),
                hint: "replace the value, or remove the sample",
            })?;
            elements.push(element);
        }
    }
    end(stream)?;
    Ok(elements)
}

/// Reading to the end has a compressed stream compare its checksum.
fn end(stream: &mut Stream<impl Read>) -> Result<(), DataError> {
    let unreadable = |source| DataError::Unreadable { path: stream.path.clone(), source };
    match stream.reader.read(&mut [0]).map_err(unreadable)? {
        0 => Ok(()),
        _ => Err(DataError::Malformed {
            path: stream.path.clone(),
            expected: format!("{} bytes", stream.length),
            found: "more".into(),
            hint: HINT,
        }),
    }
}
