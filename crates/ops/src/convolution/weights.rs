//! Weights of a convolution, packed for its passes.

use super::Shape;
use crate::matrix::Panels;

/// Packs weights `[outputs, inputs, kernel, kernel]` for the forward pass: a line for each tap and
/// input, a column for each output.
pub(crate) fn forward_panels(shape: &Shape, weights: &[f32]) -> Panels {
    let mut panels = Panels::dirty(shape.taps() * shape.inputs, shape.outputs);
    let mut line = vec![0.0; shape.outputs];
    for tap in 0..shape.taps() {
        for input in 0..shape.inputs {
            let place = input * shape.taps() + tap;
            let weights = weights.chunks_exact(shape.inputs * shape.taps());
            for (value, weights) in line.iter_mut().zip(weights) {
                *value = weights[place];
            }
            panels.set_line(tap * shape.inputs + input, &line);
        }
    }
    panels
}

/// Packs the weights of some taps for the gradient of the data: a line for each of the taps and
/// each output, a column for each input.
pub(crate) fn backward_panels(shape: &Shape, weights: &[f32], taps: &[usize]) -> Panels {
    let mut panels = Panels::dirty(taps.len() * shape.outputs, shape.inputs);
    let mut line = vec![0.0; shape.inputs];
    for (place, &tap) in taps.iter().enumerate() {
        for output in 0..shape.outputs {
            let weights = &weights[output * shape.inputs * shape.taps()..];
            for (value, taps) in line.iter_mut().zip(weights.chunks_exact(shape.taps())) {
                *value = taps[tap];
            }
            panels.set_line(place * shape.outputs + output, &line);
        }
    }
    panels
}
