//! Convolution of groups of channels.

use burn::tensor::Tensor;

use crate::convolution::convolution;

/// A convolution whose channels are divided into groups that do not see each other:
/// `[batch, height, width, inputs]` with weights `[outputs, inputs / groups, kernel, kernel]`.
/// `inputs` and `outputs` must be multiples of `groups`, which is at least 1. For one input channel
/// a group [`depthwise_convolution`](crate::depthwise_convolution) is the faster way.
pub fn grouped_convolution(
    input: Tensor<4>,
    weight: Tensor<4>,
    stride: usize,
    padding: usize,
    groups: usize,
) -> Tensor<4> {
    if groups <= 1 {
        return convolution(input, weight, stride, padding);
    }
    let [.., inputs] = input.dims();
    let [outputs, ..] = weight.dims();
    let (inputs, outputs) = (inputs / groups, outputs / groups);
    let group = |number: usize| {
        let input = input.clone().narrow(3, number * inputs, inputs);
        let weight = weight.clone().narrow(0, number * outputs, outputs);
        convolution(input, weight, stride, padding)
    };
    Tensor::cat((0..groups).map(group).collect(), 3)
}
