//! Dense layers.

use burn::tensor::{Tensor, TensorData};
use ops::Level;
use ops::activation::Activation;
use ops::matrix::{Panels, multiply, multiply_lines, multiply_transposed};
use ops::memory::Buffer;
use ops::sums::column_sums;

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

/// One layer and what went into it.
#[derive(Clone, Debug)]
struct Layer {
    input: Numbers,
    weight: Numbers,
}

impl<const N: usize> Operation<N> for Stack {
    type Saved = Vec<Layer>;

    fn forward(&self, inputs: [Numbers; N], taped: bool) -> (Numbers, Option<Vec<Layer>>) {
        let mut inputs = inputs.into_iter();
        let Some(mut value) = inputs.next() else {
            return (numbers(Buffer::default(), &[0]), None);
        };
        let mut layers = Vec::with_capacity(N / 2);
        let last = N / 2;
        while let (Some(weight), Some(bias)) = (inputs.next(), inputs.next()) {
            let relu = layers.len() + 1 < last;
            let output = layer(&value, &weight, &bias, relu);
            layers.push(Layer { input: std::mem::replace(&mut value, output), weight });
        }
        (value, taped.then_some(layers))
    }

    fn backward(
        &self,
        layers: Vec<Layer>,
        gradient: Numbers,
        wanted: [bool; N],
    ) -> [Option<Numbers>; N] {
        let mut found = [const { None }; N];
        let mut gradient = gradient;
        for (number, Layer { input, weight }) in layers.into_iter().enumerate().rev() {
            found[2 * number + 1] = Some(weight_gradient(&input, &gradient, &weight));
            found[2 * number + 2] = Some(bias_gradient(&gradient, &weight));
            let first = number == 0;
            if !first || wanted[0] {
                let next = input_gradient(&gradient, &weight, (!first).then_some(&input));
                recycle([std::mem::replace(&mut gradient, next)]);
            }
            if !first {
                recycle([input]);
            }
        }
        if wanted[0] {
            found[0] = Some(gradient);
        } else {
            recycle([gradient]);
        }
        found
    }
}

fn layer(input: &Numbers, weight: &Numbers, bias: &Numbers, relu: bool) -> Numbers {
    let [inputs, outputs] = sizes(weight);
    let rows = slice(input).len().checked_div(inputs).unwrap_or_else(|| sizes(input)[0]);
    let bias = slice(bias);
    let activation = if relu { Activation::Relu } else { Activation::None };
    let mut out = Buffer::exact(rows * outputs);
    let (input, weight) = (slice(input), slice(weight));
    multiply_lines(Level::best(), input, weight, [inputs, outputs], &mut out, |_, column, part| {
        for (value, bias) in part.iter_mut().zip(&bias[column..]) {
            let sum = *value + bias;
            *value = activation.apply(sum);
        }
    });
    numbers(out, &[rows, outputs])
}

fn weight_gradient(input: &Numbers, gradient: &Numbers, weight: &Numbers) -> Numbers {
    let [inputs, outputs] = sizes(weight);
    let rows = sizes(gradient)[0];
    let mut out = Buffer::exact(inputs * outputs);
    out.fill(0.0);
    let shape = [rows, inputs, outputs];
    multiply_transposed(Level::best(), slice(input), slice(gradient), shape, &mut out);
    numbers(out, &[inputs, outputs])
}

fn bias_gradient(gradient: &Numbers, weight: &Numbers) -> Numbers {
    let [_, outputs] = sizes(weight);
    let sums = column_sums(Level::best(), slice(gradient), outputs);
    Numbers::from_data(TensorData::new(sums, [outputs]))
}

/// The gradient of a layer's input; where `hidden` is given, the input came through a ReLU.
fn input_gradient(gradient: &Numbers, weight: &Numbers, hidden: Option<&Numbers>) -> Numbers {
    let [inputs, outputs] = sizes(weight);
    let rows = sizes(gradient)[0];
    let panels = Panels::pack_transposed(slice(weight), outputs, inputs);
    let hidden = hidden.map(slice);
    let mut out = Buffer::exact(rows * inputs);
    multiply(Level::best(), slice(gradient), &panels, &mut out, |place, _, part| {
        if let Some(hidden) = hidden {
            for (value, hidden) in part.iter_mut().zip(&hidden[place..]) {
                *value = if *hidden > 0.0 { *value } else { 0.0 };
            }
        }
    });
    numbers(out, &[rows, inputs])
}

fn sizes(matrix: &Numbers) -> [usize; 2] {
    match shape(matrix)[..] {
        [rows, columns] => [rows, columns],
        _ => [0, 0],
    }
}
