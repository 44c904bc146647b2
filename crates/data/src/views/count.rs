//! How many views there are.

use std::fmt;

use options::{Key, OptionError, Section};

use crate::error::DataError;
use crate::options::{VARIATIONS, refused};

const VIEWS: Key = Key(
    "views",
    "numbered views of each image; 1 is the image alone, \"online\" a new one an epoch",
);
const ONLINE: &str = "online";

/// How many views there are of every sample. View 0 is the sample as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewCount {
    /// So many, at least 1: epoch `e` shows view `e` modulo their number, and a teacher can be asked about all
    /// of them before.
    Numbered(usize),
    /// A new one in each epoch, without end: epoch `e` shows view `e`, and a teacher is asked at each step.
    Online,
}

impl ViewCount {
    /// The sample as it is alone.
    pub const ONE: Self = Self::Numbered(1);

    /// The largest number of views.
    const LIMIT: usize = 1 << 16;

    pub(crate) fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        let range = 1..=Self::LIMIT as u64;
        let count = section.integer_or_word(VIEWS, 1, range, ONLINE)?;
        Ok(count.map_or(Self::Online, |count| Self::Numbered(count as usize)))
    }

    /// Checks it beside what makes views differ, which is there or not.
    pub(crate) fn check(self, varies: bool) -> Result<(), DataError> {
        match (self, varies) {
            (Self::Numbered(0), _) => Err(refused(VIEWS.0, self, "at least 1")),
            (Self::Numbered(1), true) => {
                Err(refused(VIEWS.0, self, format!("at least 2 where {VARIATIONS} is set")))
            }
            (Self::Numbered(1), false) => Ok(()),
            (_, false) => Err(refused(VIEWS.0, self, format!("1 where no {VARIATIONS} is set"))),
            (Self::Numbered(count), true) if count > Self::LIMIT => {
                Err(refused(VIEWS.0, self, format!("at most {}", Self::LIMIT)))
            }
            (_, true) => Ok(()),
        }
    }

    /// The views that can be labelled before a training: none, 0, where each epoch has a new one.
    pub fn numbered(self) -> usize {
        match self {
            Self::Numbered(count) => count,
            Self::Online => 0,
        }
    }

    /// The view that an epoch, counted from 0, shows.
    pub(crate) fn of_epoch(self, epoch: u64) -> usize {
        match self {
            Self::Numbered(count) => (epoch % count.max(1) as u64) as usize,
            Self::Online => epoch as usize,
        }
    }
}

impl fmt::Display for ViewCount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Numbered(count) => write!(formatter, "{count}"),
            Self::Online => formatter.write_str(ONLINE),
        }
    }
}
