//! What a recipe says about a file with the weights of a network.

use options::{Key, OptionError, Section};

use crate::KeyRules;

const WEIGHTS: Key =
    Key(WeightFile::KEY, "weights of PyTorch as .safetensors, for the network in model");
const KEYS: Key = Key("keys", "rules that rename them, such as \"layer*.* -> stage*.*\"");

/// A file with weights of another program, and how their names become those of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightFile {
    /// The file.
    pub file: String,
    /// How their names become those of the network.
    pub keys: KeyRules,
}

impl WeightFile {
    /// The key that names the file.
    pub const KEY: &str = "weights";

    /// Reads a file that must be given.
    ///
    /// # Errors
    /// No file, and rules that are none.
    pub fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        let file = section.text(WEIGHTS, "\"teacher.safetensors\"")?;
        let keys = section.texts(KEYS)?;
        Ok(Self { file, keys: rules(section, &keys)? })
    }

    /// Reads a file that may be given.
    ///
    /// # Errors
    /// Rules without a file, and rules that are none.
    pub fn read_if_given(section: &mut Section<'_>) -> Result<Option<Self>, OptionError> {
        let file = section.optional_text(WEIGHTS, None)?;
        let keys = section.optional_texts(KEYS)?;
        match (file, keys) {
            (Some(file), keys) => {
                Ok(Some(Self { file, keys: rules(section, &keys.unwrap_or_default())? }))
            }
            (None, None) => Ok(None),
            (None, Some(_)) => {
                let message = "`keys` renames weights, and no `weights` are given".to_owned();
                let hint = "name the file with `weights`, or leave `keys` out".to_owned();
                Err(section.conflict(KEYS.0, message, hint))
            }
        }
    }
}

fn rules(section: &Section<'_>, keys: &[String]) -> Result<KeyRules, OptionError> {
    KeyRules::parse(keys).map_err(|error| {
        section.conflict(KEYS.0, error.to_string(), error.hint().unwrap_or_default())
    })
}
