//! What is kept of the labels of a sample.

use options::{Key, OptionError, Section};

use crate::half::{below, narrowed, widened};
use crate::{LabelError, Precision};

const TOP_K: Key = Key(
    "top_k",
    "keep the teacher's first classes of each sample, and the others as if all were alike; all if left out",
);
const STORE_TAPS: Key =
    Key("store_taps", "keep what the method compares inside the teacher too, and ask it once");
/// Columns of a shard are few enough to be read by name.
const MOST_CLASSES: u64 = 4096;

/// How exactly labels are kept, and how many of a sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keeping {
    /// The numbers that they are kept as.
    pub precision: Precision,
    /// So many first classes of a sample; none for all. What the others have together is kept as one number.
    pub top_k: Option<usize>,
    /// Whether the values of the taps that a method compares are kept too.
    pub taps: bool,
}

impl From<Precision> for Keeping {
    /// All classes.
    fn from(precision: Precision) -> Self {
        Self { precision, top_k: None, taps: false }
    }
}

impl Keeping {
    /// Reads the keys `store`, `top_k` and `store_taps`.
    ///
    /// # Errors
    /// Values of another type or out of range.
    pub fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        let precision = Precision::read(section)?;
        let top_k = section.optional_integer(TOP_K, 1..=MOST_CLASSES)?;
        let taps = section.boolean(STORE_TAPS, false)?;
        Ok(Self { precision, top_k: top_k.map(|classes| classes as usize), taps })
    }

    /// How they are kept, in words.
    pub fn in_words(self) -> String {
        match self.top_k {
            Some(classes) => format!("{}, the first {classes} of a sample", self.precision.name()),
            None => self.precision.name().to_owned(),
        }
    }

    /// Bytes of the labels of a sample with so many outputs, about.
    pub fn bytes(self, outputs: usize) -> usize {
        let number = self.precision.bytes();
        match self.top_k {
            Some(classes) => classes * (CLASS_BYTES + number) + number,
            None => outputs * number,
        }
    }

    /// Makes finite outputs of a view what is kept of them; `first` is the sample of the first, `width` the
    /// number of outputs a sample.
    ///
    /// Of each sample the first classes, by logit and of equals by number, keep theirs. Every other one gets
    /// the logit that, were it that of all others, would give them together the probability that they have: the
    /// logarithm of the mean of their exponentials. It is below that of every class that is kept, at
    /// least by the last bit.
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
        let Some(classes) = self.top_k.filter(|classes| *classes < width) else {
            return self.precision.round(values, view, first, width);
        };
        for (row, sample) in values.chunks_exact_mut(width.max(1)).zip(first..) {
            let order = ranked(row);
            let (kept, others) = order.split_at(classes.min(order.len()));
            let logit = |place: &usize| row.get(*place).copied().unwrap_or_default();
            let last = kept.last().map(logit).unwrap_or_default();
            let mut other = log_mean_exp(others.iter().map(logit));
            let mut least = last;
            self.precision.round(std::slice::from_mut(&mut least), view, sample, 1)?;
            self.precision.round(std::slice::from_mut(&mut other), view, sample, 1)?;
            let other = other.min(self.precision.next_below(least));
            for &place in others {
                if let Some(value) = row.get_mut(place) {
                    *value = other;
                }
            }
            self.precision.round(row, view, sample, width)?;
        }
        Ok(())
    }
}

/// Bytes of the number of a class.
const CLASS_BYTES: usize = 4;

impl Precision {
    /// The largest number that it can hold below a finite one.
    fn next_below(self, value: f32) -> f32 {
        match self {
            Self::F32 => value.next_down(),
            Self::F16 => widened(below(narrowed(value))),
        }
    }
}

/// The places of a row's numbers, the largest first, and of equals the first.
pub(crate) fn ranked(row: &[f32]) -> Vec<usize> {
    let logit = |place: &usize| row.get(*place).copied().unwrap_or_default();
    let mut order: Vec<usize> = (0..row.len()).collect();
    order.sort_by(|one, two| logit(two).total_cmp(&logit(one)).then(one.cmp(two)));
    order
}

fn log_mean_exp(logits: impl ExactSizeIterator<Item = f32> + Clone) -> f32 {
    let count = logits.len() as f64;
    let largest = logits.clone().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.map(|logit| f64::from(logit - largest).exp()).sum();
    (f64::from(largest) + (sum / count).ln()) as f32
}
