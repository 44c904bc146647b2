//! Convolutions and their gradients are those of Burn.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod judge;

use burn::tensor::Tensor;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use judge::{Shaped, VIEWS, View, judge};
use potstill_tensors::{convolution, depthwise_convolution, grouped_convolution};

fn burns(input: Tensor<4>, weight: Tensor<4>, [stride, padding]: [usize; 2]) -> Tensor<4> {
    let groups = input.dims()[3] / weight.dims()[1];
    let options = ConvOptions::new([stride; 2], [padding; 2], [1; 2], groups);
    conv2d(input.permute([0, 3, 1, 2]), weight, None, options).permute([0, 2, 3, 1])
}

/// Batch, height, width, inputs, outputs, kernel, stride and padding.
const SHAPES: [[usize; 8]; 14] = [
    [1, 1, 1, 1, 1, 1, 1, 0],
    [1, 5, 4, 3, 10, 1, 1, 0],
    [2, 5, 5, 10, 3, 1, 2, 0],
    [3, 4, 6, 17, 32, 1, 1, 1],
    [1, 6, 5, 3, 17, 3, 1, 0],
    [2, 7, 4, 1, 10, 3, 1, 1],
    [2, 4, 7, 10, 17, 3, 2, 1],
    [2, 6, 6, 32, 32, 3, 1, 1],
    [1, 8, 6, 16, 48, 3, 1, 1],
    [1, 9, 9, 32, 10, 3, 2, 0],
    [1, 5, 5, 3, 1, 5, 1, 0],
    [2, 5, 6, 10, 3, 5, 1, 1],
    [1, 8, 7, 17, 10, 5, 2, 1],
    [2, 3, 3, 3, 32, 3, 1, 1],
];

#[test]
fn convolutions_have_the_values_and_gradients_of_burn() {
    let mut most = 0.0_f64;
    for (number, shape) in SHAPES.into_iter().enumerate() {
        let [batch, height, width, inputs, outputs, kernel, stride, padding] = shape;
        for view in [View::Plain, VIEWS[1 + number % 3]] {
            let input = Shaped([batch, height, width, inputs], view);
            let weight = Shaped([outputs, inputs, kernel, kernel], view);
            let off = judge(
                &format!("{shape:?} {view:?}"),
                &[input.count(), weight.count()],
                1.0,
                |all| Some(convolution(input.of(&all[0]), weight.of(&all[1]), stride, padding)),
                |all| burns(input.of(&all[0]), weight.of(&all[1]), [stride, padding]),
            );
            most = most.max(off);
        }
    }
    println!("convolution: {most:.1e}");
}

#[test]
fn grouped_convolutions_have_the_values_and_gradients_of_burn() {
    for [groups, inputs, outputs, kernel, stride] in
        [[1, 4, 6, 3, 1], [2, 4, 6, 3, 2], [3, 9, 3, 1, 1], [4, 4, 8, 3, 1], [2, 32, 32, 3, 1]]
    {
        let input = Shaped([2, 6, 4, inputs], View::Plain);
        let weight = Shaped([outputs, inputs / groups, kernel, kernel], View::Plain);
        let padding = kernel / 2;
        judge(
            &format!("{groups} groups of {inputs} to {outputs}"),
            &[input.count(), weight.count()],
            1.0,
            |all| {
                let (input, weight) = (input.of(&all[0]), weight.of(&all[1]));
                Some(grouped_convolution(input, weight, stride, padding, groups))
            },
            |all| burns(input.of(&all[0]), weight.of(&all[1]), [stride, padding]),
        );
    }
}

#[test]
fn depthwise_convolutions_have_the_values_and_gradients_of_burn() {
    let mut most = 0.0_f64;
    for (number, shape) in SHAPES.into_iter().enumerate() {
        let [batch, height, width, _, channels, kernel, stride, padding] = shape;
        for view in [View::Plain, VIEWS[1 + number % 3]] {
            let input = Shaped([batch, height, width, channels], view);
            let weight = Shaped([channels, 1, kernel, kernel], view);
            let ours = |all: &[Tensor<1>]| {
                depthwise_convolution(input.of(&all[0]), weight.of(&all[1]), stride, padding)
            };
            let off = judge(
                &format!("{shape:?} {view:?}"),
                &[input.count(), weight.count()],
                1.0,
                |all| Some(ours(all)),
                |all| burns(input.of(&all[0]), weight.of(&all[1]), [stride, padding]),
            );
            most = most.max(off);
        }
    }
    println!("depthwise convolution: {most:.1e}");
}
