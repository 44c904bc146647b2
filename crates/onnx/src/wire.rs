//! The frame of a file, checked before anything else reads it: every part must lie within the part
//! that holds it. A reader that trusts a length may otherwise wait, seek backwards or ask for more
//! memory than there is.
//!
//! Written after the encoding of protocol buffers; numbers of fields are those of onnx.proto.

use crate::OnnxError;

/// Parts within parts are not nested deeper than this; each branch or loop within another takes three.
const DEEPEST: usize = 64;

/// A message whose inside is looked at.
#[derive(Clone, Copy)]
enum Message {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
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
    fn inside(self, field: u64) -> Option<Self> {
        Some(match (self, field) {
            (Self::Model, 7) => Self::Graph,
            (Self::Model, 8 | 14) => Self::Leaf,
            (Self::Graph, 1) => Self::Node,
            (Self::Graph, 5) => Self::Tensor,
            (Self::Graph, 11..=13) => Self::ValueInfo,
            (Self::Node, 5) => Self::Attribute,
            (Self::Attribute, 5 | 10) => Self::Tensor,
            (Self::Attribute, 6 | 11) => Self::Graph,
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

/// Checks the frame of a whole file.
pub(crate) fn check(bytes: &[u8]) -> Result<(), OnnxError> {
    walk(bytes, Message::Model, 0)
}

fn walk(mut bytes: &[u8], message: Message, depth: usize) -> Result<(), OnnxError> {
    if depth > DEEPEST {
        return Err(broken("parts nested too deeply"));
    }
    while !bytes.is_empty() {
        let tag = number(&mut bytes)?;
        let length = match tag & 7 {
            0 => {
                number(&mut bytes)?;
                0
            }
            1 => 8,
            2 => number(&mut bytes)?,
            5 => 4,
            _ => return Err(broken("a field of no known kind")),
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let (content, rest) =
            bytes.split_at_checked(length).ok_or_else(|| broken("a part that ends beyond it"))?;
        bytes = rest;
        if let (2, Some(inner)) = (tag & 7, message.inside(tag >> 3)) {
            walk(content, inner, depth + 1)?;
        }
    }
    Ok(())
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

fn broken(found: &str) -> OnnxError {
    OnnxError::Format(format!("found {found}"))
}
