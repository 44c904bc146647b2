//! Dense layers, GELU and attention have the values and gradients of Burn.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod judge;

use std::f64::consts::FRAC_1_SQRT_2;

use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use judge::{Shaped, VIEWS, View, judge};
use potstill_tensors::{attention, dense, dense_layers, gelu};

fn burns(input: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<2> {
    input.matmul(weight) + bias.unsqueeze::<2>()
}

#[test]
fn dense_layers_alone_have_the_values_and_gradients_of_burn() {
    let mut most = 0.0_f64;
    let shapes = [[1, 1, 1], [1, 3, 10], [5, 10, 3], [17, 32, 1], [4, 1, 17], [33, 17, 48]];
    for (number, [rows, inputs, outputs]) in shapes.into_iter().enumerate() {
        for view in [View::Plain, VIEWS[1 + number % 3]] {
            let input = Shaped([rows, inputs], view);
            let weight = Shaped([inputs, outputs], view);
            let bias = Shaped([outputs], view);
            let off = judge(
                &format!("{rows} {inputs} {outputs} {view:?}"),
                &[input.count(), weight.count(), bias.count()],
                0.1,
                |all| Some(dense(input.of(&all[0]), weight.of(&all[1]), bias.of(&all[2]))),
                |all| burns(input.of(&all[0]), weight.of(&all[1]), bias.of(&all[2])),
            );
            most = most.max(off);
        }
    }
    println!("dense: {most:.1e}");
}

#[test]
fn any_number_of_dense_layers_has_the_values_and_gradients_of_burn() {
    let widths = [7, 10, 17, 3, 32, 5, 9];
    let mut most = 0.0_f64;
    for count in 0..=6 {
        for rows in [1, 6, 32] {
            for view in VIEWS {
                let input = Shaped([rows, widths[0]], view);
                let mut lengths = vec![input.count()];
                let mut shapes = Vec::new();
                for pair in widths.windows(2).take(count) {
                    let layer = (Shaped([pair[0], pair[1]], view), Shaped([pair[1]], view));
                    lengths.extend([layer.0.count(), layer.1.count()]);
                    shapes.push(layer);
                }
                let layers = |all: &[Tensor<1>]| -> Vec<(Tensor<2>, Tensor<1>)> {
                    let parts = all[1..].chunks_exact(2).zip(&shapes);
                    // Weights that keep the values near 1, as trained ones do.
                    let layer =
                        |(part, (weight, bias)): (&[Tensor<1>], &(Shaped<2>, Shaped<1>))| {
                            (weight.of(&part[0]) * 0.4, bias.of(&part[1]))
                        };
                    parts.map(layer).collect()
                };
                let off = judge(
                    &format!("{count} layers, {rows} rows, {view:?}"),
                    &lengths,
                    0.1,
                    |all| Some(dense_layers(input.of(&all[0]), &layers(all))),
                    |all| {
                        let mut value = input.of(&all[0]);
                        for (number, (weight, bias)) in layers(all).into_iter().enumerate() {
                            let inner = if number == 0 { value } else { relu(value) };
                            value = burns(inner, weight, bias);
                        }
                        value
                    },
                );
                most = most.max(off);
            }
        }
    }
    println!("dense layers: {most:.1e}");
}

#[test]
fn gelu_has_the_values_and_gradients_of_its_definition() {
    let mut most = 0.0_f64;
    for shape in [[1, 1], [1, 17], [5, 3], [32, 33]] {
        for view in VIEWS {
            let input = Shaped(shape, view);
            let off = judge(
                &format!("{shape:?} {view:?}"),
                &[input.count()],
                0.1,
                |all| Some(gelu(input.of(&all[0]) * 2.0)),
                |all| {
                    let x = input.of(&all[0]) * 2.0;
                    x.clone() * ((x * FRAC_1_SQRT_2).erf() + 1.0) * 0.5
                },
            );
            most = most.max(off);
        }
    }
    println!("gelu: {most:.1e}");
}

/// One head of one sample after the other.
fn attended(projected: &Tensor<2>, tokens: usize, heads: usize) -> Tensor<2> {
    let [rows, columns] = projected.dims();
    let (width, head) = (columns / 3, columns / 3 / heads);
    let sample = |sample: usize| -> Tensor<2> {
        let rows = projected.clone().narrow(0, sample * tokens, tokens);
        let head = |number: usize| -> Tensor<2> {
            let part = |third: usize| rows.clone().narrow(1, third * width + number * head, head);
            let scores = part(0).matmul(part(1).swap_dims(0, 1)) / (head as f64).sqrt();
            let powers = scores.exp();
            (powers.clone() / powers.sum_dim(1)).matmul(part(2))
        };
        Tensor::cat((0..heads).map(head).collect(), 1)
    };
    Tensor::cat((0..rows / tokens).map(sample).collect(), 0)
}

#[test]
fn attention_has_the_values_and_gradients_of_burn() {
    let mut most = 0.0_f64;
    // Batch, tokens, heads and width of a head.
    for [batch, tokens, heads, head] in
        [[1, 1, 1, 1], [1, 3, 1, 10], [2, 5, 3, 3], [3, 17, 2, 8], [2, 16, 4, 32], [1, 33, 1, 17]]
    {
        for view in VIEWS {
            let projected = Shaped([batch * tokens, 3 * heads * head], view);
            let off = judge(
                &format!("{batch} {tokens} {heads} {head} {view:?}"),
                &[projected.count()],
                0.1,
                |all| Some(attention(projected.of(&all[0]), tokens, heads)),
                |all| attended(&projected.of(&all[0]), tokens, heads),
            );
            most = most.max(off);
        }
    }
    println!("attention: {most:.1e}");
}
