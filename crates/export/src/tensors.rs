//! Named tensors as safetensors bytes.

use std::collections::BTreeMap;

use nn::Parameter;
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};

use crate::ExportError;
use crate::elements::{any_float, single};

/// The one key of the metadata; with a single key the bytes of a file are always the same.
const METADATA: &str = "potstill";

/// How numbers are read from their type and bytes, and the types that are read, in words.
pub(crate) type Reader = (fn(Dtype, &[u8]) -> Option<Vec<f32>>, &'static str);

pub(crate) const SINGLE: Reader = (single, "F32");
pub(crate) const ANY_FLOAT: Reader = (any_float, "F16, BF16, F32 or F64");

/// The tensors as safetensors bytes, with a text of one's own in the metadata. Equal input gives
/// equal bytes.
///
/// # Errors
/// [`ExportError::Format`] for a tensor whose shape and length disagree.
pub fn encode_tensors(
    tensors: &BTreeMap<String, Parameter>,
    description: &str,
) -> Result<Vec<u8>, ExportError> {
    encode(tensors, METADATA, description)
}

/// The same with one entry of metadata.
pub(crate) fn encode(
    tensors: &BTreeMap<String, Parameter>,
    key: &str,
    text: &str,
) -> Result<Vec<u8>, ExportError> {
    let bytes: Vec<(&String, &Parameter, Vec<u8>)> = tensors
        .iter()
        .map(|(name, tensor)| {
            let bytes = tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect();
            (name, tensor, bytes)
        })
        .collect();
    let mut views = Vec::with_capacity(bytes.len());
    for (name, tensor, bytes) in &bytes {
        views.push((name.as_str(), TensorView::new(Dtype::F32, tensor.shape.clone(), bytes)?));
    }
    let metadata = [(key.to_owned(), text.to_owned())].into_iter().collect();
    Ok(serialize(views, Some(metadata))?)
}

/// The tensors of safetensors bytes, and the text that was stored with them.
///
/// # Errors
/// [`ExportError::Format`] or [`ExportError::Type`]; a file without our text gives none.
pub fn decode_tensors(
    bytes: &[u8],
) -> Result<(BTreeMap<String, Parameter>, Option<String>), ExportError> {
    decode(bytes, |_| true, SINGLE)
}

/// The same of the tensors with a wanted name.
pub(crate) fn decode(
    bytes: &[u8],
    wanted: impl Fn(&str) -> bool,
    (read, expected): Reader,
) -> Result<(BTreeMap<String, Parameter>, Option<String>), ExportError> {
    let description = description(bytes)?;
    let file = SafeTensors::deserialize(bytes)?;
    let mut tensors = BTreeMap::new();
    for (name, view) in file.iter().filter(|(name, _)| wanted(name)) {
        let values = read(view.dtype(), view.data()).ok_or_else(|| ExportError::Type {
            name: name.to_owned(),
            expected,
            found: format!("{:?}", view.dtype()),
        })?;
        tensors.insert(name.to_owned(), Parameter { shape: view.shape().to_vec(), values });
    }
    Ok((tensors, description))
}

/// The text that was stored with the tensors, where it is ours.
pub(crate) fn description(bytes: &[u8]) -> Result<Option<String>, ExportError> {
    let (_, header) = SafeTensors::read_metadata(bytes)?;
    Ok(header.metadata().as_ref().and_then(|map| map.get(METADATA)).cloned())
}

/// A tensor of a file, without its numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorCard {
    /// Its name.
    pub name: String,
    /// Sizes of its axes.
    pub shape: Vec<usize>,
    /// The type of its numbers, such as `F32`.
    pub kind: String,
}

/// What is in the bytes of a safetensors file, in the order of the names.
///
/// # Errors
/// [`ExportError::Format`] for something else.
pub fn list_tensors(bytes: &[u8]) -> Result<Vec<TensorCard>, ExportError> {
    let file = SafeTensors::deserialize(bytes)?;
    let card = |(name, view): (&str, TensorView<'_>)| TensorCard {
        name: name.to_owned(),
        shape: view.shape().to_vec(),
        kind: format!("{:?}", view.dtype()),
    };
    let mut cards: Vec<TensorCard> = file.iter().map(card).collect();
    cards.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(cards)
}
