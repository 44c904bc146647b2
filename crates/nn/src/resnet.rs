//! The residual networks for small images.

use burn::module::Module;
use burn::tensor::Tensor;
use data::SampleShape;
use tensors::{Activation, channels_first, global_average};

use crate::architecture::{DEEPEST, WIDEST};
use crate::plan::{Check, Plan, halved, image};
use crate::tap_kind::{CLASS_MAPS, FEATURES, before_activation};
use crate::{
    AnyNetwork, BatchNorm, Convolution, Initial, Layer, Linear, Network, NnError,
    NormalisedConvolution, Taps, images,
};

/// The CIFAR residual network of depth `6 n + 2`: He et al. (2016), section 4.2.
///
/// A 3x3 convolution, three stages of `n` residual blocks, the second and third halving the image,
/// global average pooling and a dense output. Where a block changes the shape its shortcut is a 1x1
/// convolution with batch normalisation (option B of the paper), as in the usual distillation
/// benchmarks.
///
/// Taps: `stem`, `stage1`, `stage2`, `stage3`, `[batch, channels, height, width]`, each stage also in front of
/// its last ReLU, `stage1.preactivation`; `class-maps`, `[batch, classes, height, width]`; and `pooled`,
/// `[batch, channels]`.
#[derive(Module, Debug)]
pub struct Resnet {
    stem: Convolution,
    stem_norm: BatchNorm,
    stage1: Vec<ResidualBlock>,
    stage2: Vec<ResidualBlock>,
    stage3: Vec<ResidualBlock>,
    output: Linear,
    #[module(skip)]
    input: [usize; 3],
}

/// Two 3x3 convolutions with a shortcut around them.
#[derive(Module, Debug)]
pub struct ResidualBlock {
    convolution1: Convolution,
    norm1: BatchNorm,
    convolution2: Convolution,
    norm2: BatchNorm,
    shortcut: Option<NormalisedConvolution>,
}

/// One block as constructors and summaries both need it.
pub(crate) struct BlockPlan {
    /// Path of the block.
    pub(crate) name: String,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) stride: usize,
}

impl BlockPlan {
    /// Whether the shortcut needs weights.
    pub(crate) fn changes_shape(&self) -> bool {
        self.inputs != self.outputs || self.stride != 1
    }
}

/// Three stages of `blocks` blocks; `widths` are the channels of the stem and of the stages. The
/// second and third stage halve the image.
pub(crate) fn stages(widths: [usize; 4], blocks: usize) -> [Vec<BlockPlan>; 3] {
    let [stem, first, second, third] = widths;
    let stage = |number: usize, [inputs, outputs]: [usize; 2], stride: usize| {
        let block = |block: usize| BlockPlan {
            name: format!("stage{number}.{block}"),
            inputs: if block == 0 { inputs } else { outputs },
            outputs,
            stride: if block == 0 { stride } else { 1 },
        };
        (0..blocks).map(block).collect()
    };
    [stage(1, [stem, first], 1), stage(2, [first, second], 2), stage(3, [second, third], 2)]
}

/// The taps of a network with three stages.
pub(crate) fn stage_taps() -> Vec<String> {
    ["stem", "stage1", "stage2", "stage3", FEATURES, CLASS_MAPS, "pooled"]
        .map(str::to_owned)
        .to_vec()
}

impl Resnet {
    /// `input` is channels, height and width; `widths` are the channels of the stem and of the three
    /// stages; `blocks` is `n`, the blocks in each stage.
    pub fn new(
        input: [usize; 3],
        blocks: usize,
        widths: [usize; 4],
        classes: usize,
        initial: &Initial,
    ) -> Self {
        let stage = |plans: &Vec<BlockPlan>| -> Vec<ResidualBlock> {
            let block = |plan: &BlockPlan| {
                let initial = initial.below(&plan.name);
                ResidualBlock::new(plan.inputs, plan.outputs, plan.stride, &initial)
            };
            plans.iter().map(block).collect()
        };
        let [first, second, third] = stages(widths, blocks);
        let [stem, .., last] = widths;
        Self {
            stem: Convolution::new(input[0], stem, 3, 1, &initial.below("stem")),
            stem_norm: BatchNorm::new(stem, &initial.below("stem_norm")),
            stage1: stage(&first),
            stage2: stage(&second),
            stage3: stage(&third),
            output: Linear::new(last, classes, &initial.below("output")),
            input,
        }
    }
}

/// Depth and channels of a [`Resnet`].
pub(crate) struct ResnetPlan {
    /// `6 n + 2`.
    pub(crate) depth: usize,
    /// Channels of the stem and of the stages.
    pub(crate) widths: [usize; 4],
    /// The short name.
    pub(crate) name: String,
}

impl ResnetPlan {
    /// Every stage twice as wide as the one before it: He et al. (2016).
    pub(crate) fn plain(depth: usize, width: usize) -> Self {
        let name = match width {
            16 => format!("resnet{depth}"),
            _ => format!("resnet{depth} width {width}"),
        };
        let doubled = width.saturating_mul(2);
        Self { depth, widths: [width, width, doubled, doubled.saturating_mul(2)], name }
    }

