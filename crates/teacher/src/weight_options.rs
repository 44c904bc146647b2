//! What a recipe says about weights of another program.

use nn::{Architecture, KeyRules, WeightFile};
use options::{OptionError, Section};

use crate::SampleForm;

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
        let WeightFile { file, keys } = WeightFile::read(section)?;
        let architecture = Architecture::read(section, &[64, 64])?;
        let samples = SampleForm::read(section, SampleForm::SCALED)?;
        Ok(Self { file, architecture, keys, samples })
    }

    /// All that decides what they say but the file itself.
    pub fn fingerprint(&self) -> String {
        format!("as {:?} by {}", self.architecture, self.keys)
    }
}
