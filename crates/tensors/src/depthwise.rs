//! Convolution of each channel by itself.

use burn::tensor::Tensor;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use ops::Level;
use ops::activation::Activation;
use ops::depthwise::{Shape, data_gradient, forward, weight_gradient};
use ops::memory::Buffer;

use crate::folded::{ChannelMap, without_tape};
use crate::layout::{channels_first, channels_last};
use crate::operation::{Operation, apply};
use crate::value::{Numbers, Value, numbers, recycle, shape, slice};

/// A convolution of each channel by itself: `[batch, height, width, channels]` with weights
/// `[channels, 1, kernel, kernel]`, with `padding` rows and columns of zeros around each image.
pub fn depthwise_convolution(
    input: Tensor<4>,
    weight: Tensor<4>,
    stride: usize,
    padding: usize,
) -> Tensor<4> {
    match [Value::of(&input), Value::of(&weight)] {
        [Some(input), Some(weight)] => {
            apply(Depthwise { stride, padding }, [input, weight]).tensor()
        }
        _ => {
            let [channels, ..] = weight.dims();
            let options = ConvOptions::new([stride; 2], [padding; 2], [1; 2], channels);
            channels_last(conv2d(channels_first(input), weight, None, options))
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Depthwise {
    stride: usize,
    padding: usize,
}

impl Depthwise {
    fn shape(self, input: &Numbers, weight: &Numbers) -> Shape {
        let [batch, height, width, channels] = shape(input).try_into().unwrap_or_default();
        let kernel = shape(weight).get(2).copied().unwrap_or_default();
        let Self { stride, padding } = self;
        Shape { batch, height, width, channels, kernel, stride, padding }
    }
}

/// Sizes of the axes of the output.
fn output_shape(shape: &Shape) -> [usize; 4] {
    [shape.batch, shape.output_height(), shape.output_width(), shape.channels]
}

impl Operation<2> for Depthwise {
    type Saved = [Numbers; 2];

    fn forward(&self, inputs: [Numbers; 2], taped: bool) -> (Numbers, Option<[Numbers; 2]>) {
        let [input, weight] = &inputs;
        let shape = self.shape(input, weight);
        let sizes = output_shape(&shape);
        let mut out = Buffer::exact(sizes.iter().product());
        forward(Level::best(), &shape, slice(input), slice(weight), &mut out, |_| ());
        (numbers(out, &sizes), taped.then_some(inputs))
    }

    fn backward(
        &self,
        [input, weight]: [Numbers; 2],
        gradient: Numbers,
        wanted: [bool; 2],
    ) -> [Option<Numbers>; 2] {
        let geometry = self.shape(&input, &weight);
        let level = Level::best();
        let for_weight = wanted[1].then(|| {
            let mut out = Buffer::exact(slice(&weight).len());
            weight_gradient(level, &geometry, slice(&input), slice(&gradient), &mut out);
            numbers(out, &shape(&weight))
        });
        let for_input = wanted[0].then(|| {
            let mut out = Buffer::exact(slice(&input).len());
            data_gradient(level, &geometry, slice(&weight), slice(&gradient), &mut out);
            numbers(out, &shape(&input))
        });
        recycle([input, gradient]);
        [for_input, for_weight]
    }
}

/// A convolution of each channel by itself, a map of its channels and an activation, in one pass without a tape;
/// none where a tensor has a tape or lives elsewhere. Shapes are as in [`depthwise_convolution`].
pub fn folded_depthwise(
    input: &Tensor<4>,
    weight: &Tensor<4>,
    map: &ChannelMap,
    activation: Activation,
    [stride, padding]: [usize; 2],
) -> Option<Tensor<4>> {
    let (input, weight) = (without_tape(input)?, without_tape(weight)?);
    let shape = Depthwise { stride, padding }.shape(&input, &weight);
    let sizes = output_shape(&shape);
    let mut out = Buffer::exact(sizes.iter().product());
    forward(
        Level::best(),
        &shape,
        slice(&input),
        &map.scaled(&weight),
        &mut out,
        #[inline(always)]
        |pixel| map.finish(0, None, activation, pixel),
    );
    Some(Value::Plain(numbers(out, &sizes)).tensor())
}
