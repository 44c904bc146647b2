//! The residual pair: four stages of residual blocks on images of 32x32 pixels.

use burn::module::Module;
use burn::tensor::Tensor;
use nn::{
    Activation, BatchNorm, Convolution, Initial, Linear, Network, ResidualBlock, Taps,
    global_average, images,
};

/// Channels of the stages.
const CHANNELS: [usize; 4] = [32, 64, 128, 256];
const CLASSES: usize = 10;

/// Blocks in each stage.
#[derive(Clone, Copy, Debug)]
pub struct Sizes(usize);

impl Sizes {
    /// The student.
    pub const STUDENT: Self = Self(1);
    /// The teacher.
    pub const TEACHER: Self = Self(5);
}

/// A residual network of four stages.
#[derive(Module, Debug)]
pub struct Residual {
    stem: Convolution,
    stem_norm: BatchNorm,
    blocks: Vec<ResidualBlock>,
    output: Linear,
}

impl Residual {
    /// Draws the initial weights.
    pub fn new(Sizes(blocks): Sizes, initial: &Initial) -> Self {
        let [mut width, .., last] = CHANNELS;
        let stem = Convolution::new(3, width, 3, 1, &initial.below("stem"));
        let stem_norm = BatchNorm::new(width, &initial.below("stem_norm"));
        let mut all = Vec::new();
        for (stage, channels) in CHANNELS.into_iter().enumerate() {
            for block in 0..blocks {
                let stride = if stage > 0 && block == 0 { 2 } else { 1 };
                let initial = initial.below(&format!("blocks.{}", all.len()));
                all.push(ResidualBlock::new(width, channels, stride, &initial));
                width = channels;
            }
        }
        let output = Linear::new(last, CLASSES, &initial.below("output"));
        Self { stem, stem_norm, blocks: all, output }
    }
}

impl Network for Residual {
    fn forward(&self, inputs: Tensor<2>, _taps: &mut Taps) -> Tensor<2> {
        let mut value = self.stem.normalised(
            &self.stem_norm,
            images(inputs, [3, 32, 32]),
            None,
            Activation::Relu,
        );
        for block in &self.blocks {
            value = block.forward(value, Activation::Relu);
        }
        self.output.forward(global_average(value))
    }
}
