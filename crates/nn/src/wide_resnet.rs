//! Wide residual networks.

use burn::module::Module;
use burn::tensor::Tensor;
use data::SampleShape;
use serde::{Deserialize, Serialize};
use tensors::{Activation, channels_first, global_average};

use crate::architecture::DEEPEST;
use crate::plan::{Check, Plan, halved, image};
use crate::resnet::{BlockPlan, stage_taps, stages};
use crate::{
    AnyNetwork, BatchNorm, Convolution, Initial, Layer, Linear, Network, NnError, Taps, images,
};

/// The wide residual network WRN-d-k: Zagoruyko and Komodakis (2016), table 1, without dropout.
///
/// A 3x3 convolution to 16 channels, three stages of `n = (d - 4) / 6` blocks with `16 k`, `32 k` and
/// `64 k` channels, the second and third halving the image, normalisation and ReLU, global average
/// pooling and a dense output.
///
/// Taps: `stem`, `stage1`, `stage2`, `stage3`, `[batch, channels, height, width]`, before the
/// normalisation that follows; `class-maps`, `[batch, classes, height, width]`; and `pooled`, `[batch, channels]`.
#[derive(Module, Debug)]
pub struct WideResnet {
    stem: Convolution,
    stage1: Vec<PreactivationBlock>,
    stage2: Vec<PreactivationBlock>,
    stage3: Vec<PreactivationBlock>,
    norm: BatchNorm,
    output: Linear,
    #[module(skip)]
    input: [usize; 3],
}

/// Two 3x3 convolutions, each with normalisation and ReLU before it, and a shortcut around them: He
/// et al. (2016), "Identity mappings in deep residual networks", figure 1b.
#[derive(Module, Debug)]
pub struct PreactivationBlock {
    norm1: BatchNorm,
    convolution1: Convolution,
    norm2: BatchNorm,
    convolution2: Convolution,
    /// Where the shape changes: a 1x1 convolution of what the first convolution sees.
    shortcut: Option<Convolution>,
}

/// Depth and width of a [`WideResnet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WideResnetSizes {
    /// `d = 6 n + 4`, such as 16, 28 or 40.
    pub depth: usize,
    /// `k`, times the channels of the narrowest network.
    pub widening: usize,
}

const STEM: usize = 16;
const MOST_WIDENING: usize = 64;

impl WideResnetSizes {
    /// The network that is called `wrn-d-k`; none when there is no such one.
    pub(crate) fn named(model: &str) -> Option<Self> {
        let (depth, widening) = model.strip_prefix("wrn-")?.split_once('-')?;
        let sizes = Self { depth: depth.parse().ok()?, widening: widening.parse().ok()? };
        let known = sizes.blocks().is_some() && (1..=MOST_WIDENING).contains(&sizes.widening);
        known.then_some(sizes)
    }

    fn blocks(&self) -> Option<usize> {
        let blocks = self.depth.checked_sub(4).filter(|_| self.depth <= DEEPEST)?;
        (blocks > 0 && blocks.is_multiple_of(6)).then_some(blocks / 6)
    }

    fn widths(&self) -> [usize; 4] {
        let width = STEM * self.widening;
        [STEM, width, 2 * width, 4 * width]
    }

    fn stages(&self) -> [Vec<BlockPlan>; 3] {
        stages(self.widths(), self.blocks().unwrap_or(1))
    }
}

impl Plan for WideResnetSizes {
    fn name(&self) -> String {
        format!("wrn-{}-{}", self.depth, self.widening)
    }

    fn check(&self, check: &Check) -> Result<(), NnError> {
        if self.blocks().is_none() {
            let expected = format!("6 n + 4, such as 16, 28 or 40, up to {DEEPEST}");
            return Err(check.mistake("`depth`", &expected, &self.depth.to_string()));
        }
        check.size("`widening`", "times 16 channels", 1..=MOST_WIDENING, self.widening)?;
        check.images(4)
    }

