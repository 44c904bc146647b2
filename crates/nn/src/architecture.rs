//! The named architectures, checked against the data before they are built.

use burn::tensor::Device;
use data::SampleShape;
use options::{Key, OptionError, Section};
use random::Stream;
use serde::{Deserialize, Serialize};

use crate::cnn::CnnPlan;
use crate::mlp::MlpPlan;
use crate::plan::{Check, Plan};
use crate::resnet::ResnetPlan;
use crate::shufflenet_v1::ShuffleNetV1Plan;
use crate::{
    AnyNetwork, EmbeddedPlan, Initial, Layer, MobileNetV2Sizes, NnError, ReusedPlan,
    SequentialLayers, ShuffleNetV2Sizes, TabularResnetSizes, VggSizes, VisionTransformerSizes,
    WideResnetSizes,
};

/// Units or channels of one layer; more would not fit a machine.
pub(crate) const LARGEST_LAYER: usize = 65_536;

/// Depth of a residual network; 1202 is the deepest of He et al. (2016).
pub(crate) const DEEPEST: usize = 1202;

/// Channels of the first stage of a residual network.
pub(crate) const WIDEST: usize = 4096;

/// Values in one sample, also on its way through a network.
pub(crate) const LARGEST_SAMPLE: usize = 1 << 28;

/// A network as a recipe describes it.
///
/// ```
/// use potstill_nn::{Architecture, totals};
/// use data::SampleShape;
///
/// let student = Architecture::Mlp { hidden: vec![32, 32] };
/// let layers = student.layers(SampleShape::Vector(64), 10)?;
/// assert_eq!(totals(&layers).parameters, 64 * 32 + 32 + 32 * 32 + 32 + 32 * 10 + 10);
/// # Ok::<(), potstill_nn::NnError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "model", rename_all = "kebab-case")]
pub enum Architecture {
    /// Dense layers with ReLU: [`Mlp`](crate::Mlp).
    Mlp {
        /// Units of the hidden layers, in order.
        hidden: Vec<usize>,
    },
    /// A small plain convolution network: [`Cnn`](crate::Cnn).
    Cnn {
        /// Channels of the stages, in order.
        channels: Vec<usize>,
    },
    /// The CIFAR residual network: [`Resnet`](crate::Resnet).
    Resnet {
        /// `6 n + 2`, such as 8, 14, 20, 32, 44, 56 or 110.
        depth: usize,
        /// Channels of the first stage.
        width: usize,
    },
    /// The CIFAR residual network with 32 channels, then 64, 128 and 256.
    #[serde(rename = "resnet-x4")]
    ResnetX4 {
        /// `6 n + 2`, such as 8 or 32.
        depth: usize,
    },
    /// The wide residual network: [`WideResnet`](crate::WideResnet).
    #[serde(rename = "wrn")]
    WideResnet(WideResnetSizes),
    /// VGG: [`Vgg`](crate::Vgg).
    Vgg(VggSizes),
    /// MobileNet-V2: [`MobileNetV2`](crate::MobileNetV2).
    #[serde(rename = "mobilenet-v2")]
    MobileNetV2(MobileNetV2Sizes),
    /// ShuffleNet: [`ShuffleNetV1`](crate::ShuffleNetV1).
    #[serde(rename = "shufflenet-v1")]
    ShuffleNetV1,
    /// ShuffleNet V2: [`ShuffleNetV2`](crate::ShuffleNetV2).
    #[serde(rename = "shufflenet-v2")]
    ShuffleNetV2(ShuffleNetV2Sizes),
    /// A vision transformer: [`VisionTransformer`](crate::VisionTransformer).
    #[serde(rename = "vit")]
    VisionTransformer(VisionTransformerSizes),
    /// A residual network for tables: [`TabularResnet`](crate::TabularResnet).
    TabularResnet(TabularResnetSizes),
    /// A network for tables that learns numbers for words: [`Embedded`](crate::Embedded).
    Embedded(EmbeddedPlan),
    /// A list of layers: [`Sequential`](crate::Sequential).
    #[serde(rename = "layers")]
    Sequential(SequentialLayers),
    /// A student that ends in the last layer of its teacher: [`Reused`](crate::Reused). A method makes it; no recipe
    /// names it.
    Reused(ReusedPlan),
}

