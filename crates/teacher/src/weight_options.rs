//! What a recipe says about weights of another program.

use nn::{Architecture, KeyRules};
use options::{Key, OptionError, Section};

use crate::SampleForm;

pub(crate) const WEIGHTS: Key =
    Key("weights", "weights of PyTorch as .safetensors, for the network in model");
const KEYS: Key = Key("keys", "rules that rename them, such as \"layer*.* -> stage*.*\"");

/// Weights for one of the named networks.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightOptions {
    /// The file.
    pub file: String,
    /// The network.
    pub architecture: Architecture,
    /// How their names become those of the network.
    pub keys: KeyRules,
    /// What the network takes.
    pub samples: SampleForm,
}

impl WeightOptions {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        let file = section.text(WEIGHTS, "\"teacher.safetensors\"")?;
        let architecture = Architecture::read(section, &[64, 64])?;
        let keys = KeyRules::parse(&section.texts(KEYS)?).map_err(|error| {
            section.conflict(KEYS.0, error.to_string(), error.hint().unwrap_or_default())
        })?;
        let samples = SampleForm::read(section, SampleForm::SCALED)?;
        Ok(Self { file, architecture, keys, samples })
    }

    /// All that decides what they say but the file itself.
    pub fn fingerprint(&self) -> String {
        format!("as {:?} by {}", self.architecture, self.keys)
    }
}
