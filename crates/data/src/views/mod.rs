/*!
Numbered views of a sample: the sample itself, and variations that can be made again at will.

View `v` of sample `i` is a pure function of the stream, `i` and `v`. So a teacher can label views
once, and the student meets the same ones later.
*/

mod count;
mod cutout;
mod erasing;
mod movement;
mod rand_augment;
mod rectangle;

use random::Stream;

use crate::error::DataError;
use crate::options::{DataOptions, refused};
use crate::preprocessing::Preprocessing;
use crate::sample::SampleShape;
use movement::Movements;
use rand_augment::RandAugment;

pub use count::ViewCount;
pub(crate) use rand_augment::LARGEST_MAGNITUDE;

/// The views of the samples of one data set.
///
/// View 0 is the sample as it is. A later view is moved by up to `shift` pixels along each axis,
/// then cropped at random from the image with `crop` pixels of padding on each side (which moves it
/// by up to `crop` pixels more), then mirrored left to right in one of two cases if `flip` is set.
/// Then it goes through `rand_augment` operations of RandAugment (Cubuk et al., 2020), for which its pixels
/// are bytes again. After that a square of side `cutout` and, with probability `erase`, a random rectangle are taken
/// out of it. Each variation draws from a stream of its own, so that none depends on which others
/// are set.
///
/// Views are made from scaled samples; what comes in from outside the image is the background, the
/// scaled value of a raw pixel of 0, and what is taken out becomes the mean pixel, 0.
#[derive(Clone, Debug)]
pub struct Views {
    count: ViewCount,
    of_students: ViewCount,
    movements: Movements,
    rand_augment: Option<RandAugment>,
    cutout: usize,
    erase: f64,
    shape: SampleShape,
    background: Vec<f32>,
    stream: Stream,
}

impl Views {
    /// The views that `options` ask for, of samples of `shape`. `background` is
    /// [`Preprocessing::background`](crate::Preprocessing::background): one value for each channel.
    ///
    /// # Errors
    /// [`DataError::Option`] for options that [`DataOptions::validate`] refuses, for a `shift`,
    /// `crop` and the like of samples that are no images, for one as large as the image, and for
    /// `rand_augment`, which needs [`of_bytes`](Self::of_bytes).
    pub fn new(
        options: &DataOptions,
        shape: SampleShape,
        background: &[f32],
        stream: Stream,
    ) -> Result<Self, DataError> {
        if options.rand_augment > 0 {
            let expected = "0, because the samples are no images of bytes";
            return Err(refused("rand_augment", options.rand_augment, expected));
        }
        Self::with_background(options, shape, background, stream)
    }

    /// The views of images whose pixels are bytes: `levels` is
    /// [`Preprocessing::levels`](crate::Preprocessing::levels), the scaled value of each byte for each
    /// channel.
    ///
    /// # Errors
    /// As [`new`](Self::new), and for `rand_augment` of images with neither one channel nor three.
    pub fn of_bytes(
        options: &DataOptions,
        shape: SampleShape,
        levels: Vec<Vec<f32>>,
        stream: Stream,
    ) -> Result<Self, DataError> {
        let background: Vec<f32> =
            levels.iter().flat_map(|levels| levels.first()).copied().collect();
        let views = Self::with_background(options, shape, &background, stream)?;
        let DataOptions { rand_augment: operations, rand_magnitude: magnitude, .. } = *options;
        if operations == 0 {
            return Ok(views);
        }
        if !matches!(levels.len(), 1 | 3) {
            let expected = format!("0 for {} channels; they must be 1 or 3", levels.len());
            return Err(refused("rand_augment", operations, expected));
        }
        let rand_augment = Some(RandAugment { operations, magnitude, levels });
        Ok(Self { rand_augment, ..views })
    }

