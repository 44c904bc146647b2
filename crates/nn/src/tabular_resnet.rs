//! A residual network for tables.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use data::SampleShape;
use options::{Key, OptionError, Section};
use serde::{Deserialize, Serialize};
use tensors::Activation;

use crate::architecture::{LARGEST_LAYER, read_size};
use crate::plan::{Check, Plan};
use crate::{AnyNetwork, BatchNorm, Dropout, Initial, Layer, Linear, Network, NnError, Taps};

/// The ResNet of Gorishniy et al. (2021), "Revisiting deep learning models for tabular data", section
/// 3.2, without the second dropout of a block:
///
/// ```text
/// ResNet(x)      = Prediction(Block(... Block(Linear(x))))
/// Block(x)       = x + Linear(Dropout(ReLU(Linear(BatchNorm(x)))))
/// Prediction(x)  = Linear(ReLU(BatchNorm(x)))
/// ```
///
/// Taps: `block1`, `block2`, ... `[batch, units]`.
#[derive(Module, Debug)]
pub struct TabularResnet {
    input: Linear,
    blocks: Vec<TabularBlock>,
    norm: BatchNorm,
    output: Linear,
}

/// Normalisation and two dense layers with a residual around them.
#[derive(Module, Debug)]
pub struct TabularBlock {
    norm: BatchNorm,
    dense1: Linear,
    dense2: Linear,
    #[module(skip)]
    dropout: Dropout,
}

/// Sizes of a [`TabularResnet`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TabularResnetSizes {
    /// Residual blocks.
    pub blocks: usize,
    /// Units between the blocks.
    pub units: usize,
    /// Times as many units inside of a block.
    pub hidden_multiplier: usize,
    /// Share of the units inside of a block that a step of training leaves out; 0 to below 1.
    pub dropout: f64,
}

const MOST_BLOCKS: usize = 256;
const MOST_MULTIPLIER: usize = 64;
const BLOCKS: Key = Key("blocks", "residual blocks");
const UNITS: Key = Key("units", "units between the blocks");
const HIDDEN_MULTIPLIER: Key = Key("hidden_multiplier", "times as many units inside of a block");
const DROPOUT: Key = Key("dropout", "share of units that a step of training leaves out");

impl TabularResnetSizes {
    /// The defaults are those of the authors' package `rtdl_revisiting_models`.
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        Ok(Self {
            blocks: read_size(section, BLOCKS, 2, MOST_BLOCKS)?,
            units: read_size(section, UNITS, 192, LARGEST_LAYER)?,
            hidden_multiplier: read_size(section, HIDDEN_MULTIPLIER, 2, MOST_MULTIPLIER)?,
            dropout: section.number(DROPOUT, 0.15, 0.0..1.0)?,
        })
    }

    fn hidden(&self) -> usize {
        self.units * self.hidden_multiplier
    }
}

impl Plan for TabularResnetSizes {
    fn name(&self) -> String {
        format!("tabular-resnet {}x{}", self.blocks, self.units)
    }

    fn check(&self, check: &Check) -> Result<(), NnError> {
        check.size("`blocks`", "blocks", 1..=MOST_BLOCKS, self.blocks)?;
        check.size("`units`", "units", 1..=LARGEST_LAYER, self.units)?;
        let multiplier = self.hidden_multiplier;
        check.size("`hidden_multiplier`", "times the units", 1..=MOST_MULTIPLIER, multiplier)?;
        if !(0.0..1.0).contains(&self.dropout) {
            let found = self.dropout.to_string();
            return Err(check.mistake("`dropout`", "a share from 0 to below 1", &found));
        }
        Ok(())
    }

    fn layers(&self, input: SampleShape, classes: usize) -> Vec<Layer> {
        let (units, hidden) = (self.units, self.hidden());
        let norm = |name: &str| Layer::weights(name, "batch norm", 2 * units, &[units]);
        let mut layers = vec![Layer::linear("input", "dense", input.len(), units)];
        for number in 0..self.blocks {
            let name = format!("blocks.{number}");
            let parts = [
                norm(&name),
                Layer::linear(&name, "dense", units, hidden),
                Layer::linear(&name, "dense", hidden, units),
            ];
            layers.push(Layer::block(&name, "residual block", &parts, &[units]));
        }
        layers.push(norm("norm"));
        layers.push(Layer::linear("output", "dense", units, classes));
        layers
    }

    fn taps(&self) -> Vec<String> {
        (1..=self.blocks).map(|number| format!("block{number}")).collect()
    }

    fn build(&self, input: SampleShape, classes: usize, initial: &Initial) -> AnyNetwork {
        AnyNetwork::TabularResnet(TabularResnet::new(input.len(), *self, classes, initial))
    }
}

impl TabularResnet {
    /// `inputs` to `classes` logits.
    pub fn new(
        inputs: usize,
        sizes: TabularResnetSizes,
        classes: usize,
        initial: &Initial,
    ) -> Self {
        let (units, hidden) = (sizes.units, sizes.hidden());
        let block = |number: usize| {
            let name = format!("blocks.{number}");
            let initial = initial.below(&name);
            TabularBlock {
                norm: BatchNorm::new(units, &initial.below("norm")),
                dense1: Linear::new(units, hidden, &initial.below("dense1")),
                dense2: Linear::new(hidden, units, &initial.below("dense2")),
                dropout: Dropout::new(&name, sizes.dropout),
            }
        };
        Self {
            input: Linear::new(inputs, units, &initial.below("input")),
            blocks: (0..sizes.blocks).map(block).collect(),
            norm: BatchNorm::new(units, &initial.below("norm")),
            output: Linear::new(units, classes, &initial.below("output")),
        }
    }
}

impl TabularBlock {
    /// `[batch, units]`, same shape out.
    pub fn forward(&self, input: Tensor<2>, taps: &Taps) -> Tensor<2> {
        let normalised = self.norm.forward_rows(input.clone(), Activation::None);
        let hidden = relu(self.dense1.forward(normalised));
        input + self.dense2.forward(self.dropout.forward(hidden, taps))
    }
}

impl Network for TabularResnet {
    fn forward(&self, inputs: Tensor<2>, taps: &mut Taps) -> Tensor<2> {
        let mut value = self.input.forward(inputs);
        for (number, block) in self.blocks.iter().enumerate() {
            value = block.forward(value, taps);
            taps.keep(&format!("block{}", number + 1), || value.clone());
        }
        self.output.forward(self.norm.forward_rows(value, Activation::Relu))
    }
}
