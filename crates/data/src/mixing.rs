//! Mixing the samples of a batch with one another.

use std::ops::Range;

use options::{Key, OptionError, Section};
use random::{Generator, Stream};

use crate::error::DataError;
use crate::options::refused;
use crate::sample::SampleShape;

/// How each sample of a batch is mixed with another one of it. The label is mixed in the same
/// shares: the loss is that of both labels, each by its share.
///
/// The share of the sample itself is drawn from a symmetric Beta distribution, once for the batch,
/// and the partners are a random order of the batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mixing {
    /// The values are averaged: Zhang et al., "mixup: Beyond Empirical Risk Minimization" (2018),
    /// section 2.
    Mixup {
        /// Both parameters of the Beta distribution, above 0.
        alpha: f64,
    },
    /// A rectangle of an image comes from the partner: Yun et al., "CutMix" (2019), equations 1 and
    /// 2. Where it is cut off at the edge, the share is that of the pixels that stay.
    CutMix {
        /// Both parameters of the Beta distribution, above 0.
        alpha: f64,
    },
}

impl Mixing {
    /// Reads `mixup` or `cutmix`, of which at most one is given.
    ///
    /// # Errors
    /// Values of another type or out of range, or both keys.
    pub fn read(section: &mut Section<'_>) -> Result<Option<Self>, OptionError> {
        let mixup = Key("mixup", "mix samples: both parameters of the Beta distribution");
        let mixup = section.optional_number(mixup, 0.01..=4.0)?;
        let cutmix = Key("cutmix", "mix rectangles of images: as for mixup");
        let cutmix = section.optional_number(cutmix, 0.01..=4.0)?;
        match (mixup, cutmix) {
            (Some(_), Some(_)) => {
                let message = "`mixup` and `cutmix` cannot both mix a batch".to_owned();
                Err(section.conflict("cutmix", message, "leave one of them out".to_owned()))
            }
            (Some(alpha), None) => Ok(Some(Self::Mixup { alpha })),
            (None, Some(alpha)) => Ok(Some(Self::CutMix { alpha })),
            (None, None) => Ok(None),
        }
    }

    /// Its key in a recipe.
    pub fn key(self) -> &'static str {
        match self {
            Self::Mixup { .. } => "mixup",
            Self::CutMix { .. } => "cutmix",
        }
    }

    /// Whether only images can be mixed so.
    pub fn needs_images(self) -> bool {
        matches!(self, Self::CutMix { .. })
    }

    /// Draws how `count` samples of this shape are mixed, as a function of `stream`. Samples that are no
    /// images are never cut.
    pub fn draw(self, count: usize, shape: SampleShape, stream: &Stream) -> Mix {
        let mut generator = stream.generator();
        let (Self::Mixup { alpha } | Self::CutMix { alpha }) = self;
        let share = beta(&mut generator, alpha);
        let partners = generator.permutation(count);
        match (self, shape) {
            (Self::Mixup { .. }, _) => Mix { partners, share, patch: None },
            (Self::CutMix { .. }, SampleShape::Image { height, width, .. }) => {
                let patch = Patch::draw(&mut generator, share, [height, width]);
                Mix { partners, share: patch.outside(), patch: Some(patch) }
            }
            (Self::CutMix { .. }, SampleShape::Vector(_) | SampleShape::Tokens { .. }) => {
                Mix { partners, share: 1.0, patch: None }
            }
        }
    }
}

/// How the samples of one batch are mixed: the same for whoever sees them, in whatever scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Mix {
    partners: Vec<usize>,
    share: f64,
    /// None where values are averaged.
    patch: Option<Patch>,
}

impl Mix {
    /// The place in the batch of the sample that each is mixed with.
    pub fn partners(&self) -> &[usize] {
        &self.partners
    }

    /// The share of the samples themselves, from 0 to 1.
    pub fn share(&self) -> f64 {
        self.share
    }

