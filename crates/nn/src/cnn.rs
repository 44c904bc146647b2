//! A small plain convolution network.

use burn::module::Module;
use burn::tensor::Tensor;
use tensors::{Activation, channels_first, max_pool};

use crate::{BatchNorm, Convolution, Initial, Layer, Linear, Network, Taps, images};

/// Stages of 3x3 convolution, batch normalisation, ReLU and 2x2 maximum pooling, then a dense
/// output on all that is left.
///
/// Taps: `stage1`, `stage2`, ... after each pooling, `[batch, channels, height, width]`.
#[derive(Module, Debug)]
pub struct Cnn {
    stages: Vec<Stage>,
    output: Linear,
    #[module(skip)]
    input: [usize; 3],
}

/// One stage of a [`Cnn`].
#[derive(Module, Debug)]
struct Stage {
    convolution: Convolution,
    norm: BatchNorm,
}

impl Cnn {
    /// `input` is channels, height and width; height and width must be at least
    /// `2^channels.len()`, which [`Architecture::check`](crate::Architecture::check) sees to.
    pub fn new(input: [usize; 3], channels: &[usize], classes: usize, initial: &Initial) -> Self {
        let [mut depth, mut height, mut width] = input;
        let mut stages = Vec::with_capacity(channels.len());
        for (index, &outputs) in channels.iter().enumerate() {
            let initial = initial.below(&format!("stages.{index}"));
            stages.push(Stage {
                convolution: Convolution::new(depth, outputs, 3, 1, &initial.below("convolution")),
                norm: BatchNorm::new(outputs, &initial.below("norm")),
            });
            (depth, height, width) = (outputs, height / 2, width / 2);
        }
        let output = Linear::new(depth * height * width, classes, &initial.below("output"));
        Self { stages, output, input }
    }

    pub(crate) fn layers(input: [usize; 3], channels: &[usize], classes: usize) -> Vec<Layer> {
        let [mut depth, mut height, mut width] = input;
        let mut layers = Vec::new();
        for (index, &outputs) in channels.iter().enumerate() {
            let name = format!("stages.{index}");
            layers.push(Layer::convolution(&name, depth, outputs, 3, [height, width]));
            layers.push(Layer::batch_norm(&name, outputs, [height, width]));
            (depth, height, width) = (outputs, height / 2, width / 2);
            layers.push(Layer::free(&name, "ReLU + max pool 2x2", &[depth, height, width]));
        }
        layers.push(Layer::linear("output", "dense", depth * height * width, classes));
        layers
    }

    pub(crate) fn tap_names(channels: &[usize]) -> Vec<String> {
        (1..=channels.len()).map(|number| format!("stage{number}")).collect()
    }
}

impl Network for Cnn {
    fn forward(&self, inputs: Tensor<2>, taps: &mut Taps) -> Tensor<2> {
        let mut value = images(inputs, self.input);
        for (index, Stage { convolution, norm }) in self.stages.iter().enumerate() {
            value = convolution.normalised(norm, value, None, Activation::Relu);
            value = max_pool(value, 2);
            taps.keep(&format!("stage{}", index + 1), || channels_first(value.clone()));
        }
        self.output.forward(channels_first(value).flatten::<2>(1, 3))
    }
}
