//! MobileNet-V2 for small images.

use burn::module::Module;
use burn::tensor::Tensor;
use data::SampleShape;
use options::{Key, OptionError, Section};
use serde::{Deserialize, Serialize};
use tensors::{Activation, channels_first, global_average};

use crate::plan::{Check, Plan, halved, image};
use crate::tap_kind::{CLASS_MAPS, FEATURES};
use crate::{
    AnyNetwork, BatchNorm, Convolution, DepthwiseConvolution, Initial, Layer, Linear, Network,
    NnError, NormalisedConvolution, Taps, images,
};

/// MobileNet-V2: Sandler et al. (2018), table 2, with the strides that are usual for images of 32x32
/// pixels: the first convolution and the second group of blocks keep the size of the image.
///
/// Taps: `block1` to `block17`, `[batch, channels, height, width]`; `class-maps`, `[batch, classes, height, width]`;
/// and `pooled`, `[batch, channels]`.
#[derive(Module, Debug)]
pub struct MobileNetV2 {
    stem: Convolution,
    stem_norm: BatchNorm,
    blocks: Vec<InvertedResidual>,
    head: Convolution,
    head_norm: BatchNorm,
    output: Linear,
    #[module(skip)]
    input: [usize; 3],
}

/// Expansion, channels, blocks and stride of the first block of each group.
const GROUPS: [[usize; 4]; 7] = [
    [1, 16, 1, 1],
    [6, 24, 2, 1],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
];
const STEM: usize = 32;
const HEAD: usize = 1280;

/// The width multiplier of a [`MobileNetV2`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MobileNetV2Sizes {
    /// Times the channels of the paper; 0.1 to 4.
    pub width_multiplier: f64,
}

const LEAST: f64 = 0.1;
const MOST: f64 = 4.0;
const WIDTH_MULTIPLIER: Key = Key("width_multiplier", "times the channels of the paper");

/// One block as constructor and summary both need it.
struct Block {
    name: String,
    channels: [usize; 2],
    expansion: usize,
    stride: usize,
}

impl MobileNetV2Sizes {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        Ok(Self { width_multiplier: section.number(WIDTH_MULTIPLIER, 1.0, LEAST..=MOST)? })
    }

    /// Channels of the paper times the multiplier, as a multiple of 8 that is at most a tenth
    /// smaller: the rule of the authors' own program.
    fn scaled(&self, channels: usize) -> usize {
        let exact = channels as f64 * self.width_multiplier;
        let near = (((exact + 4.0) / 8.0).floor() * 8.0).max(8.0);
        (if near < 0.9 * exact { near + 8.0 } else { near }) as usize
    }

    /// The last convolution grows with the multiplier, but does not shrink: section 6.1 of the paper.
    fn head(&self) -> usize {
        self.scaled(HEAD).max(HEAD)
    }

    fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut width = self.scaled(STEM);
        for [expansion, channels, count, stride] in GROUPS {
            for number in 0..count {
                let outputs = self.scaled(channels);
                blocks.push(Block {
                    name: format!("blocks.{}", blocks.len()),
                    channels: [width, outputs],
                    expansion,
                    stride: if number == 0 { stride } else { 1 },
                });
                width = outputs;
            }
        }
        blocks
    }
}

impl Plan for MobileNetV2Sizes {
    fn name(&self) -> String {
        match self.width_multiplier {
            1.0 => "mobilenet-v2".to_owned(),
            multiplier => format!("mobilenet-v2 x{multiplier}"),
        }
    }

    fn check(&self, check: &Check) -> Result<(), NnError> {
        if !(LEAST..=MOST).contains(&self.width_multiplier) {
            let (expected, found) = (format!("{LEAST} to {MOST}"), self.width_multiplier);
            return Err(check.mistake("`width_multiplier`", &expected, &found.to_string()));
        }
        check.images(8)
    }

    fn layers(&self, input: SampleShape, classes: usize) -> Vec<Layer> {
        let [channels, height, width] = image(input);
        let mut size = [height, width];
        let stem = self.scaled(STEM);
        let mut layers = vec![
            Layer::convolution("stem", channels, stem, 3, size),
            Layer::batch_norm("stem_norm", stem, size),
        ];
        let mut last = stem;
        for Block { name, channels: [inputs, outputs], expansion, stride } in self.blocks() {
            let inner = inputs * expansion;
            let mut parts = Vec::new();
            if expansion > 1 {
                parts.push(Layer::convolution(&name, inputs, inner, 1, size));
                parts.push(Layer::batch_norm(&name, inner, size));
            }
            size = if stride == 2 { halved(size) } else { size };
            parts.extend([
                Layer::grouped_convolution(&name, inner, inner, 3, inner, size),
                Layer::batch_norm(&name, inner, size),
                Layer::convolution(&name, inner, outputs, 1, size),
                Layer::batch_norm(&name, outputs, size),
            ]);
            let [height, width] = size;
            let shape = [outputs, height, width];
            layers.push(Layer::block(&name, "inverted residual", &parts, &shape));
            last = outputs;
        }
        let head = self.head();
        layers.push(Layer::convolution("head", last, head, 1, size));
        layers.push(Layer::batch_norm("head_norm", head, size));
        layers.push(Layer::free("pooled", "global average", &[head]));
        layers.push(Layer::linear("output", "dense", head, classes));
        layers
    }

