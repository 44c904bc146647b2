/*!
Images as their files hold them, all of one size.
*/

use std::path::PathBuf;

use crate::sample::SampleShape;

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
    /// In a range that nobody states.
    Numbers(Vec<f32>),
}

impl Images {
    /// The shape of one image.
    pub(crate) fn shape(&self) -> SampleShape {
        SampleShape::Image { channels: self.channels, height: self.height, width: self.width }
    }
}

impl Pixels {
    /// What a pixel is divided by before anything else.
    pub(crate) fn unit(&self) -> f64 {
        match self {
            Self::Bytes(_) => 255.0,
            Self::Numbers(_) => 1.0,
        }
    }

    /// The bytes of one image of `size` pixels; none beyond the last, or where pixels are no bytes.
    pub(crate) fn bytes(&self, index: usize, size: usize) -> &[u8] {
        match self {
            Self::Bytes(bytes) => one(bytes, index, size),
            Self::Numbers(_) => &[],
        }
    }

    /// The numbers of one image of `size` pixels; none beyond the last, or where pixels are bytes.
    pub(crate) fn numbers(&self, index: usize, size: usize) -> &[f32] {
        match self {
            Self::Bytes(_) => &[],
            Self::Numbers(numbers) => one(numbers, index, size),
        }
    }
}

fn one<T>(pixels: &[T], index: usize, size: usize) -> &[T] {
    pixels.chunks_exact(size.max(1)).nth(index).unwrap_or_default()
}
