//! How a network that was made elsewhere wants its samples.

use std::ops::Bound;

use data::{DataError, PixelScale, Preprocessing};
use options::{Key, OptionError, Section};

const VALUES: Key = Key("values", "what the file takes: raw rows, or scaled as the student's");
const PIXEL_RANGE: Key = Key("pixel_range", "the brightest byte for the file: 1, or 255");
const PIXEL_MEAN: Key = Key("pixel_mean", "taken off each channel after that");
const PIXEL_DEVIATION: Key = Key("pixel_deviation", "by which each channel is divided then");

/// The samples that a network takes.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleForm {
    /// Whether they are those of the student, instead of raw rows.
    pub scaled: bool,
    /// How it wants the pixels of raw images.
    pub pixels: PixelScale,
}

impl SampleForm {
    pub(crate) const RAW: &str = "raw";
    pub(crate) const SCALED: &str = "scaled";

    /// Reads what a recipe says; `usual` is what is taken where it says nothing.
    pub(crate) fn read(section: &mut Section<'_>, usual: &str) -> Result<Self, OptionError> {
        let values = section.choice(VALUES, usual, &[Self::RAW, Self::SCALED])?;
        let scaled = values == Self::SCALED;
        let above_0 = || (Bound::Excluded(0.0), Bound::Unbounded);
        let pixels = PixelScale {
            range: section.number(PIXEL_RANGE, 1.0, above_0())?,
            mean: section.numbers(PIXEL_MEAN, ..)?,
            deviation: section.numbers(PIXEL_DEVIATION, above_0())?,
        };
        // The resolved copy of a recipe gives them too, at their defaults.
        let changed = [
            (PIXEL_RANGE, pixels.range != 1.0),
            (PIXEL_MEAN, !pixels.mean.is_empty()),
            (PIXEL_DEVIATION, !pixels.deviation.is_empty()),
        ];
        if let Some((key, _)) = changed.into_iter().find(|(_, changed)| scaled && *changed) {
            let message = format!("`{}` has no meaning with `values = \"scaled\"`", key.0);
            let hint =
                "leave it out, or let the file take raw rows by `values = \"raw\"`".to_owned();
            return Err(section.conflict(key.0, message, hint));
        }
        Ok(Self { scaled, pixels })
    }

    /// What makes such samples of raw rows, where `students` makes those of the student.
    ///
    /// # Errors
    /// As [`Preprocessing::raw_numbers`].
    pub fn preprocessing(&self, students: &Preprocessing) -> Result<Preprocessing, DataError> {
        match self.scaled {
            true => Ok(students.clone()),
            false => students.raw_numbers(&self.pixels),
        }
    }
}