    fn with_background(
        options: &DataOptions,
        shape: SampleShape,
        background: &[f32],
        stream: Stream,
    ) -> Result<Self, DataError> {
        options.validate()?;
        if options.varies() {
            let SampleShape::Image { channels, height, width } = shape else {
                return Err(refused(
                    "views",
                    options.views,
                    "1, because the samples are no images",
                ));
            };
            let side = height.min(width);
            let distances =
                [("shift", options.shift), ("crop", options.crop), ("cutout", options.cutout)];
            for (key, pixels) in distances {
                if pixels >= side {
                    return Err(refused(
                        key,
                        pixels,
                        format!("less than the image's side of {side}"),
                    ));
                }
            }
            if background.len() != channels {
                let expected =
                    format!("one value for each of {}", words::counted(channels, "channel"));
                return Err(refused("background", background.len(), expected));
            }
        }
        Ok(Self {
            count: options.views,
            of_students: options.views_of_students(),
            movements: Movements { reach: [options.shift, options.crop], flip: options.flip },
            rand_augment: None,
            cutout: options.cutout,
            erase: options.erase,
            shape,
            background: background.to_vec(),
            stream,
        })
    }

    /// The views of a seed, of samples that `preprocessing` made. Two preprocessings of images of one
    /// size give the same movements of the same samples.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of_seed(
        options: &DataOptions,
        preprocessing: &Preprocessing,
        seed: u64,
    ) -> Result<Self, DataError> {
        let (shape, stream) = (preprocessing.shape(), Stream::new(seed, "views"));
        match preprocessing.levels() {
            Some(levels) => Self::of_bytes(options, shape, levels, stream),
            None => Self::new(options, shape, &preprocessing.background(), stream),
        }
    }

    /// The number of views of each sample that can be labelled before a training: at least 1, and 0 where each
    /// epoch has a new one.
    pub fn count(&self) -> usize {
        self.count.numbered()
    }

    /// Whether each epoch has a new view, so that a teacher must be asked at each step.
    pub fn are_online(&self) -> bool {
        self.count == ViewCount::Online
    }

    /// The number of the view that an epoch, counted from 0, shows.
    pub fn of_epoch(&self, epoch: u64) -> usize {
        self.count.of_epoch(epoch)
    }

    /// The views that the students learn from: the same, or the samples as they are alone.
    #[must_use]
    pub fn of_students(&self) -> Self {
        Self { count: self.of_students, ..self.clone() }
    }

    /// How the views come to be, in words that are others for other views: number, variations, and the seed's
    /// stream. A single view is the sample as it is, whatever the settings.
    pub fn description(&self) -> String {
        let Self {
            count,
            // Whoever learns from the views, they are the same, and the shape is that of the samples.
            of_students: _,
            shape: _,
            movements,
            rand_augment,
            cutout,
            erase,
            background,
            stream,
        } = self;
        if *count == ViewCount::ONE {
            return "1, the samples as they are".to_owned();
        }
        let stream = stream.number();
        let rand_augment = match rand_augment {
            // Levels are the preprocessing's, which is described by itself.
            Some(RandAugment { operations, magnitude, levels: _ }) => {
                format!("rand_augment {operations} at {magnitude}, ")
            }
            None => String::new(),
        };
        format!(
            "{count} by {movements:?}, {rand_augment}cutout {cutout}, erase {erase:e}, \
             background {background:?}, stream {stream:016x}"
        )
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
        let stream = self.stream.at(index as u64).at(view as u64);
        let movement = self.movements.draw(&mut stream.generator());
        let area = height * width;
        let channels = sample.chunks_exact(area).zip(out.chunks_exact_mut(area));
        for ((from, to), &background) in channels.zip(&self.background) {
            movement.apply(from, to, width, background);
        }
        if let Some(rand_augment) = &self.rand_augment {
            rand_augment.apply(&mut stream.named("rand augment").generator(), out, self.shape);
        }
        if self.cutout > 0 {
            let mut generator = stream.named("cutout").generator();
            cutout::draw(&mut generator, self.cutout, [height, width]).erase(out, height, width);
        }
        if self.erase > 0.0 {
            let mut generator = stream.named("erasing").generator();
            if let Some(hole) = erasing::draw(&mut generator, self.erase, [height, width]) {
                hole.erase(out, height, width);
            }
        }
    }
}
