//! Convolutions and their gradients are those of Burn.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod judge;

use burn::tensor::Tensor;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use judge::{Shaped, TOLERANCE, VIEWS, View, difference, judge, normal, tensor, wide};
use potstill_tensors::{
    Activation, ChannelMap, convolution, depthwise_convolution, folded_convolution,
    grouped_convolution,
};
use random::Stream;

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

/// Statistics and an affine map as a trained network has them.
struct Trained {
    mean: Vec<f32>,
    variance: Vec<f32>,
    gamma: Vec<f32>,
    beta: Vec<f32>,
}

const EPSILON: f64 = 1e-5;

impl Trained {
    fn draw(name: &str, channels: usize) -> Self {
        let mut generator = Stream::new(2, name).generator();
        let mut draw = |low, high| -> Vec<f32> {
            (0..channels).map(|_| generator.uniform_between(low, high)).collect()
        };
        let (mean, gamma) = (draw(-3.0, 3.0), draw(-2.0, 2.0));
        Self { mean, variance: draw(0.01, 9.0), gamma, beta: draw(-1.5, 1.5) }
    }

    fn map(&self) -> ChannelMap {
        let scale: Vec<f64> = self
            .gamma
            .iter()
            .zip(&self.variance)
            .map(|(gamma, variance)| f64::from(*gamma) / (f64::from(*variance) + EPSILON).sqrt())
            .collect();
        let shift = (0..scale.len())
            .map(|at| (f64::from(self.beta[at]) - f64::from(self.mean[at]) * scale[at]) as f32);
        let shift = shift.collect();
        ChannelMap { scale: scale.into_iter().map(|scale| scale as f32).collect(), shift }
    }

    /// Burn's normalisation of a convolution's output, step by step in `f64`.
    fn normalise(&self, value: Tensor<4>) -> Tensor<4> {
        let row = |values: &Vec<f32>| -> Tensor<4> {
            tensor(values.clone(), [1, 1, 1, values.len()]).cast(burn::tensor::DType::F64)
        };
        let deviation = (row(&self.variance) + EPSILON).sqrt();
        (value - row(&self.mean)) / deviation * row(&self.gamma) + row(&self.beta)
    }
}

#[test]
fn a_folded_convolution_is_the_convolution_followed_by_its_normalisation() {
    let mut most = 0.0_f64;
    for (number, shape) in SHAPES.into_iter().enumerate() {
        let [batch, height, width, inputs, outputs, kernel, stride, padding] = shape;
        let view = VIEWS[number % 4];
        let place = |shape: [usize; 4], purpose: &str| {
            let shaped = Shaped(shape, view);
            let name = format!("{shape:?} {purpose}");
            shaped.of(&tensor(normal(&name, shaped.count()), [shaped.count()]))
        };
        let input = place([batch, height, width, inputs], "input");
        let weight = place([outputs, inputs, kernel, kernel], "weight");
        let trained = Trained::draw(&format!("{shape:?}"), outputs);
        let wide_input = input.clone().cast(burn::tensor::DType::F64);
        let wide_weight = weight.clone().cast(burn::tensor::DType::F64);
        let convolved = burns(wide_input, wide_weight, [stride, padding]);
        let normalised = trained.normalise(convolved);
        // What is cut off has the errors of what it is cut off from.
        let terms = wide(&normalised).into_iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        for activation in [Activation::None, Activation::Relu, Activation::Relu6] {
            for residual in [None, Some(place(normalised.dims(), "residual"))] {
                let mut expected = normalised.clone();
                if let Some(residual) = &residual {
                    expected = expected + residual.clone().cast(burn::tensor::DType::F64);
                }
                expected = match activation {
                    Activation::None => expected,
                    Activation::Relu => expected.clamp_min(0.0),
                    Activation::Relu6 => expected.clamp(0.0, 6.0),
                };
                let geometry = [stride, padding];
                let (map, residual) = (trained.map(), residual.as_ref());
                let found =
                    folded_convolution(&input, &weight, &map, residual, activation, geometry)
                        .unwrap();
                assert!(!found.is_autodiff());
                let off = difference(&wide(&found), &wide(&expected), terms);
                assert!(off < TOLERANCE, "{shape:?} {activation:?}: off by {off}");
                most = most.max(off);
            }
        }
    }
    println!("folded convolution: {most:.1e}");
}

#[test]
fn nothing_is_folded_on_a_tape_or_in_f64() {
    let input = tensor(normal("input", 32), [1, 4, 4, 2]);
    let weight = tensor(normal("weight", 54), [3, 2, 3, 3]);
    let residual = tensor(normal("residual", 48), [1, 4, 4, 3]);
    let map = ChannelMap { scale: vec![1.0; 3], shift: vec![0.0; 3] };
    let fold = |input: &Tensor<4>, weight: &Tensor<4>, residual: &Tensor<4>| {
        folded_convolution(input, weight, &map, Some(residual), Activation::None, [1, 1])
    };
    assert!(fold(&input, &weight, &residual).is_some());
    for other in [input.clone().autodiff(), input.clone().cast(burn::tensor::DType::F64)] {
        assert!(fold(&other, &weight, &residual).is_none());
    }
    for other in [weight.clone().autodiff(), weight.clone().cast(burn::tensor::DType::F64)] {
        assert!(fold(&input, &other, &residual).is_none());
    }
    for other in [residual.clone().autodiff(), residual.clone().cast(burn::tensor::DType::F64)] {
        assert!(fold(&input, &weight, &other).is_none());
    }
}
