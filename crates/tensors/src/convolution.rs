//! Two-dimensional convolution of images with their channels last.

use burn::tensor::Tensor;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use ops::Level;
use ops::convolution::{ForwardWeights, Shape, data_gradient, forward, weight_gradient};
use ops::memory::Buffer;

use crate::layout::{channels_first, channels_last};
use crate::operation::{Operation, apply};
use crate::value::{Numbers, Value, numbers, recycle, shape, slice};

/// `[batch, height, width, inputs]` with weights `[outputs, inputs, kernel, kernel]` to
/// `[batch, output height, output width, outputs]`, with `padding` rows and columns of zeros around
/// each image. The kernel must fit into the padded image.
pub fn convolution(
    input: Tensor<4>,
    weight: Tensor<4>,
    stride: usize,
    padding: usize,
) -> Tensor<4> {
    match [Value::of(&input), Value::of(&weight)] {
        [Some(input), Some(weight)] => {
            apply(Convolution { stride, padding }, [input, weight]).tensor()
        }
        _ => {
            let options = ConvOptions::new([stride; 2], [padding; 2], [1; 2], 1);
            channels_last(conv2d(channels_first(input), weight, None, options))
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Convolution {
    pub(crate) stride: usize,
    pub(crate) padding: usize,
}

impl Convolution {
    pub(crate) fn shape(self, input: &Numbers, weight: &Numbers) -> Shape {
        let (input, weight) = (shape(input), shape(weight));
        let at = |sizes: &[usize], axis: usize| sizes.get(axis).copied().unwrap_or_default();
        Shape {
            batch: at(&input, 0),
            height: at(&input, 1),
            width: at(&input, 2),
            inputs: at(&input, 3),
            outputs: at(&weight, 0),
            kernel: at(&weight, 2),
            stride: self.stride,
            padding: self.padding,
        }
    }
}

/// Sizes of the axes of the output.
pub(crate) fn output_shape(shape: &Shape) -> [usize; 4] {
    [shape.batch, shape.output_height(), shape.output_width(), shape.outputs]
}

impl Operation<2> for Convolution {
    type Saved = [Numbers; 2];

    fn forward(&self, inputs: [Numbers; 2], taped: bool) -> (Numbers, Option<[Numbers; 2]>) {
        let [input, weight] = &inputs;
        let shape = self.shape(input, weight);
        let mut out = Buffer::exact(shape.output_len());
        let level = Level::best();
        let weights = ForwardWeights::new(level, &shape, slice(weight));
        forward(level, &shape, slice(input), &weights, &mut out, |_, _, _| ());
        (numbers(out, &output_shape(&shape)), taped.then_some(inputs))
    }

    fn backward(
        &self,
        [input, weight]: [Numbers; 2],
        gradient: Numbers,
        wanted: [bool; 2],
    ) -> [Option<Numbers>; 2] {
        let shape = self.shape(&input, &weight);
        let level = Level::best();
        let for_weight = wanted[1].then(|| {
            let mut out = Buffer::exact(shape.weight_len());
            weight_gradient(level, &shape, slice(&input), slice(&gradient), &mut out);
            numbers(out, &[shape.outputs, shape.inputs, shape.kernel, shape.kernel])
        });
        recycle([input]);
        let for_input = wanted[0].then(|| {
            let mut out = Buffer::exact(shape.input_len());
            data_gradient(level, &shape, slice(&weight), slice(&gradient), &mut out);
            numbers(out, &[shape.batch, shape.height, shape.width, shape.inputs])
        });
        recycle([gradient]);
        [for_input, for_weight]
    }
}
