//! ShuffleNet for small images.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use data::SampleShape;
use tensors::{Activation, channels_first, global_average};

use crate::layer::average_pool;
use crate::plan::{Check, Plan, halved, image};
use crate::resnet::{BlockPlan, stage_taps};
use crate::{
    AnyNetwork, BatchNorm, DepthwiseConvolution, GroupedConvolution, Initial, Layer, Linear,
    Network, NnError, NormalisedConvolution, Taps, channel_shuffle, images,
};

/// ShuffleNet with 3 groups: Zhang et al. (2018), table 1, in the form of the distillation benchmarks for images of
/// 32x32 pixels (Tian et al. 2020): the first convolution is 1x1 and keeps the size of the image, no
/// pooling follows it, and there is a ReLU after the depthwise convolutions, too.
///
/// Taps: `stem`, `stage1`, `stage2`, `stage3`, `[batch, channels, height, width]`; `class-maps`,
/// `[batch, classes, height, width]`; and `pooled`, `[batch, channels]`.
#[derive(Module, Debug)]
pub struct ShuffleNetV1 {
    stem: NormalisedConvolution,
    stage1: Vec<ShuffleUnit>,
    stage2: Vec<ShuffleUnit>,
    stage3: Vec<ShuffleUnit>,
    output: Linear,
    #[module(skip)]
    input: [usize; 3],
}

/// Grouped 1x1, shuffle, depthwise 3x3, grouped 1x1: figures 2b and 2c of the paper.
#[derive(Module, Debug)]
pub struct ShuffleUnit {
    reduction: GroupedConvolution,
    depthwise: DepthwiseConvolution,
    depthwise_norm: BatchNorm,
    expansion: GroupedConvolution,
    #[module(skip)]
    shuffled: usize,
    #[module(skip)]
    halves: bool,
}

/// The network with three groups, as the benchmarks have it.
pub(crate) struct ShuffleNetV1Plan;

const STEM: usize = 24;
const GROUPS: usize = 3;
/// Channels and units of the stages; the first unit halves the image.
const STAGES: [[usize; 2]; 3] = [[240, 4], [480, 8], [960, 4]];
const LAST: usize = 960;

/// The units of the three stages.
fn stages() -> [Vec<BlockPlan>; 3] {
    let mut before = STEM;
    let mut number = 0;
    STAGES.map(|[outputs, units]| {
        number += 1;
        let first = std::mem::replace(&mut before, outputs);
        let unit = |unit: usize| BlockPlan {
            name: format!("stage{number}.{unit}"),
            inputs: if unit == 0 { first } else { outputs },
            outputs,
            stride: if unit == 0 { 2 } else { 1 },
        };
        (0..units).map(unit).collect()
    })
}

/// Groups of the first 1x1 convolution; the few channels of the stem have one.
fn first_groups(unit: &BlockPlan) -> usize {
    if unit.inputs == STEM { 1 } else { GROUPS }
}

/// Channels between the two 1x1 convolutions, and behind the second one; a unit that halves the image
/// has its pooled input beside that.
fn inner(unit: &BlockPlan) -> [usize; 2] {
    let beside = if unit.stride == 2 { unit.inputs } else { 0 };
    let made = unit.outputs - beside;
    [made / 4, made]
}

impl Plan for ShuffleNetV1Plan {
    fn name(&self) -> String {
        "shufflenet-v1".to_owned()
    }

    fn check(&self, check: &Check) -> Result<(), NnError> {
        check.images(8)
    }

    fn layers(&self, input: SampleShape, classes: usize) -> Vec<Layer> {
        let [channels, height, width] = image(input);
        let mut size = [height, width];
        let mut layers = vec![
            Layer::convolution("stem", channels, STEM, 1, size),
            Layer::batch_norm("stem", STEM, size),
        ];
        for unit in stages().into_iter().flatten() {
            let (name, [middle, made]) = (&unit.name, inner(&unit));
            let first = first_groups(&unit);
            let reduction = Layer::grouped_convolution(name, unit.inputs, middle, 1, first, size);
            size = if unit.stride == 2 { halved(size) } else { size };
            let parts = [
                reduction,
                Layer::batch_norm(name, middle, size),
                Layer::grouped_convolution(name, middle, middle, 3, middle, size),
                Layer::batch_norm(name, middle, size),
                Layer::grouped_convolution(name, middle, made, 1, GROUPS, size),
                Layer::batch_norm(name, made, size),
            ];
            let [height, width] = size;
            layers.push(Layer::block(name, "shuffle unit", &parts, &[unit.outputs, height, width]));
        }
        layers.push(Layer::free("pooled", "global average", &[LAST]));
        layers.push(Layer::linear("output", "dense", LAST, classes));
        layers
    }

    fn taps(&self) -> Vec<String> {
        stage_taps()
    }

    fn build(&self, input: SampleShape, classes: usize, initial: &Initial) -> AnyNetwork {
        AnyNetwork::ShuffleNetV1(ShuffleNetV1::new(image(input), classes, initial))
    }
}

impl ShuffleNetV1 {
    /// `input` is channels, height and width.
    pub fn new(input: [usize; 3], classes: usize, initial: &Initial) -> Self {
        let stage = |units: &Vec<BlockPlan>| -> Vec<ShuffleUnit> {
            units.iter().map(|unit| ShuffleUnit::new(unit, initial)).collect()
        };
        let [first, second, third] = stages();
        Self {
            stem: NormalisedConvolution::new([input[0], STEM], 1, 1, &initial.below("stem")),
            stage1: stage(&first),
            stage2: stage(&second),
            stage3: stage(&third),
            output: Linear::new(LAST, classes, &initial.below("output")),
            input,
        }
    }
}

impl ShuffleUnit {
    fn new(unit: &BlockPlan, initial: &Initial) -> Self {
        let initial = initial.below(&unit.name);
        let [middle, made] = inner(unit);
        let first = first_groups(unit);
        let (reduction, expansion) = (initial.below("reduction"), initial.below("expansion"));
        let depthwise = initial.below("depthwise");
        Self {
            reduction: GroupedConvolution::new([unit.inputs, middle], first, &reduction),
            depthwise: DepthwiseConvolution::new(middle, 3, unit.stride, &depthwise),
            depthwise_norm: BatchNorm::new(middle, &initial.below("depthwise_norm")),
            expansion: GroupedConvolution::new([middle, made], GROUPS, &expansion),
            shuffled: first,
            halves: unit.stride == 2,
        }
    }

    /// Images with their channels last.
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let reduced = self.reduction.forward(input.clone(), None, Activation::Relu);
        let mixed = channel_shuffle(reduced, self.shuffled);
        let inner = self.depthwise.normalised(&self.depthwise_norm, mixed, Activation::Relu);
        if self.halves {
            let made = self.expansion.forward(inner, None, Activation::None);
            return relu(Tensor::cat(vec![made, average_pool(input, 3, 2, 1)], 3));
        }
        self.expansion.forward(inner, Some(input), Activation::Relu)
    }
}

impl Network for ShuffleNetV1 {
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
        taps.keep_class_maps(&value, &self.output);
        let pooled = global_average(value);
        taps.keep("pooled", || pooled.clone());
        self.output.forward(pooled)
    }
}
