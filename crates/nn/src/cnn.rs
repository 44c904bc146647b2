//! A small plain convolution network.

use burn::module::Module;
use burn::tensor::Tensor;
use data::SampleShape;
use tensors::{channels_first, max_pool};

use crate::architecture::LARGEST_LAYER;
use crate::mlp::dashed;
use crate::plan::{Check, Plan, image};
use crate::tap_kind::before_activation;
use crate::{
    AnyNetwork, Initial, Layer, Linear, Network, NnError, NormalisedConvolution, Taps, images,
};

/// Stages of 3x3 convolution, batch normalisation, ReLU and 2x2 maximum pooling, then a dense
/// output on all that is left.
///
/// Taps: `stage1`, `stage2`, ... after each pooling, `[batch, channels, height, width]`, and before its ReLU,
/// `stage1.preactivation`, twice as large.
#[derive(Module, Debug)]
pub struct Cnn {
    stages: Vec<NormalisedConvolution>,
    output: Linear,
    #[module(skip)]
    input: [usize; 3],
}

impl Cnn {
    /// `input` is channels, height and width; height and width must be at least
    /// `2^channels.len()`, which [`Architecture::check`](crate::Architecture::check) sees to.
    pub fn new(input: [usize; 3], channels: &[usize], classes: usize, initial: &Initial) -> Self {
        let [mut depth, mut height, mut width] = input;
        let mut stages = Vec::with_capacity(channels.len());
        for (index, &outputs) in channels.iter().enumerate() {
            let initial = initial.below(&format!("stages.{index}"));
            stages.push(NormalisedConvolution::new([depth, outputs], 3, 1, &initial));
            (depth, height, width) = (outputs, height / 2, width / 2);
        }
        let output = Linear::new(depth * height * width, classes, &initial.below("output"));
        Self { stages, output, input }
    }
}

/// Channels of the stages.
pub(crate) struct CnnPlan(pub(crate) Vec<usize>);

impl Plan for CnnPlan {
    fn name(&self) -> String {
        format!("cnn {}", dashed(&self.0))
    }

    fn check(&self, check: &Check) -> Result<(), NnError> {
        for &outputs in &self.0 {
            check.size("`channels`", "channels", 1..=LARGEST_LAYER, outputs)?;
        }
        check.images(1_usize << self.0.len().min(32))
    }

    fn layers(&self, input: SampleShape, classes: usize) -> Vec<Layer> {
        let [mut depth, mut height, mut width] = image(input);
        let mut layers = Vec::new();
        for (index, &outputs) in self.0.iter().enumerate() {
            let name = format!("stages.{index}");
            layers.push(Layer::convolution(&name, depth, outputs, 3, [height, width]));
            layers.push(Layer::batch_norm(&name, outputs, [height, width]));
            (depth, height, width) = (outputs, height / 2, width / 2);
            layers.push(Layer::free(&name, "ReLU + max pool 2x2", &[depth, height, width]));
        }
        layers.push(Layer::linear("output", "dense", depth * height * width, classes));
        layers
    }

    fn taps(&self) -> Vec<String> {
        let stages = (1..=self.0.len()).map(|number| format!("stage{number}"));
        stages.flat_map(|name| [before_activation(&name), name]).collect()
    }

    fn build(&self, input: SampleShape, classes: usize, initial: &Initial) -> AnyNetwork {
        AnyNetwork::Cnn(Cnn::new(image(input), &self.0, classes, initial))
    }
}

impl Network for Cnn {
    fn forward(&self, inputs: Tensor<2>, taps: &mut Taps) -> Tensor<2> {
        let mut value = images(inputs, self.input);
        for (index, stage) in self.stages.iter().enumerate() {
            let name = format!("stage{}", index + 1);
            let made = |activation| stage.forward(value, None, activation);
            value = max_pool(taps.keep_before(&name, made), 2);
            taps.keep(&name, || channels_first(value.clone()));
        }
        self.output.forward(channels_first(value).flatten::<2>(1, 3))
    }
}
