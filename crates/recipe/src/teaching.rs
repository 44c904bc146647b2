//! The section `[teacher]`.

use data::{DataOptions, Mixing, ViewCount};
use nn::Architecture;
use options::{OptionError, Section};
use teacher::Source;
use train::{OwnTeacher, Settings};

use crate::{check_task, check_validation};

/// Who teaches.
#[derive(Clone, Debug, PartialEq)]
pub enum Teacher {
    /// A network that is trained here, on the labels, with every seed.
    Trained(TrainedTeacher),
    /// One that is there before, and the same for all seeds.
    Ready(Source),
    /// The student itself: the average of its own weights, or others of its kind.
    Own(OwnTeacher),
}

/// A teacher that is trained here.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainedTeacher {
    /// Its network.
    pub architecture: Architecture,
    /// Its training.
    pub settings: Settings,
}

impl Teacher {
    pub(crate) fn read(section: &mut Section<'_>, data: &DataOptions) -> Result<Self, OptionError> {
        if let Some(own) = OwnTeacher::read(section)? {
            if data.is_unlabelled() {
                return Err(nothing_to_learn(section, own.key()));
            }
            return Ok(Self::Own(own));
        }
        if let Some(source) = Source::read(section, data.task)? {
            if data.views != ViewCount::ONE && source.is_recorded() {
                let message = format!(
                    "recorded outputs are of the samples as they are, and `data.views` is {}",
                    data.views
                );
                let hint = "set `views = 1` in `[data]`".to_owned();
                return Err(section.conflict("outputs", message, hint));
            }
            return Ok(Self::Ready(source));
        }
        if data.is_unlabelled() {
            return Err(nothing_to_learn(section, "model"));
        }
        let architecture = Architecture::read(section, &[64, 64])?;
        let settings = Settings::read(section)?;
        let settings = Settings { mixing: Mixing::read(section)?, ..settings };
        check_validation(section, data, &settings)?;
        check_task(section, data.task, &settings)?;
        Ok(Self::Trained(TrainedTeacher { architecture, settings }))
    }

    /// The teacher that is trained here, if it is.
    pub fn trained(&self) -> Option<&TrainedTeacher> {
        match self {
            Self::Trained(trained) => Some(trained),
            Self::Ready(_) | Self::Own(_) => None,
        }
    }

    /// How the student teaches itself, if it does.
    pub fn own(&self) -> Option<OwnTeacher> {
        match self {
            Self::Own(own) => Some(*own),
            Self::Trained(_) | Self::Ready(_) => None,
        }
    }
}

/// A teacher that must learn from labels, where there are none.
fn nothing_to_learn(section: &Section<'_>, key: &str) -> OptionError {
    let message =
        "with `data.labelled` 0 no row has a label, so no teacher can be trained here".to_owned();
    let hint = "name one that is there before, by `file`, `outputs` or `ensemble`".to_owned();
    section.conflict(key, message, hint)
}
