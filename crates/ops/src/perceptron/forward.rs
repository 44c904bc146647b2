//! The way forwards.

use super::{Dense, parameters, rows_of_piece};
use crate::Level;
use crate::activation::Activation;
use crate::matrix::multiply_lines;
use crate::memory::Buffer;
use crate::threads::each_piece;

/// The output of each layer for `rows` rows of `input`; each is `[rows, outputs]`, after ReLU but for
/// the last.
pub fn forward(level: Level, layers: &[Dense<'_>], rows: usize, input: &[f32]) -> Vec<Buffer> {
    let mut outputs: Vec<Buffer> =
        layers.iter().map(|layer| Buffer::exact(rows * layer.outputs())).collect();
    let size = rows_of_piece(layers, rows);
    let mut pieces: Vec<Piece<'_>> = (0..rows.div_ceil(size))
        .map(|number| {
            let (first, end) = (number * size, rows.min((number + 1) * size));
            let inputs = layers.first().map_or(0, |layer| layer.inputs());
            Piece { input: &input[first * inputs..end * inputs], outputs: Vec::new() }
        })
        .collect();
    for (output, layer) in outputs.iter_mut().zip(layers) {
        let parts = output.chunks_mut(size * layer.outputs().max(1));
        for (piece, part) in pieces.iter_mut().zip(parts) {
            piece.outputs.push(part);
        }
    }
    each_piece(pieces, rows * parameters(layers), |piece| run(level, layers, piece));
    outputs
}

/// Some rows of a batch.
struct Piece<'a> {
    input: &'a [f32],
    outputs: Vec<&'a mut [f32]>,
}

fn run(level: Level, layers: &[Dense<'_>], piece: Piece<'_>) {
    let mut input = piece.input;
    for (number, (layer, output)) in layers.iter().zip(piece.outputs).enumerate() {
        let hidden = number + 1 < layers.len();
        let activation = if hidden { Activation::Relu } else { Activation::None };
        let sizes = [layer.inputs(), layer.outputs()];
        let bias = layer.bias;
        multiply_lines(
            level,
            input,
            layer.weight,
            sizes,
            output,
            #[inline(always)]
            |_, column, part| {
                for (value, bias) in part.iter_mut().zip(&bias[column..]) {
                    *value += bias;
                }
                activation.apply_to(part);
            },
        );
        input = output;
    }
}
