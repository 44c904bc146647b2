//! ShuffleNet V2 for small images.

use burn::module::Module;
use burn::tensor::Tensor;
use data::SampleShape;
use options::{Key, OptionError, Section};
use serde::{Deserialize, Serialize};
use tensors::{Activation, channels_first, global_average};

use crate::plan::{Check, Plan, halved, image};
use crate::resnet::{BlockPlan, stage_taps};
use crate::{
    AnyNetwork, BatchNorm, DepthwiseConvolution, Initial, Layer, Linear, Network, NnError,
    NormalisedConvolution, Taps, channel_shuffle, images,
};

/// ShuffleNet V2: Ma et al. (2018), table 5, in the form of the distillation benchmarks for images of
/// 32x32 pixels (Tian et al. 2020): the first convolution is 1x1 and keeps the size of the image, and
/// no pooling follows it.
///
/// Taps: `stem`, `stage1`, `stage2`, `stage3`, `[batch, channels, height, width]`; `class-maps`,
/// `[batch, classes, height, width]`; and `pooled`, `[batch, channels]`.
#[derive(Module, Debug)]
pub struct ShuffleNetV2 {
    stem: NormalisedConvolution,
    stage1: Vec<SplitUnit>,
    stage2: Vec<SplitUnit>,
    stage3: Vec<SplitUnit>,
    head: NormalisedConvolution,
    output: Linear,
    #[module(skip)]
    input: [usize; 3],
}

/// One half of the channels passes through, or, where the image is halved, all channels go through
/// two branches: figures 3c and 3d of the paper.
#[derive(Module, Debug)]
pub struct SplitUnit {
    /// Only where the image is halved.
    shortcut: Option<Halving>,
    reduction: NormalisedConvolution,
    depthwise: DepthwiseConvolution,
    depthwise_norm: BatchNorm,
    expansion: NormalisedConvolution,
}

/// The branch without the first 1x1 convolution.
#[derive(Module, Debug)]
struct Halving {
    depthwise: DepthwiseConvolution,
    depthwise_norm: BatchNorm,
    projection: NormalisedConvolution,
}

/// The width of a [`ShuffleNetV2`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShuffleNetV2Sizes {
    /// 0.5, 1, 1.5 or 2 times the channels.
    pub width_multiplier: f64,
}

const WIDTH_MULTIPLIER: Key =
    Key("width_multiplier", "times the channels of the paper: 0.5, 1.0, 1.5 or 2.0");
const WIDTHS: &str = "0.5, 1.0, 1.5 or 2.0";
const STEM: usize = 24;
/// Units of the stages; the first halves the image.
const UNITS: [usize; 3] = [4, 8, 4];

impl ShuffleNetV2Sizes {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        let sizes = Self { width_multiplier: section.number(WIDTH_MULTIPLIER, 1.0, 0.1..=4.0)? };
        if sizes.widths().is_none() {
            let message = format!("there is no shufflenet-v2 x{}", sizes.width_multiplier);
            let hint = format!("the multipliers are {WIDTHS}");
            return Err(section.conflict("width_multiplier", message, hint));
        }
        Ok(sizes)
    }

    /// Channels of the stages and of the last convolution.
    fn widths(&self) -> Option<[usize; 4]> {
        match self.width_multiplier {
            0.5 => Some([48, 96, 192, 1024]),
            1.0 => Some([116, 232, 464, 1024]),
            1.5 => Some([176, 352, 704, 1024]),
            2.0 => Some([244, 488, 976, 2048]),
            _ => None,
        }
    }

    fn stages(&self) -> [Vec<BlockPlan>; 3] {
        let [first, second, third, _] = self.widths().unwrap_or_default();
        let stage = |number: usize, [before, outputs]: [usize; 2], units: usize| {
            let unit = |unit: usize| BlockPlan {
                name: format!("stage{number}.{unit}"),
                inputs: if unit == 0 { before } else { outputs },
                outputs,
                stride: if unit == 0 { 2 } else { 1 },
            };
            (0..units).map(unit).collect()
        };
        let [short, long, last] = UNITS;
        [
            stage(1, [STEM, first], short),
            stage(2, [first, second], long),
            stage(3, [second, third], last),
        ]
    }
}

/// Channels that the long branch sees, and that it has from its first convolution on.
fn branch(unit: &BlockPlan) -> [usize; 2] {
    let half = unit.outputs / 2;
    [if unit.stride == 2 { unit.inputs } else { half }, half]
}

impl Plan for ShuffleNetV2Sizes {
    fn name(&self) -> String {
        match self.width_multiplier {
            1.0 => "shufflenet-v2".to_owned(),
            multiplier => format!("shufflenet-v2 x{multiplier}"),
        }
    }

    fn check(&self, check: &Check) -> Result<(), NnError> {
        if self.widths().is_none() {
            let found = self.width_multiplier.to_string();
            return Err(check.mistake("`width_multiplier`", WIDTHS, &found));
        }
        check.images(8)
    }