    /// The networks that the distillation literature calls `x4`: 32 channels, then 64, 128 and 256.
    pub(crate) fn times_four(depth: usize) -> Self {
        Self { depth, widths: [32, 64, 128, 256], name: format!("resnet{depth}x4") }
    }

    fn blocks(&self) -> usize {
        blocks_of_depth(self.depth).unwrap_or(1)
    }
}

/// Blocks in each stage of the network of this depth; none when there is no such network.
pub(crate) fn blocks_of_depth(depth: usize) -> Option<usize> {
    let blocks = depth.checked_sub(2).filter(|_| depth <= DEEPEST)?;
    (blocks > 0 && blocks.is_multiple_of(6)).then_some(blocks / 6)
}

impl Plan for ResnetPlan {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn check(&self, check: &Check) -> Result<(), NnError> {
        if blocks_of_depth(self.depth).is_none() {
            let expected = format!("6 n + 2, such as 8, 14, 20 or 32, up to {DEEPEST}");
            return Err(check.mistake("`depth`", &expected, &self.depth.to_string()));
        }
        let [stem, ..] = self.widths;
        check.size("`width`", "channels", 1..=WIDEST, stem)?;
        check.images(4)
    }

    fn layers(&self, input: SampleShape, classes: usize) -> Vec<Layer> {
        let [channels, height, width] = image(input);
        let [stem, .., last] = self.widths;
        let mut size = [height, width];
        let mut layers = vec![
            Layer::convolution("stem", channels, stem, 3, size),
            Layer::batch_norm("stem_norm", stem, size),
        ];
        for block in stages(self.widths, self.blocks()).into_iter().flatten() {
            let BlockPlan { name, inputs, outputs, stride } = &block;
            size = if *stride == 2 { halved(size) } else { size };
            let mut parts = vec![
                Layer::convolution(name, *inputs, *outputs, 3, size),
                Layer::batch_norm(name, *outputs, size),
                Layer::convolution(name, *outputs, *outputs, 3, size),
                Layer::batch_norm(name, *outputs, size),
            ];
            if block.changes_shape() {
                parts.push(Layer::convolution(name, *inputs, *outputs, 1, size));
                parts.push(Layer::batch_norm(name, *outputs, size));
            }
            let [height, width] = size;
            layers.push(Layer::block(name, "residual block", &parts, &[*outputs, height, width]));
        }
        layers.push(Layer::free("pooled", "global average", &[last]));
        layers.push(Layer::linear("output", "dense", last, classes));
        layers
    }

    fn taps(&self) -> Vec<String> {
        let with_before = |name: String| match name.starts_with("stage") {
            true => vec![before_activation(&name), name],
            false => vec![name],
        };
        stage_taps().into_iter().flat_map(with_before).collect()
    }

    fn build(&self, input: SampleShape, classes: usize, initial: &Initial) -> AnyNetwork {
        let blocks = self.blocks();
        AnyNetwork::Resnet(Resnet::new(image(input), blocks, self.widths, classes, initial))
    }
}

impl ResidualBlock {
    /// From `inputs` to `outputs` channels; the shortcut has a convolution where the shapes differ.
    pub fn new(inputs: usize, outputs: usize, stride: usize, initial: &Initial) -> Self {
        let around = initial.below("shortcut.convolution");
        let shortcut = (inputs != outputs || stride != 1).then(|| NormalisedConvolution {
            convolution: Convolution::new(inputs, outputs, 1, stride, &around),
            norm: BatchNorm::new(outputs, &initial.below("shortcut.norm")),
        });
        let first = initial.below("convolution1");
        Self {
            convolution1: Convolution::new(inputs, outputs, 3, stride, &first),
            norm1: BatchNorm::new(outputs, &initial.below("norm1")),
            convolution2: Convolution::new(outputs, outputs, 3, 1, &initial.below("convolution2")),
            norm2: BatchNorm::new(outputs, &initial.below("norm2")),
            shortcut,
        }
    }

    /// Images with their channels last; `activation` is the last step.
    pub fn forward(&self, input: Tensor<4>, activation: Activation) -> Tensor<4> {
        let inner =
            self.convolution1.normalised(&self.norm1, input.clone(), None, Activation::Relu);
        let around = match &self.shortcut {
            Some(shortcut) => shortcut.forward(input, None, Activation::None),
            None => input,
        };
        self.convolution2.normalised(&self.norm2, inner, Some(around), activation)
    }
}

impl Network for Resnet {
    fn forward(&self, inputs: Tensor<2>, taps: &mut Taps) -> Tensor<2> {
        let image = images(inputs, self.input);
        let mut value = self.stem.normalised(&self.stem_norm, image, None, Activation::Relu);
        taps.keep("stem", || channels_first(value.clone()));
        for (name, stage) in
            [("stage1", &self.stage1), ("stage2", &self.stage2), ("stage3", &self.stage3)]
        {
            let Some((last, others)) = stage.split_last() else { continue };
            for block in others {
                value = block.forward(value, Activation::Relu);
            }
            value = taps.keep_before(name, |activation| last.forward(value, activation));
            taps.keep(name, || channels_first(value.clone()));
        }
        taps.keep_class_maps(&value, &self.output);
        let pooled = global_average(value);
        taps.keep("pooled", || pooled.clone());
        self.output.forward(pooled)
    }
}
