/*!
Thrift's compact protocol, in which a Parquet file describes itself, as far as it must be understood
to hold its claims against its bytes.

Written down in "Thrift compact protocol encoding" of Apache Thrift. Every element of a list takes at
least one byte here, so that a list is never longer than what is left of the file.
*/

use crate::reader::Reader;

/// Structures lie less deep in Parquet.
const DEEPEST: usize = 16;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    /// A truth value is 0 or 1.
    Integer(i64),
    Bytes(&'a [u8]),
    List(Vec<Value<'a>>),
    Struct(Fields<'a>),
    /// What Parquet's own structures do not need.
    Other,
}

/// The fields of a structure by number.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Fields<'a>(Vec<(i16, Value<'a>)>);

impl<'a> Fields<'a> {
    fn get(&self, number: i16) -> Option<&Value<'a>> {
        self.0.iter().find(|(field, _)| *field == number).map(|(_, value)| value)
    }

    /// Whether a field is there.
    pub(crate) fn has(&self, number: i16) -> bool {
        self.get(number).is_some()
    }

    pub(crate) fn integer(&self, number: i16) -> Option<i64> {
        match self.get(number)? {
            Value::Integer(integer) => Some(*integer),
            _ => None,
        }
    }

    pub(crate) fn bytes(&self, number: i16) -> Option<&'a [u8]> {
        match self.get(number)? {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    pub(crate) fn fields(&self, number: i16) -> Option<&Self> {
        match self.get(number)? {
            Value::Struct(fields) => Some(fields),
            _ => None,
        }
    }

    /// The structures of a list; none where the field is absent or a list of other things.
    pub(crate) fn structures(&self, number: i16) -> Option<Vec<&Self>> {
        let Value::List(items) = self.get(number)? else { return None };
        items
            .iter()
            .map(|item| match item {
                Value::Struct(fields) => Some(fields),
                _ => None,
            })
            .collect()
    }

    /// The numbers of the fields that are there.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = i16> {
        self.0.iter().map(|(number, _)| *number)
    }
}

/// Reads the structure at the beginning of `bytes`; says also how many of them it takes.
pub(crate) fn structure(bytes: &[u8]) -> Option<(Fields<'_>, usize)> {
    let mut reader = Reader::new(bytes);
    let fields = reader.fields(0)?;
    Some((fields, bytes.len() - reader.left()))
}

impl<'a> Reader<'a> {
    fn fields(&mut self, depth: usize) -> Option<Fields<'a>> {
        let mut fields = Vec::new();
        let mut number = 0_i16;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(Fields(fields));
            }
            number = match i16::from(head >> 4) {
                0 => i16::try_from(self.signed()?).ok()?,
                step => number.checked_add(step)?,
            };
            let value = match head & 0x0f {
                1 => Value::Integer(1),
                2 => Value::Integer(0),
                kind => self.value(kind, depth)?,
            };
            fields.push((number, value));
        }
    }

    fn value(&mut self, kind: u8, depth: usize) -> Option<Value<'a>> {
        Some(match kind {
            // Inside of a list a truth value is a byte.
            1..=3 => Value::Integer(i64::from(self.byte()? as i8)),
            4..=6 => Value::Integer(self.signed()?),
            7 => self.take(8).map(|_| Value::Other)?,
            8 => {
                let length = self.unsigned()?;
                Value::Bytes(self.take(length)?)
            }
            9 | 10 if depth < DEEPEST => {
                let head = self.byte()?;
                let count = match head >> 4 {
                    15 => self.unsigned()?,
                    count => u64::from(count),
                };
                if count > self.left() as u64 {
                    return None;
                }
                let item = |_| self.value(head & 0x0f, depth + 1);
                Value::List((0..count).map(item).collect::<Option<_>>()?)
            }
            12 if depth < DEEPEST => Value::Struct(self.fields(depth + 1)?),
            13 => self.take(16).map(|_| Value::Other)?,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: field 1 an i32 of -3, field 2 a list of two structures, field 20 a text.
    const STRUCTURE: [u8; 15] =
        [0x15, 5, 0x19, 0x2c, 0x15, 2, 0, 0x11, 0, 0x08, 40, 2, b'o', b'k', 0];

    #[test]
    fn a_structure_by_hand_is_understood() {
        let (fields, length) = structure(&STRUCTURE).unwrap();
        assert_eq!(length, STRUCTURE.len());
        assert_eq!(fields.integer(1), Some(-3));
        let items = fields.structures(2).unwrap();
        assert_eq!([items[0].integer(1), items[1].integer(1)], [Some(1), Some(1)]);
        assert_eq!(fields.bytes(20), Some(&b"ok"[..]));
        assert!(!fields.has(3) && fields.numbers().eq([1, 2, 20]));
    }

    #[test]
    fn what_is_cut_off_or_lies_is_refused() {
        for length in 0..STRUCTURE.len() {
            assert_eq!(structure(&STRUCTURE[..length]), None, "{length}");
        }
        // A list of 2^35 elements, a text longer than the file, structures without end.
        assert_eq!(structure(&[0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x7f, 0, 0]), None);
        assert_eq!(structure(&[0x18, 100, 0]), None);
        assert_eq!(structure(&[0x1c; 10_000]), None);
    }
}
