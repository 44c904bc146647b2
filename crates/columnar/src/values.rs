/*!
Values of a column as the text of cells.

Numbers are written so that they read back the same, as pandas and Polars write them into CSV.
*/

use std::fmt::Write;

use crate::footer::{Column, Kind, Stored};
use crate::packed::{deltas, unpacked};
use crate::reader::Reader;

/// Most of the text of a page.
const LONGEST: usize = 256 << 20;

/// Texts one behind the other.
#[derive(Default)]
pub(crate) struct Texts {
    text: String,
    /// Where each ends.
    ends: Vec<u32>,
}

impl Texts {
    pub(crate) fn get(&self, place: usize) -> Option<&str> {
        let end = |place: usize| self.ends.get(place).map(|&end| end as usize);
        let start = place.checked_sub(1).map_or(Some(0), end)?;
        self.text.get(start..end(place)?)
    }

    /// The two truth values, by number.
    pub(crate) fn truths() -> Self {
        Self { text: "falsetrue".to_owned(), ends: vec![5, 9] }
    }

    fn push(&mut self, column: &Column, value: &[u8]) -> Result<(), String> {
        write(column, value, &mut self.text)?;
        match u32::try_from(self.text.len()) {
            Ok(end) if self.text.len() <= LONGEST => {
                self.ends.push(end);
                Ok(())
            }
            _ => Err(format!("a page with more than {LONGEST} bytes of text")),
        }
    }
}

/// The values in `bytes`, at most `count` of them.
///
/// # Errors
/// What is wrong with them.
pub(crate) fn read(
    column: &Column,
    encoding: Option<i64>,
    bytes: &[u8],
    count: usize,
) -> Result<Texts, String> {
    let mut texts = Texts::default();
    match (encoding, column.stored) {
        (Some(0), Stored::Bit) => {
            let bits = (0..count).map_while(|place| unpacked(bytes, 1, place));
            bits.map(|bit| [bit as u8]).try_for_each(|value| texts.push(column, &value))?;
        }
        (Some(0), Stored::Number(size) | Stored::Fixed(size)) => {
            let mut values = bytes.chunks_exact(size.max(1)).take(count);
            values.try_for_each(|value| texts.push(column, value))?;
        }
        (Some(0), Stored::Bytes) => {
            let mut reader = Reader::new(bytes);
            while reader.left() > 0 && texts.ends.len() < count {
                let value = reader.length().and_then(|length| reader.take(length));
                texts.push(column, value.ok_or(CUT_OFF)?)?;
            }
        }
        (Some(5), Stored::Number(size)) => {
            let numbers = deltas(&mut Reader::new(bytes), count).ok_or(CUT_OFF)?;
            for number in numbers {
                let bytes = number.to_le_bytes();
                texts.push(column, bytes.get(..size).unwrap_or_default())?;
            }
        }
        (Some(6 | 7), Stored::Bytes | Stored::Fixed(_)) => {
            let mut reader = Reader::new(bytes);
            let mut lengths = || deltas(&mut reader, count).ok_or(CUT_OFF);
            // Each value begins as the one before, in the form that shares beginnings.
            let shared = if encoding == Some(7) { Some(lengths()?) } else { None };
            let lengths = lengths()?;
            let mut value: Vec<u8> = Vec::new();
            for (place, length) in lengths.into_iter().enumerate() {
                let kept = shared.as_ref().map_or(Some(&0), |shared| shared.get(place));
                let kept = kept.and_then(|kept| usize::try_from(*kept).ok());
                value.truncate(kept.filter(|kept| *kept <= value.len()).ok_or(CUT_OFF)?);
                let own = u64::try_from(length).ok().and_then(|length| reader.take(length));
                value.extend(own.ok_or(CUT_OFF)?);
                texts.push(column, &value)?;
            }
        }
        (Some(9), Stored::Number(size) | Stored::Fixed(size)) => {
            // All first bytes, then all second ones, and so on.
            let values = bytes.len().checked_div(size).unwrap_or(0);
            let mut value = vec![0; size.min(bytes.len())];
            for place in 0..values.min(count) {
                for (byte, all) in value.iter_mut().zip(bytes.chunks_exact(values)) {
                    *byte = all.get(place).copied().unwrap_or_default();
                }
                texts.push(column, &value)?;
            }
        }
        (encoding, _) => {
            let encoding = encoding.map_or("none".to_owned(), |number| number.to_string());
            return Err(format!("values in the encoding {encoding}, which is not known for them"));
        }
    }
    Ok(texts)
}

const CUT_OFF: &str = "values that are damaged or cut off";

