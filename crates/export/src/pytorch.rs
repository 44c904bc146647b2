//! Weights in PyTorch's layout.

use std::collections::BTreeMap;

use nn::{KeyRules, Network, Parameter, Weights, read_weights, write_weights};
use safetensors::SafeTensors;

use crate::tensors::{ANY_FLOAT, decode, encode};
use crate::{ExportError, Misfits};

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

/// Puts a `state_dict` that PyTorch saved as safetensors into a network, its names changed by `keys`;
/// `num_batches_tracked` of a batch normalisation is passed over. Half precision, brain floats and double precision
/// become single precision.
///
/// # Errors
/// [`ExportError::Keys`] with all tensors that are missing, unused or of another shape, [`ExportError::Type`] for a
/// tensor that holds no floating-point numbers, [`ExportError::NotFinite`] for one with a number that is not finite, [`ExportError::NegativeVariance`] for a variance below 0, and [`ExportError::Weights`] for a rule that fits no name or gives two
/// tensors one.
pub fn read_pytorch<N: Network>(
    network: N,
    bytes: &[u8],
    keys: &KeyRules,
) -> Result<N, ExportError> {
    let given = renamed(bytes, keys)?;
    compare(&expected(&network), &given)?;
    let weights = given.iter().map(|(name, tensor)| from_pytorch(name, tensor)).collect();
    Ok(write_weights(network, &weights)?)
}

/// The weights of a `state_dict` that a network begins with, by its own paths. The last layer may be absent, as it is where
/// the network was trained on other classes and a rule leaves it out; it then keeps the weights that it has. Otherwise
/// as [`read_pytorch`].
///
/// # Errors
/// As [`read_pytorch`], and [`ExportError::Head`] where nothing but the last layer is of another shape.
pub fn read_pytorch_start<N: Network>(
    network: &N,
    bytes: &[u8],
    keys: &KeyRules,
) -> Result<Weights, ExportError> {
    let given = renamed(bytes, keys)?;
    let mut expected = expected(network);
    if !given.keys().any(|name| is_of_head(name)) {
        expected.retain(|name, _| !is_of_head(name));
    }
    compare(&expected, &given).map_err(|error| match error {
        ExportError::Keys(misfits)
            if misfits.missing.is_empty()
                && misfits.unused.is_empty()
                && misfits.misshapen.iter().all(|name| is_of_head(name)) =>
        {
            ExportError::Head(misfits.misshapen)
        }
        error => error,
    })?;
    Ok(given.iter().map(|(name, tensor)| from_pytorch(name, tensor)).collect())
}

/// Whether a tensor is of the layer that says the outputs.
fn is_of_head(name: &str) -> bool {
    name.starts_with("output.") || name.starts_with("distillation_output.")
}

/// What a network has, as PyTorch has it.
fn expected<N: Network>(network: &N) -> Tensors {
    read_weights(network).iter().map(|(path, weight)| to_pytorch(path, weight)).collect()
}

/// What the names of running variances end with.
const VARIANCE: &str = "running_var";

/// The tensors of a file by the names of the network.
fn renamed(bytes: &[u8], keys: &KeyRules) -> Result<Tensors, ExportError> {
    let file = SafeTensors::deserialize(bytes)?;
    let names = file.names().into_iter().filter(|name| !name.ends_with(COUNTER));
    let renamed = keys.all_renamed(names)?;
    let ours: BTreeMap<&str, &str> =
        renamed.iter().map(|(ours, theirs)| (*theirs, ours.as_str())).collect();
    let (read, _) = decode(bytes, |name| ours.contains_key(name), ANY_FLOAT)?;
    let mut given = Tensors::new();
    for (theirs, tensor) in read {
        let Some(ours) = ours.get(theirs.as_str()) else { continue };
        if let Some(&found) = tensor.values.iter().find(|value| !value.is_finite()) {
            return Err(ExportError::NotFinite { name: theirs, found });
        }
        let negative = tensor.values.iter().find(|value| **value < 0.0);
        if let Some(&found) = negative.filter(|_| ours.ends_with(VARIANCE)) {
            return Err(ExportError::NegativeVariance { name: theirs, found });
        }
        given.insert((*ours).to_owned(), tensor);
    }
    Ok(given)
}

type Tensors = BTreeMap<String, Parameter>;

fn compare(expected: &Tensors, given: &Tensors) -> Result<(), ExportError> {
    let lacking = |all: &Tensors, from: &Tensors| -> Vec<String> {
        all.keys().filter(|name| !from.contains_key(*name)).cloned().collect()
    };
    let (missing, unused) = (lacking(expected, given), lacking(given, expected));
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
    let rule = |name: &String| {
        let theirs = nearest((name, expected.get(name)?), &unused, given)?;
        Some(format!("{theirs} -> {name}"))
    };
    let similar = missing.iter().filter_map(rule).collect();
    Err(ExportError::Keys(Box::new(Misfits { missing, unused, misshapen, similar })))
}

/// The unused tensor of the same shape whose name has most in common with a missing one.
fn nearest<'a>(
    (name, tensor): (&String, &Parameter),
    unused: &'a [String],
    given: &Tensors,
) -> Option<&'a String> {
    let same = |other: &&String| given.get(*other).is_some_and(|other| other.shape == tensor.shape);
    // The first of those that are equally near, as names are in order.
    unused.iter().rev().filter(same).max_by_key(|other| in_common(name, other))
}

/// How many of the parts between the dots two names share, from their ends, and how many of their digits from the first.
fn in_common(one: &str, other: &str) -> (usize, usize) {
    let parts = one.rsplit('.').zip(other.rsplit('.')).take_while(|(a, b)| a == b).count();
    let digits = |name: &str| name.chars().filter(char::is_ascii_digit).collect::<Vec<_>>();
    let numbers = digits(one).into_iter().zip(digits(other)).take_while(|(a, b)| a == b).count();
    (parts, numbers)
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
