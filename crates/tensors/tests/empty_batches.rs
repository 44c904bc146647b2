//! An empty batch goes through every operation and its tape: nothing comes out, and what is learned is 0.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod judge;

use burn::tensor::Tensor;
use judge::{normal, tensor, wide};
use potstill_tensors::{
    Activation, attention, batch_norm, convolution, dense, depthwise_convolution, gelu,
    global_average, grouped_convolution, layer_norm, masked, max_pool,
};

/// `operation` gets an empty batch of this shape and parameters, all with gradients.
fn check<const I: usize, const O: usize>(
    shape: [usize; I],
    parameters: &[usize],
    output: [usize; O],
    operation: impl Fn(Tensor<I>, &[Tensor<1>]) -> Tensor<O>,
) {
    let leaf = |values: Vec<f32>| {
        let count = values.len();
        tensor(values, [count]).autodiff().require_grad()
    };
    let input = tensor(Vec::new(), shape).autodiff().require_grad();
    let parameters: Vec<_> = parameters.iter().map(|&count| leaf(normal("own", count))).collect();
    let found = operation(input.clone(), &parameters);
    assert_eq!(found.dims(), output);
    let gradients = found.sum().backward();
    assert_eq!(input.grad(&gradients).unwrap().dims(), shape);
    for parameter in &parameters {
        let gradient = wide(&parameter.grad(&gradients).unwrap());
        assert_eq!(gradient, vec![0.0; parameter.dims()[0]]);
    }
    let plain: Vec<_> = parameters.into_iter().map(Tensor::inner).collect();
    assert_eq!(operation(tensor(Vec::new(), shape), &plain).dims(), output, "without a tape");
}

#[test]
fn convolutions() {
    for (stride, size) in [(1, 4), (2, 2)] {
        check([0, 4, 4, 16], &[16 * 16 * 9], [0, size, size, 16], |input, own| {
            convolution(input, own[0].clone().reshape([16, 16, 3, 3]), stride, 1)
        });
        check([0, 4, 4, 6], &[6 * 9], [0, size, size, 6], |input, own| {
            depthwise_convolution(input, own[0].clone().reshape([6, 1, 3, 3]), stride, 1)
        });
        // Burn joins empty tensors without their tape, so there is no gradient to ask for.
        let weights = tensor(normal("own", 4 * 3 * 9), [4, 3, 3, 3]);
        let found = grouped_convolution(tensor(Vec::new(), [0, 4, 4, 6]), weights, stride, 1, 2);
        assert_eq!(found.dims(), [0, size, size, 4]);
    }
}

#[test]
fn normalisations_and_pooling() {
    check([0, 4, 4, 6], &[6, 6], [0, 4, 4, 6], |input, own| {
        let found = batch_norm(&input, &own[0], &own[1], 1e-5, None, Activation::Relu);
        found.unwrap().output
    });
    check([0, 6], &[6, 6], [0, 6], |input, own| {
        layer_norm(input, own[0].clone(), own[1].clone(), 1e-5)
    });
    check([0, 4, 4, 6], &[], [0, 2, 2, 6], |input, _| max_pool(input, 2));
    check([0, 4, 4, 6], &[], [0, 6], |input, _| global_average(input));
}

#[test]
fn dense_layers_and_attention() {
    check([0, 6], &[6 * 4, 4], [0, 4], |input, own| {
        dense(input, own[0].clone().reshape([6, 4]), own[1].clone())
    });
    check([0, 24], &[], [0, 8], |input, _| attention(input, 5, 2));
    check([0, 6], &[], [0, 6], |input, _| gelu(input));
    check([0, 6], &[], [0, 6], |input, _| masked(input, |out| out.fill(2.0)));
}