    fn taps(&self) -> Vec<String> {
        let blocks = (1..=self.blocks().len()).map(|number| format!("block{number}"));
        blocks.chain([FEATURES, CLASS_MAPS, "pooled"].map(str::to_owned)).collect()
    }

    fn build(&self, input: SampleShape, classes: usize, initial: &Initial) -> AnyNetwork {
        AnyNetwork::MobileNetV2(MobileNetV2::new(image(input), *self, classes, initial))
    }
}

impl MobileNetV2 {
    /// `input` is channels, height and width.
    pub fn new(
        input: [usize; 3],
        sizes: MobileNetV2Sizes,
        classes: usize,
        initial: &Initial,
    ) -> Self {
        let (stem, head) = (sizes.scaled(STEM), sizes.head());
        let blocks = sizes.blocks();
        let width = blocks.last().map_or(stem, |block| block.channels[1]);
        let block = |plan: &Block| {
            let initial = initial.below(&plan.name);
            InvertedResidual::new(plan.channels, plan.expansion, plan.stride, &initial)
        };
        Self {
            stem: Convolution::new(input[0], stem, 3, 1, &initial.below("stem")),
            stem_norm: BatchNorm::new(stem, &initial.below("stem_norm")),
            blocks: blocks.iter().map(block).collect(),
            head: Convolution::new(width, head, 1, 1, &initial.below("head")),
            head_norm: BatchNorm::new(head, &initial.below("head_norm")),
            output: Linear::new(head, classes, &initial.below("output")),
            input,
        }
    }
}

impl Network for MobileNetV2 {
    fn forward(&self, inputs: Tensor<2>, taps: &mut Taps) -> Tensor<2> {
        let image = images(inputs, self.input);
        let mut value = self.stem.normalised(&self.stem_norm, image, None, Activation::Relu6);
        for (number, block) in self.blocks.iter().enumerate() {
            value = block.forward(value);
            taps.keep(&format!("block{}", number + 1), || channels_first(value.clone()));
        }
        let value = self.head.normalised(&self.head_norm, value, None, Activation::Relu6);
        taps.keep_class_maps(&value, &self.output);
        let pooled = global_average(value);
        taps.keep("pooled", || pooled.clone());
        self.output.forward(pooled)
    }
}

/// A block that widens, convolves each channel by itself, and narrows again without an activation.
#[derive(Module, Debug)]
pub struct InvertedResidual {
    /// The widening 1x1 convolution; a block with expansion 1 has none.
    expansion: Option<NormalisedConvolution>,
    depthwise: DepthwiseConvolution,
    depthwise_norm: BatchNorm,
    projection: Convolution,
    projection_norm: BatchNorm,
    #[module(skip)]
    residual: bool,
}

impl InvertedResidual {
    /// From the first number of channels to the second, through `expansion` times the first.
    pub fn new(
        [inputs, outputs]: [usize; 2],
        expansion: usize,
        stride: usize,
        initial: &Initial,
    ) -> Self {
        let inner = inputs * expansion;
        let widen = initial.below("expansion");
        let narrow = initial.below("projection");
        Self {
            expansion: (expansion > 1)
                .then(|| NormalisedConvolution::new([inputs, inner], 1, 1, &widen)),
            depthwise: DepthwiseConvolution::new(inner, 3, stride, &initial.below("depthwise")),
            depthwise_norm: BatchNorm::new(inner, &initial.below("depthwise_norm")),
            projection: Convolution::new(inner, outputs, 1, 1, &narrow),
            projection_norm: BatchNorm::new(outputs, &initial.below("projection_norm")),
            residual: stride == 1 && inputs == outputs,
        }
    }

    /// Images with their channels last.
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let widened = match &self.expansion {
            Some(expansion) => expansion.forward(input.clone(), None, Activation::Relu6),
            None => input.clone(),
        };
        let inner = self.depthwise.normalised(&self.depthwise_norm, widened, Activation::Relu6);
        let around = self.residual.then_some(input);
        self.projection.normalised(&self.projection_norm, inner, around, Activation::None)
    }
}
