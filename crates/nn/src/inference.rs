//! Logits of many samples, in batches and without a tape.

use burn::tensor::{Tensor, TensorData};

use crate::{Network, NnError, Taps, cpu};

/// Rows of one forward pass; large enough to keep the processor busy, small enough for its caches.
const ROWS: usize = 256;

/// Runs `network` in inference form over `values`, rows of `width` numbers, and gives the logits of
/// all rows, `classes` each, in the same order.
///
/// # Errors
/// [`NnError::Shape`] when `values` is not a whole number of rows, or when the network gives another
/// number of classes.
pub fn infer<N: Network>(
    network: &N,
    values: &[f32],
    width: usize,
    classes: usize,
) -> Result<Vec<f32>, NnError> {
    if width == 0 || !values.len().is_multiple_of(width) {
        return Err(NnError::Shape {
            model: "the network".into(),
            input: "the samples".into(),
            expected: format!("rows of {}", words::counted(width, "value")),
            found: words::counted(values.len(), "value"),
            hint: None,
        });
    }
    let network = network.valid();
    let mut logits = Vec::with_capacity(values.len() / width * classes);
    for rows in values.chunks(ROWS * width) {
        let inputs = batch(rows, width);
        let output = network.forward(inputs, &mut Taps::none());
        check_logits(output.dims(), [rows.len() / width, classes])?;
        logits.extend(output.into_data().iter::<f32>());
    }
    Ok(logits)
}

/// A batch of flat rows as a tensor without tape, `[rows, width]`.
pub fn batch(values: &[f32], width: usize) -> Tensor<2> {
    let rows = values.len().checked_div(width).unwrap_or(0);
    let values = values.get(..rows * width).unwrap_or_default().to_vec();
    Tensor::from_data(TensorData::new(values, [rows, width]), &cpu())
}

/// Checks that a network gives `[rows, classes]` logits.
///
/// # Errors
/// [`NnError::Shape`]
pub fn check_logits(found: [usize; 2], expected: [usize; 2]) -> Result<(), NnError> {
    check_dims("a batch", "logits of shape", found, expected)
}

/// Checks that a batch is `[rows, features]` of samples.
///
/// # Errors
/// [`NnError::Shape`]
pub fn check_samples(found: [usize; 2], expected: [usize; 2]) -> Result<(), NnError> {
    check_dims("the samples", "a batch of shape", found, expected)
}

fn check_dims(
    input: &str,
    what: &str,
    found: [usize; 2],
    expected: [usize; 2],
) -> Result<(), NnError> {
    if found == expected {
        return Ok(());
    }
    Err(NnError::Shape {
        model: "the network".into(),
        input: input.into(),
        expected: format!("{what} {expected:?}"),
        found: format!("{found:?}"),
        hint: None,
    })
}
