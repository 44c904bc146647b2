//! A tensor that says in which other file its numbers lie.
//!
//! Numbers of fields are those of onnx.proto; the entries are those of "External Data" in the standard.

use std::collections::BTreeMap;

use crate::wire::{fields, message, numbers, text};
use crate::{ExternalData, OnnxError};

/// Where the numbers of a tensor lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    /// The name of the tensor.
    pub(crate) tensor: String,
    /// The file, as the model names it.
    pub(crate) file: String,
    /// The first byte.
    pub(crate) offset: u64,
    /// How many bytes its type and its sizes take.
    pub(crate) length: u64,
}

/// The numbers of fields of a tensor.
const DIMS: u64 = 1;
const KIND: u64 = 2;
const NAME: u64 = 8;
const RAW: u64 = 9;
const EXTERNAL: u64 = 13;
const LOCATION: u64 = 14;
/// Those that hold its numbers, in the file or elsewhere.
const CONTENTS: [u64; 9] = [4, 5, 6, 7, RAW, 10, 11, EXTERNAL, LOCATION];

impl Stored {
    /// Where the numbers of a tensor lie, by its message; none where they are in it.
    pub(crate) fn of(tensor: &[u8]) -> Result<Option<Self>, OnnxError> {
        let (mut name, mut kind, mut sizes) = (String::new(), 0, Vec::new());
        let (mut is_elsewhere, mut entries) = (false, BTreeMap::new());
        for field in fields(tensor)? {
            match (field.number, field.content) {
                (DIMS, None) => sizes.push(field.value),
                (DIMS, Some(packed)) => sizes.extend(numbers(packed)?),
                (KIND, None) => kind = field.value,
                (NAME, Some(content)) => name = text(content),
                (EXTERNAL, Some(content)) => entries.extend(entry(content)?),
                (LOCATION, None) => is_elsewhere = field.value == 1,
                _ => {}
            }
        }
        if !is_elsewhere {
            return Ok(None);
        }
        let file = entries.get("location").cloned().unwrap_or_default();
        let wrong = |expected: String, found: String| {
            let (tensor, file) = (name.clone(), file.clone());
            OnnxError::ExternalData(Box::new(ExternalData { tensor, file, expected, found }))
        };
        let number =
            |key: &str| match entries.get(key) {
                None => Ok(None),
                Some(value) => value.trim().parse::<u64>().map(Some).map_err(|_| {
                    wrong(format!("a number of bytes as `{key}`"), format!("`{value}`"))
                }),
            };
        let bits = bits(kind).ok_or_else(|| {
            wrong("numbers of a known type".to_owned(), format!("the type {kind}"))
        })?;
        let length = length(bits, &sizes).ok_or_else(|| {
            wrong("sizes that bytes can be counted of".to_owned(), format!("{sizes:?}"))
        })?;
        if let Some(found) = number("length")?.filter(|found| *found != length) {
            let expected = format!("{length} bytes for {bits} bits of each of {sizes:?}");
            return Err(wrong(expected, format!("a `length` of {found}")));
        }
        let offset = number("offset")?.unwrap_or(0);
        Ok(Some(Self { tensor: name, file, offset, length }))
    }

    /// The error about it.
    pub(crate) fn wrong(&self, expected: String, found: String) -> OnnxError {
        let (tensor, file) = (self.tensor.clone(), self.file.clone());
        OnnxError::ExternalData(Box::new(ExternalData { tensor, file, expected, found }))
    }
}

/// The message of a tensor with its numbers in it.
pub(crate) fn with_numbers(tensor: &[u8], contents: &[u8]) -> Result<Vec<u8>, OnnxError> {
    let mut whole = Vec::with_capacity(tensor.len() + contents.len());
    for field in fields(tensor)? {
        if !CONTENTS.contains(&field.number) {
            whole.extend_from_slice(field.bytes);
        }
    }
    whole.extend(message(RAW, contents));
    Ok(whole)
}

/// A key with its value.
fn entry(content: &[u8]) -> Result<Option<(String, String)>, OnnxError> {
    let (mut key, mut value) = (None, None);
    for field in fields(content)? {
        match field.number {
            1 => key = field.content.map(text),
            2 => value = field.content.map(text),
            _ => {}
        }
    }
    Ok(key.zip(value))
}

/// Bits of an element, by the numbers of `TensorProto.DataType`; none of text, which has no fixed size.
fn bits(kind: u64) -> Option<u64> {
    Some(match kind {
        // float, int32, uint32
        1 | 6 | 12 => 32,
        // uint8, int8, bool, and the numbers of eight bits with a point
        2 | 3 | 9 | 17..=20 | 24 => 8,
        // uint16, int16, float16, bfloat16
        4 | 5 | 10 | 16 => 16,
        // int64, double, uint64, complex64
        7 | 11 | 13 | 14 => 64,
        // complex128
        15 => 128,
        // uint4, int4, float4
        21..=23 => 4,
        _ => return None,
    })
}

/// Bytes of that many elements; none where no number holds them.
fn length(bits: u64, sizes: &[u64]) -> Option<u64> {
    let count = sizes.iter().try_fold(1_u64, |count, &size| count.checked_mul(size))?;
    Some(count.checked_mul(bits)?.div_ceil(8))
}
