/*!
Structures as they are written in Thrift's compact protocol.

Written down in "Thrift compact protocol encoding" of Apache Thrift.
*/

/// The kinds of values that Parquet needs, as the protocol numbers them.
const I32: u8 = 5;
const I64: u8 = 6;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

/// A structure that is being written, its fields in the order of their numbers.
#[derive(Default)]
pub(crate) struct Structure {
    bytes: Vec<u8>,
    last: i16,
}

impl Structure {
    pub(crate) fn i32(mut self, number: i16, value: i32) -> Self {
        self.head(number, I32);
        signed(&mut self.bytes, value.into());
        self
    }

    pub(crate) fn i64(mut self, number: i16, value: i64) -> Self {
        self.head(number, I64);
        signed(&mut self.bytes, value);
        self
    }

    pub(crate) fn text(mut self, number: i16, text: &str) -> Self {
        self.head(number, BINARY);
        push_text(&mut self.bytes, text);
        self
    }

    pub(crate) fn structure(mut self, number: i16, inner: Self) -> Self {
        self.head(number, STRUCT);
        self.bytes.extend(inner.end());
        self
    }

    pub(crate) fn numbers(mut self, number: i16, values: &[i32]) -> Self {
        self.list(number, I32, values.len());
        values.iter().for_each(|&value| signed(&mut self.bytes, value.into()));
        self
    }

    pub(crate) fn texts(mut self, number: i16, texts: &[&str]) -> Self {
        self.list(number, BINARY, texts.len());
        texts.iter().for_each(|text| push_text(&mut self.bytes, text));
        self
    }

    pub(crate) fn structures(mut self, number: i16, inner: Vec<Self>) -> Self {
        self.list(number, STRUCT, inner.len());
        inner.into_iter().for_each(|inner| self.bytes.extend(inner.end()));
        self
    }

    /// The bytes of the structure.
    pub(crate) fn end(mut self) -> Vec<u8> {
        self.bytes.push(0);
        self.bytes
    }

    fn head(&mut self, number: i16, kind: u8) {
        match u8::try_from(number - self.last) {
            Ok(step @ 1..=15) => self.bytes.push(step << 4 | kind),
            _ => {
                self.bytes.push(kind);
                signed(&mut self.bytes, number.into());
            }
        }
        self.last = number;
    }

    fn list(&mut self, number: i16, kind: u8, count: usize) {
        self.head(number, LIST);
        match u8::try_from(count) {
            Ok(count @ 0..15) => self.bytes.push(count << 4 | kind),
            _ => {
                self.bytes.push(0xf0 | kind);
                unsigned(&mut self.bytes, count as u64);
            }
        }
    }
}

fn push_text(bytes: &mut Vec<u8>, text: &str) {
    unsigned(bytes, text.len() as u64);
    bytes.extend(text.as_bytes());
}

/// Seven bits a byte, the lowest first (LEB128).
fn unsigned(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// As [`unsigned`], with signs that alternate: 0, -1, 1, -2 and so on.
fn signed(bytes: &mut Vec<u8>, number: i64) {
    unsigned(bytes, ((number << 1) ^ (number >> 63)) as u64);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thrift::structure;

    #[test]
    fn a_structure_is_written_as_by_hand() {
        let item = |number| Structure::default().i32(1, number);
        let inner = Structure::default().i32(1, -3).structures(2, vec![item(1), item(-1)]);
        let written = inner.text(20, "ok").end();
        assert_eq!(
            written,
            [0x15, 5, 0x19, 0x2c, 0x15, 2, 0, 0x15, 1, 0, 0x08, 40, 2, b'o', b'k', 0]
        );
    }

    #[test]
    fn what_is_written_is_understood() {
        let texts: Vec<String> = (0..300).map(|number| number.to_string()).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        for number in [0, 1, -1, 63, 64, -64, -65, i64::MAX, i64::MIN] {
            let inner = Structure::default().i64(3, number);
            let written = Structure::default()
                .i64(2, number)
                .texts(5, &texts)
                .numbers(6, &[7, -8])
                .structure(9, inner)
                .end();
            let (fields, length) = structure(&written).unwrap();
            assert_eq!(length, written.len());
            assert_eq!(fields.integer(2), Some(number));
            assert_eq!(fields.fields(9).unwrap().integer(3), Some(number));
        }
    }
}
