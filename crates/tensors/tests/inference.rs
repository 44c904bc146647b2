//! Convolutions and normalisations without a tape are those of Burn, by the statistics of a trained network.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod judge;

use std::cell::Cell;

use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{DType, Tensor};
use judge::{Shaped, TOLERANCE, VIEWS, difference, normal, tensor, wide};
use potstill_tensors::{
    Activation, ChannelMap, FoldedConvolution, Moments, folded_depthwise, normalised,
};
use random::Stream;

fn burns(input: Tensor<4>, weight: Tensor<4>, [stride, padding]: [usize; 2]) -> Tensor<4> {
    let groups = input.dims()[3] / weight.dims()[1];
    let options = ConvOptions::new([stride; 2], [padding; 2], [1; 2], groups);
    conv2d(input.permute([0, 3, 1, 2]), weight, None, options).permute([0, 2, 3, 1])
}

/// Batch, height, width, inputs, outputs, kernel, stride and padding.
const SHAPES: [[usize; 8]; 15] = [
    [0, 4, 4, 3, 5, 3, 1, 1],
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

const ACTIVATIONS: [Activation; 3] = [Activation::None, Activation::Relu, Activation::Relu6];

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

    fn scale(&self) -> Vec<f64> {
        let pairs = self.gamma.iter().zip(&self.variance);
        pairs.map(|(g, variance)| f64::from(*g) / (f64::from(*variance) + EPSILON).sqrt()).collect()
    }

    fn moments(&self) -> Moments {
        let scale = self.scale().into_iter().map(|scale| scale as f32).collect();
        Moments { mean: self.mean.clone(), scale, shift: self.beta.clone() }
    }

    fn map(&self) -> ChannelMap {
        let scale = self.scale();
        let shift = (0..scale.len())
            .map(|at| (f64::from(self.beta[at]) - f64::from(self.mean[at]) * scale[at]) as f32);
        let shift = shift.collect();
        ChannelMap { scale: scale.into_iter().map(|scale| scale as f32).collect(), shift }
    }

    /// Burn's normalisation of a convolution's output, step by step in `f64`.
    fn normalise(&self, value: Tensor<4>) -> Tensor<4> {
        let row = |values: &Vec<f32>| -> Tensor<4> {
            tensor(values.clone(), [1, 1, 1, values.len()]).cast(DType::F64)
        };
        let deviation = (row(&self.variance) + EPSILON).sqrt();
        (value - row(&self.mean)) / deviation * row(&self.gamma) + row(&self.beta)
    }
}

/// Numbers in the memory layout that goes with the number of a shape.
fn place(number: usize, shape: [usize; 4], purpose: &str) -> Tensor<4> {
    // Of an empty batch there is one layout.
    let view = if shape[0] == 0 { VIEWS[0] } else { VIEWS[number % 4] };
    let shaped = Shaped(shape, view);
    shaped.of(&tensor(normal(&format!("{shape:?} {purpose}"), shaped.count()), [shaped.count()]))
}

fn in_f64(tensor: &Tensor<4>) -> Tensor<4> {
    tensor.clone().cast(DType::F64)
}

/// Holds `found` with each activation and residual against what Burn normalised; says the largest difference.
fn worst(
    (number, name): (usize, &str),
    normalised: &Tensor<4>,
    residuals: &[bool],
    found: impl Fn(Option<&Tensor<4>>, Activation) -> Option<Tensor<4>>,
) -> f64 {
    // What is cut off has the errors of what it is cut off from.
    let terms = wide(normalised).into_iter().fold(1e-30, |most: f64, x| most.max(x.abs()));
    let mut most = 0.0_f64;
    for activation in ACTIVATIONS {
        for with_residual in residuals {
            let residual = with_residual.then(|| place(number, normalised.dims(), "residual"));
            let sum = match &residual {
                Some(residual) => normalised.clone() + in_f64(residual),
                None => normalised.clone(),
            };
            let expected = match activation {
                Activation::None => sum,
                Activation::Relu => sum.clamp_min(0.0),
                Activation::Relu6 => sum.clamp(0.0, 6.0),
            };
            let found = found(residual.as_ref(), activation).unwrap();
            assert!(!found.is_autodiff());
            assert_eq!(found.dims(), expected.dims());
            let off = difference(&wide(&found), &wide(&expected), terms);
            assert!(off < TOLERANCE, "{name} {activation:?} {with_residual}: off by {off}");
            most = most.max(off);
        }
    }
    most
}

#[test]
fn a_folded_convolution_is_the_convolution_followed_by_its_normalisation() {
    let mut most = 0.0_f64;
    for (number, shape) in SHAPES.into_iter().enumerate() {
        let [batch, height, width, inputs, outputs, kernel, stride, padding] = shape;
        let input = place(number, [batch, height, width, inputs], "input");
        let weight = place(number, [outputs, inputs, kernel, kernel], "weight");
        let trained = Trained::draw(&format!("{shape:?}"), outputs);
        let geometry = [stride, padding];
        let convolved = match batch {
            // Burn has no convolution of nothing.
            0 => in_f64(&Tensor::zeros([0, height, width, outputs], &input.device())),
            _ => burns(in_f64(&input), in_f64(&weight), geometry),
        };
        let normalised = trained.normalise(convolved);
        let name = format!("{shape:?}");
        let folded = FoldedConvolution::default();
        let off = worst((number, &name), &normalised, &[false, true], |residual, activation| {
            let map = || trained.map();
            folded.forward(&input, (&weight, &[]), map, residual, activation, geometry)
        });
        most = most.max(off);
    }
    println!("folded convolution: {most:.1e}");
}

