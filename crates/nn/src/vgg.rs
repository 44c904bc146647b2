//! VGG networks for small images.

use burn::module::Module;
use burn::tensor::Tensor;
use data::SampleShape;
use serde::{Deserialize, Serialize};
use tensors::{Activation, channels_first, global_average, max_pool};

use crate::plan::{Check, Plan, image};
use crate::tap_kind::{CLASS_MAPS, FEATURES, before_activation};
use crate::{
    AnyNetwork, Initial, Layer, Linear, Network, NnError, NormalisedConvolution, Taps, images,
};

/// The networks of Simonyan and Zisserman (2015), table 1, in the form of the distillation
/// benchmarks for images of 32x32 pixels (Tian et al. 2020): batch normalisation, 2x2 maximum pooling
/// after the first three of the five stages, global average pooling and one dense layer. The
/// convolutions have no bias, which the normalisation would take away again.
///
/// Taps: `stage1` to `stage5`, `[batch, channels, height, width]`, before the pooling, each also in front of its
/// last ReLU, `stage1.preactivation`; `class-maps`, `[batch, classes, height, width]`; and `pooled`,
/// `[batch, 512]`.
#[derive(Module, Debug)]
pub struct Vgg {
    stages: Vec<Vec<NormalisedConvolution>>,
    output: Linear,
    #[module(skip)]
    input: [usize; 3],
}

/// The depth of a [`Vgg`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VggSizes {
    /// Layers with weights: 8, 11, 13, 16 or 19.
    pub depth: usize,
}

/// Channels of the stages.
const WIDTHS: [usize; 5] = [64, 128, 256, 512, 512];
/// Stages with a pooling behind them.
const POOLED: usize = 3;

impl VggSizes {
    /// The network that is called `vgg` and its depth; none when there is no such one.
    pub(crate) fn named(model: &str) -> Option<Self> {
        let sizes = Self { depth: model.strip_prefix("vgg")?.parse().ok()? };
        sizes.convolutions().map(|_| sizes)
    }

    /// Convolutions of each stage.
    fn convolutions(&self) -> Option<[usize; 5]> {
        match self.depth {
            8 => Some([1, 1, 1, 1, 1]),
            11 => Some([1, 1, 2, 2, 2]),
            13 => Some([2, 2, 2, 2, 2]),
            16 => Some([2, 2, 3, 3, 3]),
            19 => Some([2, 2, 4, 4, 4]),
            _ => None,
        }
    }

    /// Inputs and outputs of the convolutions of each stage.
    fn stages(&self, channels: usize) -> Vec<Vec<[usize; 2]>> {
        let mut inputs = channels;
        let stage = |(outputs, count)| {
            (0..count).map(|_| [std::mem::replace(&mut inputs, outputs), outputs]).collect()
        };
        WIDTHS.into_iter().zip(self.convolutions().unwrap_or_default()).map(stage).collect()
    }
}

impl Plan for VggSizes {
    fn name(&self) -> String {
        format!("vgg{}", self.depth)
    }

    fn check(&self, check: &Check) -> Result<(), NnError> {
        if self.convolutions().is_none() {
            let found = self.depth.to_string();
            return Err(check.mistake("`depth`", "8, 11, 13, 16 or 19", &found));
        }
        check.images(1 << POOLED)
    }

    fn layers(&self, input: SampleShape, classes: usize) -> Vec<Layer> {
        let [channels, mut height, mut width] = image(input);
        let mut layers = Vec::new();
        let mut last = channels;
        for (number, stage) in self.stages(channels).into_iter().enumerate() {
            for (index, [inputs, outputs]) in stage.into_iter().enumerate() {
                let name = format!("stages.{number}.{index}");
                layers.push(Layer::convolution(&name, inputs, outputs, 3, [height, width]));
                layers.push(Layer::batch_norm(&name, outputs, [height, width]));
                last = outputs;
            }
            if number < POOLED {
                (height, width) = (height / 2, width / 2);
                let name = format!("stages.{number}");
                layers.push(Layer::free(&name, "max pool 2x2", &[last, height, width]));
            }
        }
        layers.push(Layer::free("pooled", "global average", &[last]));
        layers.push(Layer::linear("output", "dense", last, classes));
        layers
    }

    fn taps(&self) -> Vec<String> {
        let stages = (1..=WIDTHS.len()).map(|number| format!("stage{number}"));
        let stages = stages.flat_map(|name| [before_activation(&name), name]);
        stages.chain([FEATURES, CLASS_MAPS, "pooled"].map(str::to_owned)).collect()
    }

    fn build(&self, input: SampleShape, classes: usize, initial: &Initial) -> AnyNetwork {
        AnyNetwork::Vgg(Vgg::new(image(input), *self, classes, initial))
    }
}

impl Vgg {
    /// `input` is channels, height and width.
    pub fn new(input: [usize; 3], sizes: VggSizes, classes: usize, initial: &Initial) -> Self {
        let stage = |(number, plans): (usize, Vec<[usize; 2]>)| {
            let convolution = |(index, channels): (usize, [usize; 2])| {
                let initial = initial.below(&format!("stages.{number}.{index}"));
                NormalisedConvolution::new(channels, 3, 1, &initial)
            };
            plans.into_iter().enumerate().map(convolution).collect()
        };
        let [.., last] = WIDTHS;
        Self {
            stages: sizes.stages(input[0]).into_iter().enumerate().map(stage).collect(),
            output: Linear::new(last, classes, &initial.below("output")),
            input,
        }
    }
}

impl Network for Vgg {
    fn forward(&self, inputs: Tensor<2>, taps: &mut Taps) -> Tensor<2> {
        let mut value = images(inputs, self.input);
        for (number, stage) in self.stages.iter().enumerate() {
            let Some((last, others)) = stage.split_last() else { continue };
            for convolution in others {
                value = convolution.forward(value, None, Activation::Relu);
            }
            let name = format!("stage{}", number + 1);
            value = taps.keep_before(&name, |activation| last.forward(value, None, activation));
            taps.keep(&name, || channels_first(value.clone()));
            if number < POOLED {
                value = max_pool(value, 2);
            }
        }
        taps.keep_class_maps(&value, &self.output);
        let pooled = global_average(value);
        taps.keep("pooled", || pooled.clone());
        self.output.forward(pooled)
    }
}