    fn layers(&self, input: SampleShape, classes: usize) -> Vec<Layer> {
        let [channels, height, width] = image(input);
        let mut size = [height, width];
        let mut layers = vec![Layer::convolution("stem", channels, STEM, 3, size)];
        for block in self.stages().into_iter().flatten() {
            let BlockPlan { name, inputs, outputs, stride } = &block;
            let norm = Layer::batch_norm(name, *inputs, size);
            size = if *stride == 2 { halved(size) } else { size };
            let mut parts = vec![
                norm,
                Layer::convolution(name, *inputs, *outputs, 3, size),
                Layer::batch_norm(name, *outputs, size),
                Layer::convolution(name, *outputs, *outputs, 3, size),
            ];
            if block.changes_shape() {
                parts.push(Layer::convolution(name, *inputs, *outputs, 1, size));
            }
            let [height, width] = size;
            layers.push(Layer::block(name, "residual block", &parts, &[*outputs, height, width]));
        }
        let [.., last] = self.widths();
        layers.push(Layer::batch_norm("norm", last, size));
        layers.push(Layer::free("pooled", "global average", &[last]));
        layers.push(Layer::linear("output", "dense", last, classes));
        layers
    }

    fn taps(&self) -> Vec<String> {
        stage_taps()
    }

    fn build(&self, input: SampleShape, classes: usize, initial: &Initial) -> AnyNetwork {
        AnyNetwork::WideResnet(WideResnet::new(image(input), *self, classes, initial))
    }
}

impl WideResnet {
    /// `input` is channels, height and width.
    pub fn new(
        input: [usize; 3],
        sizes: WideResnetSizes,
        classes: usize,
        initial: &Initial,
    ) -> Self {
        let stage = |plans: &Vec<BlockPlan>| -> Vec<PreactivationBlock> {
            plans.iter().map(|plan| PreactivationBlock::new(plan, initial)).collect()
        };
        let [first, second, third] = sizes.stages();
        let [.., last] = sizes.widths();
        Self {
            stem: Convolution::new(input[0], STEM, 3, 1, &initial.below("stem")),
            stage1: stage(&first),
            stage2: stage(&second),
            stage3: stage(&third),
            norm: BatchNorm::new(last, &initial.below("norm")),
            output: Linear::new(last, classes, &initial.below("output")),
            input,
        }
    }
}

impl PreactivationBlock {
    fn new(plan: &BlockPlan, initial: &Initial) -> Self {
        let BlockPlan { name, inputs, outputs, stride } = plan;
        let initial = initial.below(name);
        let convolution = |name: &str, inputs: usize, kernel: usize, stride: usize| {
            Convolution::new(inputs, *outputs, kernel, stride, &initial.below(name))
        };
        Self {
            norm1: BatchNorm::new(*inputs, &initial.below("norm1")),
            convolution1: convolution("convolution1", *inputs, 3, *stride),
            norm2: BatchNorm::new(*outputs, &initial.below("norm2")),
            convolution2: convolution("convolution2", *outputs, 3, 1),
            shortcut: plan.changes_shape().then(|| convolution("shortcut", *inputs, 1, *stride)),
        }
    }

    /// Images with their channels last.
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let activated = self.norm1.forward(input.clone(), None, Activation::Relu);
        let around = match &self.shortcut {
            Some(shortcut) => shortcut.forward(activated.clone()),
            None => input,
        };
        let inner = self.convolution1.normalised(&self.norm2, activated, None, Activation::Relu);
        self.convolution2.forward(inner) + around
    }
}

impl Network for WideResnet {
    fn forward(&self, inputs: Tensor<2>, taps: &mut Taps) -> Tensor<2> {
        let mut value = self.stem.forward(images(inputs, self.input));
        taps.keep("stem", || channels_first(value.clone()));
        for (name, stage) in
            [("stage1", &self.stage1), ("stage2", &self.stage2), ("stage3", &self.stage3)]
        {
            for block in stage {
                value = block.forward(value);
            }
            taps.keep(name, || channels_first(value.clone()));
        }
        let value = self.norm.forward(value, None, Activation::Relu);
        taps.keep_class_maps(&value, &self.output);
        let pooled = global_average(value);
        taps.keep("pooled", || pooled.clone());
        self.output.forward(pooled)
    }
}
