//! Weights in PyTorch's layout.

use std::collections::BTreeMap;

use nn::{Network, Parameter, read_weights, write_weights};

use crate::ExportError;
use crate::tensors::{decode, encode};

/// What PyTorch's batch normalisation counts and nothing computes with.
const COUNTER: &str = "num_batches_tracked";

/// The weights of a network as a safetensors file that PyTorch's `load_state_dict` takes, in a module
/// whose parts have the same names: dense weights are `[outputs, inputs]`, and the running statistics
/// of a batch normalisation `running_mean` and `running_var`. The metadata says `format: pt`.
///
/// # Errors
/// [`ExportError::Format`] never for the weights of a network.
pub fn write_pytorch<N: Network>(network: &N) -> Result<Vec<u8>, ExportError> {
    let weights = read_weights(network);
    let tensors = weights.iter().map(|(path, weight)| to_pytorch(path, weight)).collect();
    encode(&tensors, "format", "pt")
}

/// Puts a `state_dict` that PyTorch saved as safetensors into a network; `num_batches_tracked` of a
/// batch normalisation is passed over.
///
/// # Errors
/// [`ExportError::Keys`] with all tensors that are missing, unused or of another shape, and
/// [`ExportError::Type`] for a tensor that is not `F32`.
pub fn read_pytorch<N: Network>(network: N, bytes: &[u8]) -> Result<N, ExportError> {
    let (given, _) = decode(bytes, |name| !name.ends_with(COUNTER))?;
    let own = read_weights(&network);
    let expected = own.iter().map(|(path, weight)| to_pytorch(path, weight)).collect();
    compare(&expected, &given)?;
    let weights = given.iter().map(|(name, tensor)| from_pytorch(name, tensor)).collect();
    Ok(write_weights(network, &weights)?)
}

type Tensors = BTreeMap<String, Parameter>;

fn compare(expected: &Tensors, given: &Tensors) -> Result<(), ExportError> {
    let missing: Vec<String> =
        expected.keys().filter(|name| !given.contains_key(*name)).cloned().collect();
    let unused: Vec<String> =
        given.keys().filter(|name| !expected.contains_key(*name)).cloned().collect();
    let misshapen: Vec<String> = expected
        .iter()
        .filter_map(|(name, tensor)| Some((name, tensor, given.get(name)?)))
        .filter(|(_, expected, given)| expected.shape != given.shape)
        .map(|(name, expected, given)| {
            format!("{name} (expected {:?}, found {:?})", expected.shape, given.shape)
        })
        .collect();
    if missing.is_empty() && unused.is_empty() && misshapen.is_empty() {
        return Ok(());
    }
    Err(ExportError::Keys { missing, unused, misshapen })
}

/// Name and axes of a weight as PyTorch has them.
pub(crate) fn to_pytorch(path: &str, weight: &Parameter) -> (String, Parameter) {
    let name = path.replace("running_variance", "running_var");
    let tensor = oriented(&name, weight);
    (name, tensor)
}

/// Path and axes of a weight as the networks here have them.
pub(crate) fn from_pytorch(name: &str, tensor: &Parameter) -> (String, Parameter) {
    let path = match name.strip_suffix("running_var") {
        Some(front) => format!("{front}running_variance"),
        None => name.to_owned(),
    };
    let weight = oriented(&path, tensor);
    (path, weight)
}

/// Dense weights have their axes exchanged; anything else, such as learned positions, is as it is.
fn oriented(path: &str, tensor: &Parameter) -> Parameter {
    let [rows, columns] = tensor.shape[..] else { return tensor.clone() };
    if !path.ends_with("weight") {
        return tensor.clone();
    }
    // A file may claim any number of columns where there are no rows.
    let filled = if tensor.values.is_empty() { 0 } else { columns };
    let values = (0..filled)
        .flat_map(|column| tensor.values.iter().skip(column).step_by(columns.max(1)).take(rows))
        .copied()
        .collect();
    Parameter { shape: vec![columns, rows], values }
}