impl Architecture {
    pub(crate) fn plan(&self) -> Box<dyn Plan> {
        match self {
            Self::Mlp { hidden } => Box::new(MlpPlan(hidden.clone())),
            Self::Cnn { channels } => Box::new(CnnPlan(channels.clone())),
            Self::Resnet { depth, width } => Box::new(ResnetPlan::plain(*depth, *width)),
            Self::ResnetX4 { depth } => Box::new(ResnetPlan::times_four(*depth)),
            Self::WideResnet(sizes) => Box::new(*sizes),
            Self::Vgg(sizes) => Box::new(*sizes),
            Self::MobileNetV2(sizes) => Box::new(*sizes),
            Self::ShuffleNetV1 => Box::new(ShuffleNetV1Plan),
            Self::ShuffleNetV2(sizes) => Box::new(*sizes),
            Self::VisionTransformer(sizes) => Box::new(*sizes),
            Self::TabularResnet(sizes) => Box::new(*sizes),
            Self::Embedded(plan) => Box::new(plan.clone()),
            Self::Sequential(layers) => Box::new(layers.clone()),
            Self::Reused(plan) => Box::new(plan.clone()),
        }
    }

    /// The same for a table whose words stand in `columns`: of each the place of its first value in a
    /// sample, and how many words it has. Only [`Embedded`](Self::Embedded) looks at them.
    #[must_use]
    pub fn for_columns(self, columns: &[[usize; 2]]) -> Self {
        match self {
            Self::Embedded(plan) => {
                Self::Embedded(EmbeddedPlan { columns: columns.to_vec(), ..plan })
            }
            other => other,
        }
    }

    /// The short name for tables, such as `mlp 32-32` or `resnet8`.
    pub fn name(&self) -> String {
        self.plan().name()
    }

    /// Checks that the network can work on samples of this shape, and that all sizes are within
    /// bounds, so that its costs can be counted; a description may come from a file.
    ///
    /// # Errors
    /// [`NnError::Shape`] with the place of the mistake.
    pub fn check(&self, input: SampleShape, classes: usize) -> Result<(), NnError> {
        let plan = self.plan();
        let check = Check { model: plan.name(), input };
        check.size("the targets", "outputs", 1..=LARGEST_LAYER, classes)?;
        check.size("the data", "values in a sample", 1..=LARGEST_SAMPLE, input.len())?;
        if !matches!(self, Self::Sequential(_)) {
            check.no_tokens()?;
        }
        plan.check(&check)
    }

    /// The layers with their shapes and costs.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn layers(&self, input: SampleShape, classes: usize) -> Result<Vec<Layer>, NnError> {
        self.check(input, classes)?;
        Ok(self.plan().layers(input, classes))
    }

    /// The names of the taps that the network offers, in the order of the forward pass.
    pub fn taps(&self) -> Vec<String> {
        self.plan().taps()
    }

    /// Builds the network with initial weights drawn from `stream`.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn build(
        &self,
        input: SampleShape,
        classes: usize,
        stream: Stream,
        device: &Device,
    ) -> Result<AnyNetwork, NnError> {
        self.check(input, classes)?;
        Ok(self.plan().build(input, classes, &Initial::new(stream, device)))
    }
}

/// A whole number from 1 to `most` of a recipe.
pub(crate) fn read_size(
    section: &mut Section<'_>,
    key: Key,
    default: u64,
    most: usize,
) -> Result<usize, OptionError> {
    Ok(section.integer(key, default, 1..=most as u64)? as usize)
}
