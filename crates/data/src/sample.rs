/*!
Samples as the rest of the toolkit sees them: rows of numbers, each with a label or without.
*/

use std::borrow::Cow;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::error::DataError;
use crate::targets::Targets;
use crate::values::Values;

/// The shape of one sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SampleShape {
    /// So many numbers in a row.
    Vector(usize),
    /// Pixels, the channels one after the other, each row by row.
    Image {
        /// Number of channels.
        channels: usize,
        /// Rows of pixels.
        height: usize,
        /// Pixels in a row.
        width: usize,
    },
    /// Whole numbers that stand for something, such as bytes.
    Tokens {
        /// How many.
        length: usize,
        /// Each is from 0 and below this.
        vocabulary: usize,
    },
}

impl SampleShape {
    /// The number of values in one sample.
    pub fn len(&self) -> usize {
        match *self {
            Self::Vector(length) | Self::Tokens { length, .. } => length,
            Self::Image { channels, height, width } => {
                channels.saturating_mul(height).saturating_mul(width)
            }
        }
    }

    /// Whether a sample holds no value at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl std::fmt::Display for SampleShape {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Vector(length) => formatter.write_str(&words::counted(*length, "value")),
            Self::Image { channels, height, width } => {
                write!(formatter, "images of {channels}x{height}x{width}")
            }
            Self::Tokens { length, vocabulary } => {
                write!(formatter, "{length} tokens of {vocabulary}")
            }
        }
    }
}

/// Samples that a network takes at once; blocks are whole pieces of it.
const PIECE: usize = 256;
/// The most numbers of a block, but for that: 64 MiB.
const NUMBERS: usize = 1 << 24;

/// A number of samples of one shape, ready for a network.
#[derive(Clone, PartialEq)]
pub struct Samples {
    /// The shape of each sample.
    pub shape: SampleShape,
    /// The values of all samples, one sample after the other: `len() * shape.len()` numbers.
    pub values: Values,
    /// The label of each sample, where it is known: the number of its class, or of its targets.
    pub labels: Vec<Option<u32>>,
    /// What the labels stand for.
    pub targets: Targets,
}

/// The sizes alone; the values would fill the screen.
impl std::fmt::Debug for Samples {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} samples of {}", self.len(), self.shape)
    }
}

impl Samples {
    /// No samples, of the given shape.
    pub fn empty(shape: SampleShape) -> Self {
        Self { shape, values: Values::default(), labels: Vec::new(), targets: Targets::Classes }
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The values of sample `index`; none where there is no such sample.
    ///
    /// # Errors
    /// [`DataError::Scratch`] where they are in a file that cannot be read.
    pub fn row(&self, index: usize) -> Result<Cow<'_, [f32]>, DataError> {
        self.values.row(index, self.shape.len())
    }

    /// The values of these samples, one after the other.
    ///
    /// # Errors
    /// As [`row`](Self::row).
    pub fn rows(&self, rows: Range<usize>) -> Result<Cow<'_, [f32]>, DataError> {
        self.values.rows(rows, self.shape.len())
    }

    /// The numbers of all samples in order, some multiple of 256 at a time, so that little of what is on disk is in
    /// memory at once.
    pub fn blocks(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let count = self.len();
        let size = (NUMBERS / self.shape.len().max(1) / PIECE).max(1) * PIECE;
        (0..count).step_by(size).map(move |start| start..count.min(start + size))
    }

    /// The samples whose label is known, in order.
    pub fn labelled_rows(&self) -> Vec<usize> {
        let labels = self.labels.iter().enumerate();
        labels.filter_map(|(row, label)| label.map(|_| row)).collect()
    }

    /// How many samples of each of `classes` classes are labelled.
    pub fn class_counts(&self, classes: usize) -> Vec<usize> {
        let mut counts = vec![0; classes];
        for &label in self.labels.iter().flatten() {
            if let Some(count) = counts.get_mut(label as usize) {
                *count += 1;
            }
        }
        counts
    }

    /// A hash of shape and values, the labels left out: equal for equal inputs of a network, so
    /// that stored outputs of a teacher can be told to belong to these samples in this order.
    ///
    /// # Errors
    /// As [`row`](Self::row).
    pub fn fingerprint(&self) -> Result<String, DataError> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(format!("{} times {}\n", self.len(), self.shape).as_bytes());
        for row in 0..self.len() {
            hash_values(&mut hasher, &self.row(row)?);
        }
        Ok(hasher.finalize().to_hex().to_string())
    }

    /// Adds the samples of `other` at the end; both must have the same shape.
    pub(crate) fn append(&mut self, other: Samples) {
        debug_assert_eq!(self.shape, other.shape);
        self.values.append(other.values);
        let before = self.targets.append(other.targets);
        self.labels.extend(other.labels.iter().map(|label| label.map(|label| label + before)));
    }
}

/// Feeds numbers to a hasher as little-endian bytes, one call for all of them.
pub(crate) fn hash_values(hasher: &mut blake3::Hasher, values: &[f32]) {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    hasher.update(&bytes);
}
