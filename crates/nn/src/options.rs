//! How a recipe describes a network.

use options::{Family, Key, OptionError, Section};

use crate::architecture::{LARGEST_LAYER, WIDEST, read_size};
use crate::resnet::blocks_of_depth;
use crate::{
    Architecture, MobileNetV2Sizes, SequentialLayers, ShuffleNetV2Sizes, TablePlan,
    TabularResnetSizes, VggSizes, VisionTransformerSizes, WideResnetSizes,
};

const MODEL: Key = Key("model", "mlp, cnn, resnet20, wrn-16-2, vgg8, mobilenet-v2, vit, ...");
const HIDDEN: Key = Key("hidden", "units of the hidden layers");
const CHANNELS: Key = Key("channels", "channels of the stages");
const WIDTH: Key = Key("width", "channels of the first stage");

/// The names that a wrong one is compared with; of the families the usual members.
const KNOWN: [&str; 27] = [
    "mlp",
    "cnn",
    "resnet8",
    "resnet14",
    "resnet20",
    "resnet32",
    "resnet44",
    "resnet56",
    "resnet110",
    "resnet8x4",
    "resnet32x4",
    "wrn-16-1",
    "wrn-16-2",
    "wrn-28-10",
    "wrn-40-1",
    "wrn-40-2",
    "vgg8",
    "vgg11",
    "vgg13",
    "vgg16",
    "vgg19",
    "mobilenet-v2",
    "shufflenet-v1",
    "shufflenet-v2",
    "vit",
    "tabular-resnet",
    "layers",
];

/// The families whose members are more than those.
const FAMILIES: [Family; 3] = [
    Family { member: "resnet8", pattern: "^resnet[0-9]+$" },
    Family { member: "resnet8x4", pattern: "^resnet[0-9]+x4$" },
    Family { member: "wrn-16-1", pattern: "^wrn-[0-9]+-[0-9]+$" },
];

impl Architecture {
    /// Reads `model` and what belongs to it; `hidden` is the default for an `mlp`.
    ///
    /// # Errors
    /// Unknown models, and sizes out of range.
    pub fn read(section: &mut Section<'_>, hidden: &[usize]) -> Result<Self, OptionError> {
        let model = section.name(MODEL, "\"mlp\"", &KNOWN, &FAMILIES)?;
        if let Some(depth) = resnet_depth(&model) {
            return Ok(Self::Resnet { depth, width: read_size(section, WIDTH, 16, WIDEST)? });
        }
        if let Some(depth) = model.strip_suffix("x4").and_then(resnet_depth) {
            return Ok(Self::ResnetX4 { depth });
        }
        if let Some(sizes) = WideResnetSizes::named(&model) {
            return Ok(Self::WideResnet(sizes));
        }
        if let Some(sizes) = VggSizes::named(&model) {
            return Ok(Self::Vgg(sizes));
        }
        match model.as_str() {
            "mlp" => {
                let hidden = section.integers(HIDDEN, hidden, 1..=LARGEST_LAYER)?;
                TablePlan::Mlp { hidden }.read(section)
            }
            "cnn" => Ok(Self::Cnn {
                channels: section.integers(CHANNELS, &[16, 32], 1..=LARGEST_LAYER)?,
            }),
            "mobilenet-v2" => Ok(Self::MobileNetV2(MobileNetV2Sizes::read(section)?)),
            "shufflenet-v1" => Ok(Self::ShuffleNetV1),
            "shufflenet-v2" => Ok(Self::ShuffleNetV2(ShuffleNetV2Sizes::read(section)?)),
            "vit" => Ok(Self::VisionTransformer(VisionTransformerSizes::read(section)?)),
            "layers" => TablePlan::Sequential(SequentialLayers::read(section)?).read(section),
            "tabular-resnet" => {
                TablePlan::TabularResnet(TabularResnetSizes::read(section)?).read(section)
            }
            other => Err(section.unknown_choice(MODEL, other, &KNOWN)),
        }
    }
}

/// The depth of the network that is called `resnet` and its depth; none when there is no such one.
fn resnet_depth(model: &str) -> Option<usize> {
    let depth = model.strip_prefix("resnet")?.parse().ok()?;
    blocks_of_depth(depth).map(|_| depth)
}
