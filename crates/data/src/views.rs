/*!
Numbered views of a sample: the sample itself, and variations that can be made again at will.

View `v` of sample `i` is a pure function of the stream, `i` and `v`. So a teacher can label views
once, and the student meets the same ones later.
*/

use random::{Generator, Stream};

use crate::error::DataError;
use crate::options::{DataOptions, refused};
use crate::sample::SampleShape;

/// The largest number of views.
const VIEW_LIMIT: usize = 1 << 16;

/// The views of the samples of one data set.
///
/// View 0 is the sample as it is. A later view is moved by up to `shift` pixels along each axis,
/// then cropped at random from the image with `crop` pixels of padding on each side (which moves it
/// by up to `crop` pixels more), then mirrored left to right in one of two cases if `flip` is set.
/// Views are made from scaled samples; what comes in from outside the image is the background, the
/// scaled value of a raw pixel of 0.
#[derive(Clone, Debug)]
pub struct Views {
    count: usize,
    reach: [usize; 2],
    flip: bool,
    shape: SampleShape,
    background: Vec<f32>,
    stream: Stream,
}

/// One variation of an image.
struct Move {
    /// Pixels downwards.
    down: isize,
    /// Pixels to the right.
    right: isize,
    mirror: bool,
}

impl Views {
    /// The views that `options` ask for, of samples of `shape`. `background` is
    /// [`Preprocessing::background`](crate::Preprocessing::background): one value for each channel.
    ///
    /// # Errors
    /// [`DataError::Option`] for options that [`DataOptions::validate`] refuses, for a `shift`,
    /// `crop` or `flip` of samples that are no images, and for one that can move an image out of
    /// its frame.
    pub fn new(
        options: &DataOptions,
        shape: SampleShape,
        background: &[f32],
        stream: Stream,
    ) -> Result<Self, DataError> {
        options.validate()?;
        if options.views > VIEW_LIMIT {
            return Err(refused("views", options.views, format!("at most {VIEW_LIMIT}")));
        }
        if options.varies() {
            let SampleShape::Image { channels, height, width } = shape else {
                return Err(refused(
                    "views",
                    options.views,
                    "1, because the samples are no images",
                ));
            };
            let side = height.min(width);
            for (key, pixels) in [("shift", options.shift), ("crop", options.crop)] {
                if pixels >= side {
                    return Err(refused(
                        key,
                        pixels,
                        format!("less than the image's side of {side}"),
                    ));
                }
            }
            if background.len() != channels {
                let expected = format!("one value for each of {channels} channels");
                return Err(refused("background", background.len(), expected));
            }
        }
        Ok(Self {
            count: options.views,
            reach: [options.shift, options.crop],
            flip: options.flip,
            shape,
            background: background.to_vec(),
            stream,
        })
    }

    /// The number of views of each sample, at least 1.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Writes view `view` of sample number `index` to `out`. Both slices hold
    /// [`SampleShape::len`] values.
    ///
    /// # Panics
    /// When a slice has another length.
    pub fn write(&self, sample: &[f32], index: usize, view: usize, out: &mut [f32]) {
        let SampleShape::Image { height, width, .. } = self.shape else {
            return out.copy_from_slice(sample);
        };
        if view == 0 {
            return out.copy_from_slice(sample);
        }
        let change = self.change(index, view);
        let area = height * width;
        let channels = sample.chunks_exact(area).zip(out.chunks_exact_mut(area));
        for ((from, to), &background) in channels.zip(&self.background) {
            change.apply(from, to, width, background);
        }
    }

    fn change(&self, index: usize, view: usize) -> Move {
        let mut generator = self.stream.at(index as u64).at(view as u64).generator();
        let [shift, crop] = self.reach;
        let mut distance = |reach| within(&mut generator, reach);
        let down = distance(shift) + distance(crop);
        let right = distance(shift) + distance(crop);
        Move { down, right, mirror: self.flip && generator.below(2) == 1 }
    }
}

/// A whole number from `-reach` to `reach`.
fn within(generator: &mut Generator, reach: usize) -> isize {
    generator.below(2 * reach as u64 + 1) as isize - reach as isize
}

impl Move {
    fn apply(&self, from: &[f32], to: &mut [f32], width: usize, background: f32) {
        for (row, target) in to.chunks_exact_mut(width).enumerate() {
            let source = row
                .checked_add_signed(-self.down)
                .and_then(|row| from.chunks_exact(width).nth(row))
                .unwrap_or_default();
            for (column, value) in target.iter_mut().enumerate() {
                *value = column
                    .checked_add_signed(-self.right)
                    .and_then(|column| source.get(column))
                    .copied()
                    .unwrap_or(background);
            }
            if self.mirror {
                target.reverse();
            }
        }
    }
}
