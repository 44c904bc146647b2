//! The frame of a file, checked before anything else reads it: every part must lie within the part
//! that holds it. A reader that trusts a length may otherwise wait, seek backwards or ask for more
//! memory than there is.
//!
//! Written after the encoding of protocol buffers; numbers of fields are those of onnx.proto.

use crate::OnnxError;

/// Parts within parts are not nested deeper than this; each branch or loop within another takes three.
const DEEPEST: usize = 64;

/// A message whose inside is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Message {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    SparseTensor,
    Function,
    ValueInfo,
    Type,
    TensorType,
    SequenceType,
    Shape,
    /// One that holds no other.
    Leaf,
}

impl Message {
    /// The message in a field of this one; none for text, bytes and packed numbers.
    pub(crate) fn inside(self, field: u64) -> Option<Self> {
        Some(match (self, field) {
            (Self::Model, 7) => Self::Graph,
            (Self::Model, 8 | 14) => Self::Leaf,
            (Self::Model, 25) => Self::Function,
            (Self::Function, 7) => Self::Node,
            (Self::Function, 11) => Self::Attribute,
            (Self::Graph, 1) => Self::Node,
            (Self::Graph, 5) => Self::Tensor,
            (Self::Graph, 11..=13) => Self::ValueInfo,
            (Self::Graph, 15) => Self::SparseTensor,
            (Self::SparseTensor, 1 | 2) => Self::Tensor,
            (Self::Node, 5) => Self::Attribute,
            (Self::Attribute, 5 | 10) => Self::Tensor,
            (Self::Attribute, 6 | 11) => Self::Graph,
            (Self::Attribute, 22 | 23) => Self::SparseTensor,
            (Self::Attribute, 14 | 15) => Self::Type,
            (Self::Tensor, 13) => Self::Leaf,
            (Self::ValueInfo, 2) => Self::Type,
            (Self::Type, 1) => Self::TensorType,
            (Self::Type, 4) => Self::SequenceType,
            (Self::SequenceType, 1) => Self::Type,
            (Self::TensorType, 2) => Self::Shape,
            (Self::Shape, 1) => Self::Leaf,
            _ => return None,
        })
    }
}

/// One field of a message.
pub(crate) struct Field<'a> {
    /// Its number.
    pub(crate) number: u64,
    /// All of it, its number and length included.
    pub(crate) bytes: &'a [u8],
    /// What is in it, where it is text, bytes or a message.
    pub(crate) content: Option<&'a [u8]>,
    /// The number in it, where it is one of variable length; otherwise 0.
    pub(crate) value: u64,
}

/// The fields of a message, in order.
pub(crate) fn fields(mut bytes: &[u8]) -> Result<Vec<Field<'_>>, OnnxError> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let whole = bytes;
        let (tag, value, content) = field(&mut bytes)?;
        let length = whole.len() - bytes.len();
        let content = (tag & 7 == 2).then_some(content);
        let bytes = whole.get(..length).unwrap_or_default();
        found.push(Field { number: tag >> 3, bytes, content, value });
    }
    Ok(found)
}

/// A field of this number that holds text, bytes or a message.
pub(crate) fn message(number: u64, content: &[u8]) -> Vec<u8> {
    let mut bytes = varying(number << 3 | 2);
    bytes.extend(varying(content.len() as u64));
    bytes.extend_from_slice(content);
    bytes
}

/// Text as it is, with what is none replaced.
pub(crate) fn text(content: &[u8]) -> String {
    String::from_utf8_lossy(content).into_owned()
}

/// Checks the frame of a whole file.
pub(crate) fn check(bytes: &[u8]) -> Result<(), OnnxError> {
    walk(bytes, Message::Model, 0)
}

fn walk(mut bytes: &[u8], message: Message, depth: usize) -> Result<(), OnnxError> {
    if depth > DEEPEST {
        return Err(broken("parts nested too deeply"));
    }
    while !bytes.is_empty() {
        let (tag, _, content) = field(&mut bytes)?;
        if let (2, Some(inner)) = (tag & 7, message.inside(tag >> 3)) {
            walk(content, inner, depth + 1)?;
        }
    }
    Ok(())
}

/// The numbers of variable length that follow one another in `bytes`.
pub(crate) fn numbers(mut bytes: &[u8]) -> Result<Vec<u64>, OnnxError> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        found.push(number(&mut bytes)?);
    }
    Ok(found)
}

/// The next field: its number and kind, its value where it is a number of variable length, and else its content.
fn field<'a>(bytes: &mut &'a [u8]) -> Result<(u64, u64, &'a [u8]), OnnxError> {
    let tag = number(bytes)?;
    let mut value = 0;
    let length = match tag & 7 {
        0 => {
            value = number(bytes)?;
            0
        }
        1 => 8,
        2 => number(bytes)?,
        5 => 4,
        _ => return Err(broken("a field of no known kind")),
    };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let (content, rest) =
        bytes.split_at_checked(length).ok_or_else(|| broken("a part that ends beyond it"))?;
    *bytes = rest;
    Ok((tag, value, content))
}

/// A number of variable length, at most ten bytes.
fn number(bytes: &mut &[u8]) -> Result<u64, OnnxError> {
    let mut value = 0_u64;
    for place in 0..10 {
        let (&byte, rest) = bytes.split_first().ok_or_else(|| broken("the end within a number"))?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(broken("a number that does not end"))
}

/// A number in as few bytes as it takes.
fn varying(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn broken(found: &str) -> OnnxError {
    OnnxError::Format(format!("found {found}"))
}
