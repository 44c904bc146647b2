//! The way backwards.

use super::{Dense, parameters, rows_of_piece};
use crate::Level;
use crate::matrix::{Panels, multiply, multiply_transposed};
use crate::memory::Buffer;
use crate::sums::column_sums;
use crate::threads::each_piece;

/// The gradient of a layer.
#[derive(Debug)]
pub struct Gradient {
    /// `[inputs, outputs]`
    pub weight: Buffer,
    /// `[outputs]`
    pub bias: Vec<f32>,
}

/// What [`super::forward`] read and wrote.
#[derive(Clone, Copy, Debug)]
pub struct Passed<'a> {
    /// `[rows, inputs]` of the first layer.
    pub input: &'a [f32],
    /// The output of each layer.
    pub outputs: &'a [Buffer],
}

/// The gradients of all layers from that of the last one's output, `[rows, outputs]`.
///
/// `of_input`, where it is given, becomes the gradient of the input, `[rows, inputs]`.
pub fn backward(
    level: Level,
    layers: &[Dense<'_>],
    rows: usize,
    passed: Passed<'_>,
    gradient: &[f32],
    mut of_input: Option<&mut [f32]>,
) -> Vec<Gradient> {
    let size = rows_of_piece(layers, rows);
    let inputs = layers.first().map_or(0, |layer| layer.inputs());
    let outputs = layers.last().map_or(0, |layer| layer.outputs());
    let pieces = (0..rows.div_ceil(size).max(1)).map(|piece| {
        let (first, end) = (piece * size, rows.min((piece + 1) * size));
        let of_input = of_input.take().map(|all| {
            let (mine, rest) = all.split_at_mut((end - first) * inputs);
            of_input = Some(rest);
            mine
        });
        Piece { first, end, gradient: &gradient[first * outputs..end * outputs], of_input }
    });
    let pieces = pieces.collect();
    let work = 2 * rows * parameters(layers);
    let pass = Pass { level, layers, passed };
    let mut found = each_piece(pieces, work, |piece| pass.run(piece)).into_iter();
    let mut sums = found.next().unwrap_or_default();
    for piece in found {
        for (sum, piece) in sums.iter_mut().zip(piece) {
            add(&mut sum.weight, &piece.weight);
            add(&mut sum.bias, &piece.bias);
        }
    }
    sums
}

fn add(sums: &mut [f32], values: &[f32]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += value;
    }
}

/// Some rows of a batch.
struct Piece<'a> {
    first: usize,
    end: usize,
    /// The gradient of their last output.
    gradient: &'a [f32],
    of_input: Option<&'a mut [f32]>,
}

/// What is the same for all rows.
struct Pass<'a> {
    level: Level,
    layers: &'a [Dense<'a>],
    passed: Passed<'a>,
}

impl Pass<'_> {
    fn run(&self, piece: Piece<'_>) -> Vec<Gradient> {
        let Piece { first, end, gradient, of_input } = piece;
        let mut found = Vec::with_capacity(self.layers.len());
        let mut below: Option<Buffer> = None;
        for (number, layer) in self.layers.iter().enumerate().skip(1).rev() {
            let gradient = below.as_deref().unwrap_or(gradient);
            let width = layer.inputs();
            let hidden = &self.passed.outputs[number - 1][first * width..end * width];
            found.push(self.gradient_of(*layer, hidden, gradient));
            let mut of_hidden = Buffer::exact(hidden.len());
            self.gradient_below(
                *layer,
                gradient,
                &mut of_hidden,
                #[inline(always)]
                |place, part| {
                    for (value, hidden) in part.iter_mut().zip(&hidden[place..]) {
                        *value = if *hidden > 0.0 { *value } else { 0.0 };
                    }
                },
            );
            below = Some(of_hidden);
        }
        if let Some(layer) = self.layers.first() {
            let gradient = below.as_deref().unwrap_or(gradient);
            let width = layer.inputs();
            let input = &self.passed.input[first * width..end * width];
            found.push(self.gradient_of(*layer, input, gradient));
            if let Some(of_input) = of_input {
                self.gradient_below(*layer, gradient, of_input, |_, _| {});
            }
        }
        found.reverse();
        found
    }

    fn gradient_of(&self, layer: Dense<'_>, input: &[f32], gradient: &[f32]) -> Gradient {
        let (inputs, outputs) = (layer.inputs(), layer.outputs());
        let mut weight = Buffer::exact(layer.weight.len());
        weight.fill(0.0);
        let sizes = [gradient.len() / outputs.max(1), inputs, outputs];
        multiply_transposed(self.level, input, gradient, sizes, &mut weight);
        Gradient { weight, bias: column_sums(self.level, gradient, outputs) }
    }

    /// The gradient of what went into a layer; `finish` takes each part of it with its place.
    fn gradient_below(
        &self,
        layer: Dense<'_>,
        gradient: &[f32],
        out: &mut [f32],
        finish: impl Fn(usize, &mut [f32]) + Send + Sync,
    ) {
        let panels = Panels::pack_transposed(layer.weight, layer.outputs(), layer.inputs());
        multiply(
            self.level,
            gradient,
            &panels,
            out,
            #[inline(always)]
            |place, _, part| finish(place, part),
        );
    }
}
