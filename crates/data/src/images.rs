/*!
Images as their files hold them, all of one size.
*/

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use store::Scratch;

use crate::error::DataError;
use crate::room::Room;
use crate::sample::SampleShape;
use crate::values::stored;

/// Images of one size, each channel after the other, each of them row by row.
pub(crate) struct Images {
    pub(crate) path: PathBuf,
    pub(crate) count: usize,
    pub(crate) channels: usize,
    pub(crate) height: usize,
    pub(crate) width: usize,
    /// The pixels of all images, one image after the other.
    pub(crate) pixels: Pixels,
}

/// What a pixel is.
pub(crate) enum Pixels {
    /// From 0 to 255.
    Bytes(Vec<u8>),
    /// The same in scratch files, with the number of images in each.
    Stored(Vec<(Arc<Scratch>, usize)>),
    /// In a range that nobody states.
    Numbers(Vec<f32>),
}

impl Images {
    /// The shape of one image.
    pub(crate) fn shape(&self) -> SampleShape {
        SampleShape::Image { channels: self.channels, height: self.height, width: self.width }
    }

    /// The same with bytes kept where there is room for them.
    pub(crate) fn put_away(self, room: &Room) -> Result<Self, DataError> {
        let pixels = match self.pixels {
            Pixels::Bytes(bytes) if !room.is_memory() => {
                let mut writer = PixelWriter::new(room)?;
                writer.push(&bytes)?;
                writer.finish(self.count)
            }
            pixels => pixels,
        };
        Ok(Self { pixels, ..self })
    }
}

impl Pixels {
    /// What a pixel is divided by before anything else.
    pub(crate) fn unit(&self) -> f64 {
        match self {
            Self::Bytes(_) | Self::Stored(_) => 255.0,
            Self::Numbers(_) => 1.0,
        }
    }

    /// The bytes of one image of `size` pixels; none beyond the last, or where pixels are no bytes.
    pub(crate) fn bytes(&self, index: usize, size: usize) -> Result<Cow<'_, [u8]>, DataError> {
        match self {
            Self::Bytes(bytes) => Ok(Cow::Borrowed(one(bytes, index, size))),
            Self::Stored(_) => match self.located(index) {
                Some((file, place)) => stored(file, place, size).map(Cow::Owned),
                None => Ok(Cow::Borrowed(&[])),
            },
            Self::Numbers(_) => Ok(Cow::Borrowed(&[])),
        }
    }

    /// The file that holds an image, and its place there; none where pixels are in memory.
    pub(crate) fn located(&self, index: usize) -> Option<(&Arc<Scratch>, usize)> {
        let Self::Stored(files) = self else { return None };
        let mut place = index;
        for (file, count) in files {
            if place < *count {
                return Some((file, place));
            }
            place -= count;
        }
        None
    }

    /// The numbers of one image of `size` pixels; none beyond the last, or where pixels are bytes.
    pub(crate) fn numbers(&self, index: usize, size: usize) -> &[f32] {
        match self {
            Self::Bytes(_) | Self::Stored(_) => &[],
            Self::Numbers(numbers) => one(numbers, index, size),
        }
    }
}

fn one<T>(pixels: &[T], index: usize, size: usize) -> &[T] {
    let start = index.saturating_mul(size);
    pixels.get(start..start.saturating_add(size)).unwrap_or_default()
}

/// Takes the bytes of images one after the other.
pub(crate) enum PixelWriter {
    Held(Vec<u8>),
    Stored(Scratch),
}

impl PixelWriter {
    /// In memory or in a file.
    pub(crate) fn new(room: &Room) -> Result<Self, DataError> {
        Ok(room.file()?.map_or(Self::Held(Vec::new()), Self::Stored))
    }

    pub(crate) fn push(&mut self, pixels: &[u8]) -> Result<(), DataError> {
        match self {
            Self::Held(bytes) => bytes.extend_from_slice(pixels),
            Self::Stored(file) => file.append(pixels)?,
        }
        Ok(())
    }

    /// The pixels of so many images.
    pub(crate) fn finish(self, count: usize) -> Pixels {
        match self {
            Self::Held(bytes) => Pixels::Bytes(bytes),
            Self::Stored(file) => Pixels::Stored(vec![(Arc::new(file), count)]),
        }
    }
}