    fn layers(&self, input: SampleShape, classes: usize) -> Vec<Layer> {
        let [channels, height, width] = image(input);
        let mut size = [height, width];
        let mut layers = vec![
            Layer::convolution("stem", channels, STEM, 1, size),
            Layer::batch_norm("stem", STEM, size),
        ];
        for unit in self.stages().into_iter().flatten() {
            let (name, [inputs, half]) = (&unit.name, branch(&unit));
            let mut parts = vec![
                Layer::convolution(name, inputs, half, 1, size),
                Layer::batch_norm(name, half, size),
            ];
            if unit.stride == 2 {
                size = halved(size);
                parts.extend([
                    Layer::grouped_convolution(name, inputs, inputs, 3, inputs, size),
                    Layer::batch_norm(name, inputs, size),
                    Layer::convolution(name, inputs, half, 1, size),
                    Layer::batch_norm(name, half, size),
                ]);
            }
            parts.extend([
                Layer::grouped_convolution(name, half, half, 3, half, size),
                Layer::batch_norm(name, half, size),
                Layer::convolution(name, half, half, 1, size),
                Layer::batch_norm(name, half, size),
            ]);
            let [height, width] = size;
            layers.push(Layer::block(name, "shuffle unit", &parts, &[unit.outputs, height, width]));
        }
        let [.., last, head] = self.widths().unwrap_or_default();
        layers.push(Layer::convolution("head", last, head, 1, size));
        layers.push(Layer::batch_norm("head", head, size));
        layers.push(Layer::free("pooled", "global average", &[head]));
        layers.push(Layer::linear("output", "dense", head, classes));
        layers
    }

    fn taps(&self) -> Vec<String> {
        stage_taps()
    }

    fn build(&self, input: SampleShape, classes: usize, initial: &Initial) -> AnyNetwork {
        AnyNetwork::ShuffleNetV2(ShuffleNetV2::new(image(input), *self, classes, initial))
    }
}

impl ShuffleNetV2 {
    /// `input` is channels, height and width; the width must be one of those of the paper.
    pub fn new(
        input: [usize; 3],
        sizes: ShuffleNetV2Sizes,
        classes: usize,
        initial: &Initial,
    ) -> Self {
        let stage = |units: &Vec<BlockPlan>| -> Vec<SplitUnit> {
            units.iter().map(|unit| SplitUnit::new(unit, initial)).collect()
        };
        let [first, second, third] = sizes.stages();
        let [.., last, head] = sizes.widths().unwrap_or_default();
        Self {
            stem: NormalisedConvolution::new([input[0], STEM], 1, 1, &initial.below("stem")),
            stage1: stage(&first),
            stage2: stage(&second),
            stage3: stage(&third),
            head: NormalisedConvolution::new([last, head], 1, 1, &initial.below("head")),
            output: Linear::new(head, classes, &initial.below("output")),
            input,
        }
    }
}

impl SplitUnit {
    fn new(unit: &BlockPlan, initial: &Initial) -> Self {
        let initial = initial.below(&unit.name);
        let [inputs, half] = branch(unit);
        let shortcut = (unit.stride == 2).then(|| {
            let initial = initial.below("shortcut");
            let projection = initial.below("projection");
            Halving {
                depthwise: DepthwiseConvolution::new(inputs, 3, 2, &initial.below("depthwise")),
                depthwise_norm: BatchNorm::new(inputs, &initial.below("depthwise_norm")),
                projection: NormalisedConvolution::new([inputs, half], 1, 1, &projection),
            }
        });
        let (reduction, expansion) = (initial.below("reduction"), initial.below("expansion"));
        let depthwise = initial.below("depthwise");
        Self {
            shortcut,
            reduction: NormalisedConvolution::new([inputs, half], 1, 1, &reduction),
            depthwise: DepthwiseConvolution::new(half, 3, unit.stride, &depthwise),
            depthwise_norm: BatchNorm::new(half, &initial.below("depthwise_norm")),
            expansion: NormalisedConvolution::new([half, half], 1, 1, &expansion),
        }
    }

    /// Images with their channels last.
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let (around, through) = match &self.shortcut {
            Some(shortcut) => (shortcut.forward(input.clone()), input),
            None => {
                let [.., channels] = input.dims();
                let half = channels / 2;
                (input.clone().narrow(3, 0, half), input.narrow(3, half, half))
            }
        };
        let inner = self.reduction.forward(through, None, Activation::Relu);
        let inner = self.depthwise.normalised(&self.depthwise_norm, inner, Activation::None);
        let made = self.expansion.forward(inner, None, Activation::Relu);
        channel_shuffle(Tensor::cat(vec![around, made], 3), 2)
    }
}

impl Halving {
    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let inner = self.depthwise.normalised(&self.depthwise_norm, input, Activation::None);
        self.projection.forward(inner, None, Activation::Relu)
    }
}

impl Network for ShuffleNetV2 {
    fn forward(&self, inputs: Tensor<2>, taps: &mut Taps) -> Tensor<2> {
        let mut value = self.stem.forward(images(inputs, self.input), None, Activation::Relu);
        taps.keep("stem", || channels_first(value.clone()));
        for (name, stage) in
            [("stage1", &self.stage1), ("stage2", &self.stage2), ("stage3", &self.stage3)]
        {
            for unit in stage {
                value = unit.forward(value);
            }
            taps.keep(name, || channels_first(value.clone()));
        }
        let value = self.head.forward(value, None, Activation::Relu);
        taps.keep_class_maps(&value, &self.output);
        let pooled = global_average(value);
        taps.keep("pooled", || pooled.clone());
        self.output.forward(pooled)
    }
}
