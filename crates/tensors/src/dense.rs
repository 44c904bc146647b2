//! Dense layers.

use std::sync::Arc;

use burn::tensor::{Tensor, TensorData};
use ops::Level;
use ops::memory::Buffer;
use ops::perceptron::{self, Dense, Passed};

use crate::operation::{Operation, apply};
use crate::value::{Numbers, Value, numbers, recycle, shape, slice};

/// `input W + b`: `[rows, inputs]`, `[inputs, outputs]` and `[outputs]` to `[rows, outputs]`.
pub fn dense(input: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<2> {
    match [Value::of(&input), Value::of(&weight), Value::of(&bias)] {
        [Some(input), Some(weight), Some(bias)] => apply(Stack, [input, weight, bias]).tensor(),
        _ => burn::tensor::module::linear(input, weight, Some(bias)),
    }
}

/// Dense layers with ReLU between them, as one operation: between small layers the bookkeeping of
/// a tape costs more than the arithmetic. `layers` holds weights and biases as in [`dense`].
pub fn dense_layers(input: Tensor<2>, layers: &[(Tensor<2>, Tensor<1>)]) -> Tensor<2> {
    let stacked = match layers {
        [a, b] => stacked::<5>(&input, &[a, b]),
        [a, b, c] => stacked::<7>(&input, &[a, b, c]),
        [a, b, c, d] => stacked::<9>(&input, &[a, b, c, d]),
        _ => None,
    };
    stacked.unwrap_or_else(|| one_by_one(input, layers))
}

fn one_by_one(input: Tensor<2>, layers: &[(Tensor<2>, Tensor<1>)]) -> Tensor<2> {
    let mut value = input;
    for (number, (weight, bias)) in layers.iter().enumerate() {
        let inner = if number == 0 { value } else { burn::tensor::activation::relu(value) };
        value = dense(inner, weight.clone(), bias.clone());
    }
    value
}

/// `N` is the input with two tensors a layer.
fn stacked<const N: usize>(
    input: &Tensor<2>,
    layers: &[&(Tensor<2>, Tensor<1>)],
) -> Option<Tensor<2>> {
    let mut values = vec![Value::of(input)?];
    for (weight, bias) in layers {
        values.push(Value::of(weight)?);
        values.push(Value::of(bias)?);
    }
    let values: [Value; N] = values.try_into().ok()?;
    Some(apply(Stack, values).tensor())
}

/// Layers one after the other; the tensors are the input, and weight and bias of each layer.
#[derive(Clone, Copy, Debug)]
struct Stack;

/// What went into the layers and came out of them.
#[derive(Clone, Debug)]
struct Kept<const N: usize> {
    inputs: [Numbers; N],
    /// The outputs of all layers but the last.
    hidden: Arc<Vec<Buffer>>,
}

impl<const N: usize> Operation<N> for Stack {
    type Saved = Kept<N>;

    fn forward(&self, inputs: [Numbers; N], taped: bool) -> (Numbers, Option<Kept<N>>) {
        let layers = layers(&inputs);
        let (rows, classes) = (rows(&inputs), layers.last().map_or(0, |layer| layer.outputs()));
        let mut outputs = perceptron::forward(Level::best(), &layers, rows, slice(&inputs[0]));
        let output = outputs.pop().unwrap_or_default();
        let kept = taped.then(|| Kept { inputs, hidden: Arc::new(outputs) });
        (numbers(output, &[rows, classes]), kept)
    }

    fn backward(
        &self,
        Kept { inputs, hidden }: Kept<N>,
        gradient: Numbers,
        wanted: [bool; N],
    ) -> [Option<Numbers>; N] {
        let layers = layers(&inputs);
        let mut of_input = wanted[0].then(|| Buffer::exact(slice(&inputs[0]).len()));
        let gradients = perceptron::backward(
            Level::best(),
            &layers,
            rows(&inputs),
            Passed { input: slice(&inputs[0]), outputs: &hidden },
            slice(&gradient),
            of_input.as_deref_mut(),
        );
        recycle([gradient]);
        let mut found = [const { None }; N];
        for (pair, gradient) in found[1..].chunks_exact_mut(2).zip(gradients) {
            let outputs = gradient.bias.len();
            let inputs = gradient.weight.len() / outputs.max(1);
            pair[0] = Some(numbers(gradient.weight, &[inputs, outputs]));
            pair[1] = Some(Numbers::from_data(TensorData::new(gradient.bias, [outputs])));
        }
        found[0] = of_input.map(|values| numbers(values, &shape(&inputs[0])));
        found
    }
}

fn layers(inputs: &[Numbers]) -> Vec<Dense<'_>> {
    let pairs = inputs.get(1..).unwrap_or_default().as_chunks::<2>().0;
    pairs.iter().map(|[weight, bias]| Dense { weight: slice(weight), bias: slice(bias) }).collect()
}

/// Rows of the batch.
fn rows(inputs: &[Numbers]) -> usize {
    inputs.first().and_then(|input| shape(input).first().copied()).unwrap_or_default()
}