    /// Mixes the rows of `values`, as many samples of `shape` as were drawn for.
    ///
    /// # Errors
    /// [`DataError::Option`] for rectangles of images of another height or width.
    pub fn apply(&self, values: &mut [f32], shape: SampleShape) -> Result<(), DataError> {
        let width = shape.len().max(1);
        let originals = values.to_vec();
        let sources = self.partners.iter().map(|&row| originals.chunks_exact(width).nth(row));
        let rows = values.chunks_exact_mut(width).zip(sources);
        let rows = rows.filter_map(|(row, source)| Some((row, source?)));
        match &self.patch {
            None => {
                let share = self.share;
                for (value, other) in rows.flat_map(|(row, source)| row.iter_mut().zip(source)) {
                    *value = (share * f64::from(*value) + (1.0 - share) * f64::from(*other)) as f32;
                }
            }
            Some(patch) => {
                patch.check(shape)?;
                rows.for_each(|(row, source)| patch.copy(row, source));
            }
        }
        Ok(())
    }
}

/// A rectangle of an image.
#[derive(Clone, Debug, PartialEq)]
struct Patch {
    rows: Range<usize>,
    columns: Range<usize>,
    sides: [usize; 2],
}

impl Patch {
    /// Around a random pixel, of `1 - share` of the area, as far as it is inside.
    fn draw(generator: &mut Generator, share: f64, sides: [usize; 2]) -> Self {
        let mut range = |length: usize| {
            let reach = (length as f64 * (1.0 - share).max(0.0).sqrt()) as usize;
            let centre = generator.below(length as u64) as usize;
            let end = centre + reach - reach / 2;
            centre.saturating_sub(reach / 2)..end.min(length)
        };
        let [height, width] = sides;
        Self { rows: range(height), columns: range(width), sides }
    }

    /// Refuses images of another height or width.
    fn check(&self, shape: SampleShape) -> Result<(), DataError> {
        match shape {
            SampleShape::Image { height, width, .. } if [height, width] == self.sides => Ok(()),
            _ => {
                let [height, width] = self.sides;
                let expected = format!(
                    "samples of {height}x{width} pixels for teacher and student; found {shape}"
                );
                Err(refused("cutmix", "set", expected))
            }
        }
    }

    fn copy(&self, image: &mut [f32], source: &[f32]) {
        let [height, width] = self.sides;
        let area = (height * width).max(1);
        for (channel, source) in image.chunks_exact_mut(area).zip(source.chunks_exact(area)) {
            let lines = channel.chunks_exact_mut(width).zip(source.chunks_exact(width));
            for (line, source) in lines.take(self.rows.end).skip(self.rows.start) {
                let columns = self.columns.clone();
                if let (Some(to), Some(from)) = (line.get_mut(columns.clone()), source.get(columns))
                {
                    to.copy_from_slice(from);
                }
            }
        }
    }

    /// The share of the pixels that stay.
    fn outside(&self) -> f64 {
        let [height, width] = self.sides;
        1.0 - (self.rows.len() * self.columns.len()) as f64 / (height * width).max(1) as f64
    }
}

/// A number of the Beta distribution with both parameters `alpha` (Jöhnk, 1964).
fn beta(generator: &mut Generator, alpha: f64) -> f64 {
    const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
    loop {
        let mut power =
            || libm::pow(((generator.next_u64() >> 11) as f64 + 0.5) * STEP, 1.0 / alpha);
        let (first, second) = (power(), power());
        let sum = first + second;
        if sum > 0.0 && sum <= 1.0 {
            return first / sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_have_mean_and_variance_of_the_beta_distribution() {
        for alpha in [0.1, 0.4, 1.0, 4.0] {
            let mut generator = Stream::new(3, "beta").generator();
            let draws: Vec<f64> = (0..20_000).map(|_| beta(&mut generator, alpha)).collect();
            let mean = draws.iter().sum::<f64>() / 2e4;
            let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 2e4;
            let expected = 1.0 / (4.0 * (2.0 * alpha + 1.0));
            // Four standard errors of the mean; the variance of a variance is at most as large.
            assert!((mean - 0.5).abs() < 4.0 * (expected / 2e4).sqrt(), "{alpha}: {mean}");
            assert!((variance / expected - 1.0).abs() < 0.04, "{alpha}: {variance}");
            assert!(draws.iter().all(|draw| (0.0..=1.0).contains(draw)));
        }
    }
}
