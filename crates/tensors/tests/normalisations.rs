//! Normalisations and their gradients are those of Burn's elementary operations.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod judge;

use burn::tensor::{DType, Tensor};
use judge::{Shaped, VIEWS, View, difference, judge, normal, tensor, wide};
use potstill_tensors::{Activation, batch_norm, layer_norm};

const EPSILON: f64 = 1e-5;
const ACTIVATIONS: [Activation; 3] = [Activation::None, Activation::Relu, Activation::Relu6];
/// Batch, height, width and channels.
const SHAPES: [[usize; 4]; 9] = [
    [1, 2, 1, 1],
    [1, 4, 5, 3],
    [2, 3, 3, 10],
    [7, 1, 1, 17],
    [3, 5, 4, 32],
    [2, 2, 3, 33],
    [1, 16, 9, 16],
    [4, 6, 6, 48],
    [3, 11, 7, 5],
];

/// Each column by its own mean and biased variance.
fn normalised(rows: Tensor<2>) -> Tensor<2> {
    let centred = rows.clone() - rows.mean_dim(0);
    let variance = (centred.clone() * centred.clone()).mean_dim(0);
    centred / (variance + EPSILON).sqrt()
}

fn burns(
    [input, residual]: [Option<Tensor<4>>; 2],
    weight: Tensor<1>,
    bias: Tensor<1>,
    activation: Activation,
) -> Tensor<4> {
    let input = input.unwrap();
    let shape = input.dims();
    let rows = normalised(input.reshape([shape[0] * shape[1] * shape[2], shape[3]]));
    let mapped = rows * weight.unsqueeze::<2>() + bias.unsqueeze::<2>();
    let mut output = mapped.reshape(shape);
    if let Some(residual) = residual {
        output = output + residual;
    }
    match activation {
        Activation::None => output,
        Activation::Relu => burn::tensor::activation::relu(output),
        Activation::Relu6 => output.clamp(0.0, 6.0),
    }
}

#[test]
fn batch_norms_have_the_values_and_gradients_of_burn() {
    let mut most = 0.0_f64;
    for (number, shape) in SHAPES.into_iter().enumerate() {
        for activation in ACTIVATIONS {
            for with_residual in [false, true] {
                for view in [View::Plain, VIEWS[1 + number % 2]] {
                    let images = Shaped(shape, view);
                    let row = Shaped([shape[3]], view);
                    let count = if with_residual { 4 } else { 3 };
                    let lengths = [images.count(), row.count(), row.count(), images.count()];
                    // Factors that let some values through the upper end of Relu6.
                    let weight = |all: &[Tensor<1>]| row.of(&all[1]) * 4.0;
                    let bias = |all: &[Tensor<1>]| row.of(&all[2]) * 3.0;
                    let residual = |all: &[Tensor<1>]| all.get(3).map(|flat| images.of(flat));
                    let off = judge(
                        &format!("{shape:?} {activation:?} {with_residual} {view:?}"),
                        &lengths[..count],
                        4.0,
                        |all| {
                            let (input, residual) = (images.of(&all[0]), residual(all));
                            let (weight, bias) = (weight(all), bias(all));
                            let residual = residual.as_ref();
                            batch_norm(&input, &weight, &bias, EPSILON, residual, activation)
                                .map(|found| found.output)
                        },
                        |all| {
                            let images = [Some(images.of(&all[0])), residual(all)];
                            burns(images, weight(all), bias(all), activation)
                        },
                    );
                    most = most.max(off);
                }
            }
        }
    }
    println!("batch norm: {most:.1e}");
}

#[test]
fn a_batch_may_be_its_own_residual() {
    let images = Shaped([3, 4, 3, 10], View::Plain);
    for activation in ACTIVATIONS {
        judge(
            &format!("own residual {activation:?}"),
            &[images.count(), 10, 10],
            1.0,
            |all| {
                let input = images.of(&all[0]);
                batch_norm(&input, &all[1], &all[2], EPSILON, Some(&input), activation)
                    .map(|found| found.output)
            },
            |all| {
                let input = images.of(&all[0]);
                let images = [Some(input.clone()), Some(input)];
                burns(images, all[1].clone(), all[2].clone(), activation)
            },
        );
    }
}

#[test]
fn a_batch_norm_reports_mean_and_biased_variance_of_the_batch() {
    for shape in SHAPES {
        for view in VIEWS {
            let images = Shaped(shape, view);
            let flat = tensor(normal(&format!("{shape:?}"), images.count()), [images.count()]);
            // A mean that is large beside the deviation, where E[x^2] - E[x]^2 would lose digits.
            let input = images.of(&flat) + 100.0;
            let row = tensor(vec![1.0; shape[3]], [shape[3]]);
            let found = batch_norm(&input, &row, &row, EPSILON, None, Activation::None).unwrap();
            let rows = input.cast(DType::F64).reshape([shape[0] * shape[1] * shape[2], shape[3]]);
            let mean = rows.clone().mean_dim(0);
            let centred = rows - mean.clone();
            let variance = (centred.clone() * centred).mean_dim(0);
            let as_f64 = |values: &[f32]| values.iter().map(|x| f64::from(*x)).collect::<Vec<_>>();
            assert!(difference(&as_f64(&found.mean), &wide(&mean), 0.1) < 1e-6, "{shape:?}");
            assert!(
                difference(&as_f64(&found.variance), &wide(&variance), 0.1) < 1e-5,
                "{shape:?}"
            );
        }
    }
}

#[test]
fn batch_norms_that_are_not_in_f32_are_left_to_burn() {
    let input = tensor(normal("input", 24), [2, 2, 2, 3]);
    let row = tensor(normal("row", 3), [3]);
    let norm = |input: &Tensor<4>, row: &Tensor<1>, residual: &Tensor<4>| {
        batch_norm(input, row, row, EPSILON, Some(residual), Activation::Relu).is_some()
    };
    let (wide_input, wide_row) = (input.clone().cast(DType::F64), row.clone().cast(DType::F64));
    assert!(norm(&input, &row, &input));
    assert!(!norm(&wide_input, &row, &input));
    assert!(!norm(&input, &wide_row, &input));
    assert!(!norm(&input, &row, &wide_input));
}

#[test]
fn layer_norms_have_the_values_and_gradients_of_burn() {
    let mut most = 0.0_f64;
    let shapes = [[1, 2], [1, 3], [5, 10], [4, 17], [3, 32], [9, 33], [64, 48], [7, 128]];
    for (number, shape) in shapes.into_iter().enumerate() {
        for view in [View::Plain, VIEWS[1 + number % 3]] {
            let rows = Shaped(shape, view);
            let row = Shaped([shape[1]], view);
            let off = judge(
                &format!("{shape:?} {view:?}"),
                &[rows.count(), row.count(), row.count()],
                1.0,
                |all| {
                    let (weight, bias) = (row.of(&all[1]), row.of(&all[2]));
                    Some(layer_norm(rows.of(&all[0]), weight, bias, EPSILON))
                },
                |all| {
                    let rows = normalised(rows.of(&all[0]).swap_dims(0, 1)).swap_dims(0, 1);
                    rows * row.of(&all[1]).unsqueeze::<2>() + row.of(&all[2]).unsqueeze::<2>()
                },
            );
            most = most.max(off);
        }
    }
    println!("layer norm: {most:.1e}");
}