fn write(column: &Column, value: &[u8], text: &mut String) -> Result<(), String> {
    let (four, eight) =
        (value.try_into().map(u32::from_le_bytes), value.try_into().map(u64::from_le_bytes));
    let written = match (&column.kind, column.stored, four, eight) {
        (Kind::Truth, ..) => write!(text, "{}", value != [0]),
        (Kind::Integer, Stored::Number(_), Ok(bits), _) => write!(text, "{}", bits.cast_signed()),
        (Kind::Integer, Stored::Number(_), _, Ok(bits)) => write!(text, "{}", bits.cast_signed()),
        (Kind::Unsigned, Stored::Number(_), Ok(bits), _) => write!(text, "{bits}"),
        (Kind::Unsigned, Stored::Number(_), _, Ok(bits)) => write!(text, "{bits}"),
        (Kind::Float, Stored::Number(_), Ok(bits), _) => write!(text, "{:?}", f32::from_bits(bits)),
        (Kind::Float, Stored::Number(_), _, Ok(bits)) => write!(text, "{:?}", f64::from_bits(bits)),
        (Kind::Float, Stored::Fixed(_), ..) => {
            let bits = value.try_into().map(u16::from_le_bytes);
            write!(text, "{:?}", single(bits.map_err(|_| "a number that is cut off".to_owned())?))
        }
        (Kind::Decimal(scale), Stored::Number(_), Ok(bits), _) => {
            return decimal(bits.cast_signed().into(), *scale, text);
        }
        (Kind::Decimal(scale), Stored::Number(_), _, Ok(bits)) => {
            return decimal(bits.cast_signed().into(), *scale, text);
        }
        (Kind::Decimal(scale), Stored::Bytes | Stored::Fixed(_), ..) => {
            return decimal(integer(value)?, *scale, text);
        }
        (Kind::Text, Stored::Bytes, ..) => {
            let value = std::str::from_utf8(value);
            text.push_str(value.map_err(|_| "text that is not UTF-8".to_owned())?);
            Ok(())
        }
        _ => return Err("values of another type than stated".to_owned()),
    };
    written.map_err(|error| error.to_string())
}

/// The number that has these bits in half precision (IEEE 754).
fn single(half: u16) -> f32 {
    let (sign, rest) = (u32::from(half & 0x8000) << 16, u32::from(half & 0x7fff) << 13);
    let magnitude = match half & 0x7c00 {
        0x7c00 => f32::from_bits(rest | 0x7f80_0000),
        // Exponents of single precision begin 112 lower; numbers without one become such as have one.
        _ => f32::from_bits(rest) * 2.0_f32.powi(112),
    };
    f32::from_bits(magnitude.to_bits() | sign)
}

/// An integer of up to 16 bytes, the highest first.
fn integer(bytes: &[u8]) -> Result<i128, String> {
    if bytes.len() > 16 {
        return Err(format!("a decimal of {} bytes, expected at most 16", bytes.len()));
    }
    let sign = if bytes.first().is_some_and(|byte| byte & 0x80 != 0) { -1 } else { 0 };
    Ok(bytes.iter().fold(sign, |integer, byte| (integer << 8) | i128::from(*byte)))
}

/// An integer with its last `scale` digits behind the point.
fn decimal(integer: i128, scale: u32, text: &mut String) -> Result<(), String> {
    let one = 10_u128.checked_pow(scale).ok_or("a decimal of too many digits")?;
    let magnitude = integer.unsigned_abs();
    let sign = if integer < 0 { "-" } else { "" };
    let (whole, rest) = (magnitude / one, magnitude % one);
    let written = match scale {
        0 => write!(text, "{sign}{whole}"),
        _ => write!(text, "{sign}{whole}.{rest:0width$}", width = scale as usize),
    };
    written.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of the standard's examples and limits.
    #[test]
    fn half_precision_is_exact_in_single_precision() {
        for (bits, number) in [
            (0x0000, 0.0),
            (0x8000, -0.0),
            (0x3c00, 1.0),
            (0xc100, -2.5),
            (0x3555, 0.333_251_95),
            (0x7bff, 65504.0),
            (0x0400, 2.0_f32.powi(-14)),
            (0x03ff, 1023.0 * 2.0_f32.powi(-24)),
            (0x8001, -(2.0_f32.powi(-24))),
            (0x7c00, f32::INFINITY),
            (0xfc00, f32::NEG_INFINITY),
        ] {
            assert_eq!(single(bits).to_bits(), f32::to_bits(number), "{bits:04x}");
        }
        assert!(single(0x7e00).is_nan());
    }

    #[test]
    fn decimals_have_their_point() {
        let text = |integer, scale| {
            let mut text = String::new();
            decimal(integer, scale, &mut text).unwrap();
            text
        };
        assert_eq!(text(-5, 2), "-0.05");
        assert_eq!(text(12345, 3), "12.345");
        assert_eq!(text(7, 0), "7");
        assert_eq!(integer(&[0xff, 0x38]), Ok(-200));
        assert_eq!(integer(&[0x01, 0x00, 0x00]), Ok(65536));
        assert!(integer(&[0; 17]).is_err());
    }
}
