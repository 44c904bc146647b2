//! Named tensors as safetensors bytes.

use std::collections::BTreeMap;

use nn::Parameter;
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};

use crate::ExportError;

/// The one key of the metadata; with a single key the bytes of a file are always the same.
const METADATA: &str = "potstill";

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
    decode(bytes, |_| true)
}

/// The same of the tensors with a wanted name.
pub(crate) fn decode(
    bytes: &[u8],
    wanted: impl Fn(&str) -> bool,
) -> Result<(BTreeMap<String, Parameter>, Option<String>), ExportError> {
    let (_, header) = SafeTensors::read_metadata(bytes)?;
    let description = header.metadata().as_ref().and_then(|map| map.get(METADATA)).cloned();
    let file = SafeTensors::deserialize(bytes)?;
    let mut tensors = BTreeMap::new();
    for (name, view) in file.iter().filter(|(name, _)| wanted(name)) {
        if view.dtype() != Dtype::F32 {
            let found = format!("{:?}", view.dtype());
            return Err(ExportError::Type { name: name.to_owned(), found });
        }
        let values = view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
        let tensor = Parameter { shape: view.shape().to_vec(), values: values.collect() };
        tensors.insert(name.to_owned(), tensor);
    }
    Ok((tensors, description))
}
