//! The bias of the last layer.

use burn::module::Module;

use crate::{NnError, read_weights, write_weights};

/// Where every network of this crate has it, or the network within it.
const OUTPUT_BIAS: [&str; 2] = ["output.bias", "network.output.bias"];
/// Where one with two heads, whose mean counts, has the other.
const SECOND_BIAS: &str = "distillation_output.bias";

/// A network whose output of each given class is larger by a number, for every input: Hinton, Vinyals and
/// Dean, "Distilling the Knowledge in a Neural Network" (2015), section 3, for a class that the transfer set
/// lacks. A class that is not there is passed over.
///
/// # Errors
/// [`NnError::MissingWeight`] for a network without `output.bias`.
pub fn shift_output_bias<M: Module>(network: M, shifts: &[(usize, f64)]) -> Result<M, NnError> {
    let mut weights = read_weights(&network);
    let Some(path) = OUTPUT_BIAS.into_iter().find(|path| weights.contains_key(*path)) else {
        let [path, _] = OUTPUT_BIAS;
        return Err(NnError::MissingWeight { path: path.to_owned(), expected: Vec::new() });
    };
    for path in [path, SECOND_BIAS] {
        let Some(bias) = weights.get_mut(path) else { continue };
        for (class, shift) in shifts {
            if let Some(value) = bias.values.get_mut(*class) {
                *value += *shift as f32;
            }
        }
    }
    write_weights(network, &weights)
}
