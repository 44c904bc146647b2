//! MobileNet-V2 for small images.

use burn::module::Module;
use burn::tensor::Tensor;
use tensors::{Activation, channels_first, global_average};

use crate::{BatchNorm, Convolution, DepthwiseConvolution, Initial, Linear, Network, Taps, images};

/// MobileNet-V2: Sandler et al. (2018), table 2, with the strides that are usual for images of 32x32
/// pixels: the first convolution and the second group of blocks keep the size of the image.
///
/// Taps: `block1` to `block17`, `[batch, channels, height, width]`, and `pooled`, `[batch, 1280]`.
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

impl MobileNetV2 {
    /// `input` is channels, height and width.
    pub fn new(input: [usize; 3], classes: usize, initial: &Initial) -> Self {
        let mut blocks = Vec::new();
        let mut width = STEM;
        for [expansion, channels, count, stride] in GROUPS {
            for number in 0..count {
                let stride = if number == 0 { stride } else { 1 };
                let initial = initial.below(&format!("blocks.{}", blocks.len()));
                blocks.push(InvertedResidual::new([width, channels], expansion, stride, &initial));
                width = channels;
            }
        }
        Self {
            stem: Convolution::new(input[0], STEM, 3, 1, &initial.below("stem")),
            stem_norm: BatchNorm::new(STEM, &initial.below("stem_norm")),
            blocks,
            head: Convolution::new(width, HEAD, 1, 1, &initial.below("head")),
            head_norm: BatchNorm::new(HEAD, &initial.below("head_norm")),
            output: Linear::new(HEAD, classes, &initial.below("output")),
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
        let pooled = global_average(value);
        taps.keep("pooled", || pooled.clone());
        self.output.forward(pooled)
    }
}

/// A block that widens, convolves each channel by itself, and narrows again without an activation.
#[derive(Module, Debug)]
pub struct InvertedResidual {
    expansion: Option<Expansion>,
    depthwise: DepthwiseConvolution,
    depthwise_norm: BatchNorm,
    projection: Convolution,
    projection_norm: BatchNorm,
    #[module(skip)]
    residual: bool,
}

/// The widening 1x1 convolution; a block with expansion 1 has none.
#[derive(Module, Debug)]
struct Expansion {
    convolution: Convolution,
    norm: BatchNorm,
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
            expansion: (expansion > 1).then(|| Expansion {
                convolution: Convolution::new(inputs, inner, 1, 1, &widen.below("convolution")),
                norm: BatchNorm::new(inner, &widen.below("norm")),
            }),
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
            Some(Expansion { convolution, norm }) => {
                convolution.normalised(norm, input.clone(), None, Activation::Relu6)
            }
            None => input.clone(),
        };
        let inner = self.depthwise.normalised(&self.depthwise_norm, widened, Activation::Relu6);
        let around = self.residual.then_some(input);
        self.projection.normalised(&self.projection_norm, inner, around, Activation::None)
    }
}
