//! An image laid out for the innermost loops.

use std::ops::Range;

/// Channels that are worked on together.
pub(super) const LANES: usize = 16;

/// One number for each of the channels that are worked on together.
pub(super) type Pixel = [f32; LANES];

/// The first of the channels that are worked on together, for each group of them.
///
/// The last group overlaps the one before where the channels do not divide; what it computes again
/// is the same.
pub(super) fn groups(channels: usize) -> impl Iterator<Item = usize> {
    (0..channels.div_ceil(LANES)).map(move |group| first_channel(channels, group))
}

/// The first channel of a group.
pub(super) fn first_channel(channels: usize, group: usize) -> usize {
    (group * LANES).min(channels.saturating_sub(LANES))
}

/// How the pixels of an image are laid out.
///
/// Pixel `(row, column)` of an image with `padding` rows and columns of zeros before it is in part
/// `(row mod stride, column mod stride)`, at `(row / stride, column / stride)` of that part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// Rows and columns of the image.
    pub(super) image: [usize; 2],
    /// Numbers of a pixel of the image.
    pub(super) channels: usize,
    /// Rows and columns of zeros before the image.
    pub(super) padding: usize,
    /// Parts along each axis.
    pub(super) stride: usize,
    /// Rows and columns of a part.
    pub(super) part: [usize; 2],
}

impl Layout {
    /// The place of a pixel, counted from the first row and column of the padding.
    #[inline(always)]
    pub(super) fn place(&self, [row, column]: [usize; 2]) -> usize {
        let part = row % self.stride * self.stride + column % self.stride;
        let [rows, columns] = self.part;
        (part * rows + row / self.stride) * columns + column / self.stride
    }

    /// Which columns of the parts at an offset are in the image.
    #[inline(always)]
    fn inside(&self, offset: usize) -> Range<usize> {
        let begin = self.padding.saturating_sub(offset).div_ceil(self.stride);
        let end = (self.padding + self.image[1]).saturating_sub(offset).div_ceil(self.stride);
        begin.min(self.part[1])..end.min(self.part[1])
    }

    /// Pixels of all parts.
    #[inline(always)]
    fn pixels(&self) -> usize {
        self.stride * self.stride * self.part[0] * self.part[1]
    }
}

/// An image, one group of channels after the other.
pub(super) struct Grid {
    layout: Layout,
    pixels: Vec<Pixel>,
}

impl Grid {
    /// A grid of zeros.
    pub(super) fn new(layout: Layout) -> Self {
        let groups = layout.channels.div_ceil(LANES);
        Self { layout, pixels: vec![[0.0; LANES]; groups * layout.pixels()] }
    }

    /// The pixels of a group of channels, part after part.
    #[inline(always)]
    pub(super) fn group(&self, group: usize) -> &[Pixel] {
        let pixels = self.layout.pixels();
        &self.pixels[group * pixels..][..pixels]
    }

    /// Columns of a part.
    pub(super) fn columns(&self) -> usize {
        self.layout.part[1]
    }

    /// Copies an image, row after row. Padding was 0 from the start and stays so.
    #[inline(always)]
    pub(super) fn set(&mut self, image: &[f32]) {
        let Layout { padding, stride, channels, .. } = self.layout;
        let width = self.layout.image[1] * channels;
        for (row, image) in image.chunks_exact(width.max(1)).enumerate() {
            let row = row + padding;
            if row / stride >= self.layout.part[0] {
                break;
            }
            for (group, first) in groups(channels).enumerate() {
                for offset in 0..stride {
                    self.set_row(image, group, first, [row, offset]);
                }
            }
        }
    }

    /// Copies the channels of a group, from `first` on, of every pixel of a row of an image that is at
    /// an offset within a stride.
    #[inline(always)]
    fn set_row(&mut self, image: &[f32], group: usize, first: usize, [row, offset]: [usize; 2]) {
        let Layout { padding, stride, channels, .. } = self.layout;
        let columns = self.layout.inside(offset);
        if columns.is_empty() {
            return;
        }
        let column = columns.start * stride + offset;
        let begin = group * self.layout.pixels() + self.layout.place([row, column]);
        let targets = self.pixels[begin..][..columns.len()].iter_mut();
        let sources = image[(column - padding) * channels + first..].chunks(stride * channels);
        if channels >= LANES {
            for (pixel, source) in targets.zip(sources) {
                if let Some(source) = source.first_chunk() {
                    *pixel = *source;
                }
            }
        } else {
            for (pixel, source) in targets.zip(sources) {
                for (value, &source) in pixel.iter_mut().zip(&source[..channels]) {
                    *value = source;
                }
            }
        }
    }
}
