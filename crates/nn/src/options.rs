//! How a recipe describes a network.

use options::{Key, OptionError, Section};

use crate::Architecture;
use crate::architecture::{DEEPEST, LARGEST_LAYER, WIDEST};
use crate::resnet::blocks_of_depth;

const MODEL: Key = Key("model", "mlp, cnn, or resnet8, resnet14, resnet20, ...");
const HIDDEN: Key = Key("hidden", "units of the hidden layers");
const CHANNELS: Key = Key("channels", "channels of the stages");
const WIDTH: Key = Key("width", "channels of the first stage");

impl Architecture {
    /// Reads `model` and what belongs to it; `hidden` is the default for an `mlp`.
    ///
    /// # Errors
    /// Unknown models, and sizes out of range.
    pub fn read(section: &mut Section<'_>, hidden: &[usize]) -> Result<Self, OptionError> {
        let model = section.text(MODEL, "\"mlp\"")?;
        if let Some(depth) = model.strip_prefix("resnet").and_then(|depth| depth.parse().ok())
            && blocks_of_depth(depth).is_some()
            && depth <= DEEPEST
        {
            let width = section.integer(WIDTH, 16, 1..=WIDEST as u64)?;
            return Ok(Self::Resnet { depth, width: width as usize });
        }
        match model.as_str() {
            "mlp" => Ok(Self::Mlp { hidden: section.integers(HIDDEN, hidden, 1..=LARGEST_LAYER)? }),
            "cnn" => Ok(Self::Cnn {
                channels: section.integers(CHANNELS, &[16, 32], 1..=LARGEST_LAYER)?,
            }),
            other => {
                let known = [
                    "mlp",
                    "cnn",
                    "resnet8",
                    "resnet14",
                    "resnet20",
                    "resnet32",
                    "resnet56",
                    "resnet110",
                ];
                Err(section.unknown_choice(MODEL, other, &known))
            }
        }
    }
}
