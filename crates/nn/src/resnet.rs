//! The residual networks for small images.

use burn::module::Module;
use burn::tensor::Tensor;
use tensors::{Activation, channels_first, global_average};

use crate::{BatchNorm, Convolution, Initial, Layer, Linear, Network, Taps, images};

/// The CIFAR residual network of depth `6 n + 2`: He et al. (2016), section 4.2.
///
/// A 3x3 convolution, three stages of `n` residual blocks with 1, 2 and 4 times `width` channels,
/// the second and third halving the image, global average pooling and a dense output. Where a block
/// changes the shape its shortcut is a 1x1 convolution with batch normalisation (option B of the
/// paper), as in the usual distillation benchmarks.
///
/// Taps: `stem`, `stage1`, `stage2`, `stage3`, `[batch, channels, height, width]`, and `pooled`,
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
    shortcut: Option<Shortcut>,
}

/// The shortcut of a block that changes the shape.
#[derive(Module, Debug)]
struct Shortcut {
    convolution: Convolution,
    norm: BatchNorm,
}

/// One stage as the constructor and the summary both need it.
struct StagePlan {
    name: &'static str,
    inputs: usize,
    outputs: usize,
    stride: usize,
}

fn plan(width: usize) -> [StagePlan; 3] {
    [
        StagePlan { name: "stage1", inputs: width, outputs: width, stride: 1 },
        StagePlan { name: "stage2", inputs: width, outputs: 2 * width, stride: 2 },
        StagePlan { name: "stage3", inputs: 2 * width, outputs: 4 * width, stride: 2 },
    ]
}

/// Blocks in each stage of the network of this depth; none when there is no such network.
pub(crate) fn blocks_of_depth(depth: usize) -> Option<usize> {
    let blocks = depth.checked_sub(2)?;
    (blocks > 0 && blocks.is_multiple_of(6)).then_some(blocks / 6)
}

impl Resnet {
    /// `input` is channels, height and width; `blocks` is `n`, the blocks in each stage.
    pub fn new(
        input: [usize; 3],
        blocks: usize,
        width: usize,
        classes: usize,
        initial: &Initial,
    ) -> Self {
        let stage = |plan: &StagePlan| -> Vec<ResidualBlock> {
            (0..blocks)
                .map(|block| {
                    let first = block == 0;
                    let inputs = if first { plan.inputs } else { plan.outputs };
                    let stride = if first { plan.stride } else { 1 };
                    let initial = initial.below(&format!("{}.{block}", plan.name));
                    ResidualBlock::new(inputs, plan.outputs, stride, &initial)
                })
                .collect()
        };
        let [first, second, third] = plan(width);
        Self {
            stem: Convolution::new(input[0], width, 3, 1, &initial.below("stem")),
            stem_norm: BatchNorm::new(width, &initial.below("stem_norm")),
            stage1: stage(&first),
            stage2: stage(&second),
            stage3: stage(&third),
            output: Linear::new(4 * width, classes, &initial.below("output")),
            input,
        }
    }

    pub(crate) fn layers(
        input: [usize; 3],
        blocks: usize,
        width: usize,
        classes: usize,
    ) -> Vec<Layer> {
        let [channels, mut height, mut columns] = input;
        let mut layers = vec![
            Layer::convolution("stem", channels, width, 3, [height, columns]),
            Layer::batch_norm("stem_norm", width, [height, columns]),
        ];
        for stage in plan(width) {
            (height, columns) = (height.div_ceil(stage.stride), columns.div_ceil(stage.stride));
            for block in 0..blocks {
                let inputs = if block == 0 { stage.inputs } else { stage.outputs };
                let name = format!("{}.{block}", stage.name);
                layers.push(Layer::residual(&name, inputs, stage.outputs, [height, columns]));
            }
        }
        layers.push(Layer::free("pooled", "global average", &[4 * width]));
        layers.push(Layer::linear("output", "dense", 4 * width, classes));
        layers
    }

    pub(crate) fn tap_names() -> Vec<String> {
        ["stem", "stage1", "stage2", "stage3", "pooled"].map(str::to_owned).to_vec()
    }
}

impl ResidualBlock {
    /// From `inputs` to `outputs` channels; the shortcut has a convolution where the shapes differ.
    pub fn new(inputs: usize, outputs: usize, stride: usize, initial: &Initial) -> Self {
        let shortcut = (inputs != outputs || stride != 1).then(|| Shortcut {
            convolution: Convolution::new(
                inputs,
                outputs,
                1,
                stride,
                &initial.below("shortcut.convolution"),
            ),
            norm: BatchNorm::new(outputs, &initial.below("shortcut.norm")),
        });
        Self {
            convolution1: Convolution::new(
                inputs,
                outputs,
                3,
                stride,
                &initial.below("convolution1"),
            ),
            norm1: BatchNorm::new(outputs, &initial.below("norm1")),
            convolution2: Convolution::new(outputs, outputs, 3, 1, &initial.below("convolution2")),
            norm2: BatchNorm::new(outputs, &initial.below("norm2")),
            shortcut,
        }
    }

    /// Images with their channels last.
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let inner =
            self.convolution1.normalised(&self.norm1, input.clone(), None, Activation::Relu);
        let around = match &self.shortcut {
            Some(Shortcut { convolution, norm }) => {
                convolution.normalised(norm, input, None, Activation::None)
            }
            None => input,
        };
        self.convolution2.normalised(&self.norm2, inner, Some(around), Activation::Relu)
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
            for block in stage {
                value = block.forward(value);
            }
            taps.keep(name, || channels_first(value.clone()));
        }
        let pooled = global_average(value);
        taps.keep("pooled", || pooled.clone());
        self.output.forward(pooled)
    }
}
