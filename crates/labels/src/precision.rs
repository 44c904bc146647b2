//! How exactly labels are kept.

use options::{Key, OptionError, Section};
use serde::{Deserialize, Serialize};

use crate::LabelError;
use crate::half::{narrowed, widened};

const STORE: Key = Key(
    "store",
    "how the teacher's outputs are kept, and what the student learns from: f32, or f16 in half the space",
);

/// The numbers that labels are kept as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Single precision, as teachers give them.
    #[default]
    F32,
    /// Half precision: a relative error of at most 2^-11, and no number beyond 65504.
    F16,
}

impl Precision {
    /// Reads the key `store`.
    ///
    /// # Errors
    /// Another value than `f32` and `f16`.
    pub fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        Ok(match section.choice(STORE, "f32", &["f32", "f16"])?.as_str() {
            "f16" => Self::F16,
            _ => Self::F32,
        })
    }

    /// The precision as a recipe names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
        }
    }

    /// Bytes of a number.
    pub fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 => 2,
        }
    }

    /// Rounds finite outputs of a view to what is kept of them; `first` is the sample of the first, `width`
    /// the number of outputs a sample.
    ///
    /// # Errors
    /// [`LabelError::TooLarge`] for a number that half precision cannot hold.
    pub fn round(
        self,
        values: &mut [f32],
        view: usize,
        first: usize,
        width: usize,
    ) -> Result<(), LabelError> {
        if self == Self::F32 {
            return Ok(());
        }
        for (place, value) in values.iter_mut().enumerate() {
            let rounded = widened(narrowed(*value));
            if rounded.is_infinite() {
                let sample = first + place.checked_div(width).unwrap_or(0);
                return Err(LabelError::TooLarge { sample, view, found: *value });
            }
            *value = rounded;
        }
        Ok(())
    }
}