/// What is kept from one call to the next is made anew for other weights, another normalisation and other images, also
/// where the memory of the old tensors is used again.
#[test]
fn what_is_folded_follows_its_tensors() {
    let folded = FoldedConvolution::default();
    let made = Cell::new(0);
    let convolved = |side: usize, weight: &Tensor<4>, shift: &Tensor<1>| {
        let input = tensor(normal("input", side * side * 16), [1, side, side, 16]);
        let map = || {
            made.set(made.get() + 1);
            let shift: Vec<f32> = shift.to_data().iter::<f32>().collect();
            ChannelMap { scale: vec![1.0; 16], shift }
        };
        let source = (weight, &[shift.clone()][..]);
        let kept = folded.clone().forward(&input, source, map, None, Activation::None, [1, 1]);
        let anew = FoldedConvolution::default();
        let count = made.get();
        let expected = anew.forward(&input, source, map, None, Activation::None, [1, 1]);
        made.set(count);
        assert_eq!(wide(&kept.unwrap()), wide(&expected.unwrap()));
        count
    };
    let of = |name: &str, number: usize| {
        tensor(normal(name, 16 * 16 * 9), [16, 16, 3, 3]) * number as f32
    };
    let shift = |number: usize| Tensor::<1>::full([16], number as f32, &of("weight", 1).device());
    let (weight, zero) = (of("weight", 1), shift(0));
    // The second call with the same tensors makes nothing.
    assert_eq!([0, 0].map(|_| convolved(8, &weight, &zero)), [1, 1]);
    // Images of one tile, of several, and of an odd size have weights in three forms.
    assert_eq!([4, 8, 7, 7].map(|side| convolved(side, &weight, &zero)), [2, 3, 4, 4]);
    assert_eq!([1, 2, 2].map(|number| convolved(7, &weight, &shift(number))), [5, 6, 7]);
    for number in 2..20 {
        // Dropped at the end of each round, so that the next ones may lie where they lay.
        assert_eq!(convolved(7, &of("weight", number), &zero), 6 + number);
    }
}

#[test]
fn a_folded_depthwise_convolution_is_the_convolution_followed_by_its_normalisation() {
    let mut most = 0.0_f64;
    for (number, shape) in SHAPES.into_iter().enumerate() {
        let [batch, height, width, _, channels, kernel, stride, padding] = shape;
        let input = place(number, [batch, height, width, channels], "input");
        let weight = place(number, [channels, 1, kernel, kernel], "weight");
        let trained = Trained::draw(&format!("{shape:?}"), channels);
        let geometry = [stride, padding];
        let convolved = match batch {
            0 => in_f64(&Tensor::zeros([0, height, width, channels], &input.device())),
            _ => burns(in_f64(&input), in_f64(&weight), geometry),
        };
        let normalised = trained.normalise(convolved);
        let name = format!("{shape:?}");
        let off = worst((number, &name), &normalised, &[false], |_, activation| {
            folded_depthwise(&input, &weight, &trained.map(), activation, geometry)
        });
        most = most.max(off);
    }
    println!("folded depthwise convolution: {most:.1e}");
}

#[test]
fn batches_are_normalised_by_the_running_statistics() {
    let mut most = 0.0_f64;
    for (number, [batch, height, width, _, channels, ..]) in SHAPES.into_iter().enumerate() {
        let input = place(number, [batch, height, width, channels], "input");
        let trained = Trained::draw(&format!("{number}"), channels);
        let expected = trained.normalise(in_f64(&input));
        let name = format!("{batch} {height} {width} {channels}");
        let off = worst((number, &name), &expected, &[false, true], |residual, activation| {
            normalised(&input, &trained.moments(), residual, activation)
        });
        most = most.max(off);
    }
    assert!(most < 1e-6, "{most}");
    println!("running statistics: {most:.1e}");
}

#[test]
fn nothing_is_folded_on_a_tape_or_in_f64() {
    let input = tensor(normal("input", 32), [1, 4, 4, 2]);
    let weight = tensor(normal("weight", 54), [3, 2, 3, 3]);
    let residual = tensor(normal("residual", 48), [1, 4, 4, 3]);
    let map = ChannelMap { scale: vec![1.0; 3], shift: vec![0.0; 3] };
    let fold = |input: &Tensor<4>, weight: &Tensor<4>, residual: &Tensor<4>| {
        let folded = FoldedConvolution::default();
        let map = || map.clone();
        folded.forward(input, (weight, &[]), map, Some(residual), Activation::None, [1, 1])
    };
    assert!(fold(&input, &weight, &residual).is_some());
    for other in [input.clone().autodiff(), input.clone().cast(DType::F64)] {
        assert!(fold(&other, &weight, &residual).is_none());
    }
    for other in [weight.clone().autodiff(), weight.clone().cast(DType::F64)] {
        assert!(fold(&input, &other, &residual).is_none());
    }
    for other in [residual.clone().autodiff(), residual.clone().cast(DType::F64)] {
        assert!(fold(&input, &weight, &other).is_none());
    }
    let depthwise = tensor(normal("depthwise", 18), [2, 1, 3, 3]);
    let moments = Moments { mean: vec![0.0; 2], scale: vec![1.0; 2], shift: vec![0.0; 2] };
    let pair = ChannelMap { scale: vec![1.0; 2], shift: vec![0.0; 2] };
    for other in [input.clone().autodiff(), in_f64(&input)] {
        assert!(folded_depthwise(&other, &depthwise, &pair, Activation::None, [1, 1]).is_none());
        assert!(normalised(&other, &moments, None, Activation::None).is_none());
        assert!(normalised(&input, &moments, Some(&other), Activation::None).is_none());
    }
}
