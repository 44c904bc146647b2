//! The tiles of a batch of images: two by two output pixels, and the four by four that they see.

use super::super::Shape;
use crate::memory::Buffer;

/// Tiles of images in rows; their numbers run over columns, rows and images.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tiles<'a> {
    values: &'a [f32],
    height: usize,
    width: usize,
    channels: usize,
}

impl<'a> Tiles<'a> {
    /// The tiles of images of the shape's size, with this many channels.
    pub(crate) fn of(shape: &Shape, values: &'a [f32], channels: usize) -> Self {
        Self { values, height: shape.height, width: shape.width, channels }
    }

    /// Tiles in one row of tiles.
    pub(crate) fn in_row(&self) -> usize {
        self.width / 2
    }

    /// Channels of a pixel.
    pub(crate) fn channels(&self) -> usize {
        self.channels
    }

    /// Two by two pixels: their two rows.
    #[inline(always)]
    pub(crate) fn inner(&self, tile: usize) -> [&'a [f32]; 2] {
        let (row, column) = (2 * (tile / self.in_row()), 2 * (tile % self.in_row()));
        let begin = (row * self.width + column) * self.channels;
        let next = begin + self.width * self.channels;
        [&self.values[begin..][..2 * self.channels], &self.values[next..][..2 * self.channels]]
    }

    /// Four by four pixels around a tile: their four rows. Where the tile is at an edge, they are
    /// put together with zeros in `border`, which holds sixteen pixels.
    #[inline(always)]
    pub(crate) fn outer<'b>(&self, tile: usize, border: &'b mut Buffer) -> [&'b [f32]; 4]
    where
        'a: 'b,
    {
        let (row, column) = (2 * (tile / self.in_row()), 2 * (tile % self.in_row()));
        let (image, row) = (row / self.height * self.height, row % self.height);
        let length = 4 * self.channels;
        let inside = row > 0 && row + 2 < self.height && column > 0 && column + 2 < self.width;
        if !inside {
            self.copy_with_zeros([image, row, column], border);
        }
        let (values, stride, begin): (&[f32], usize, usize) = if inside {
            let begin = ((image + row - 1) * self.width + column - 1) * self.channels;
            (self.values, self.width * self.channels, begin)
        } else {
            (border, length, 0)
        };
        let [first, second, third, fourth] = [0, 1, 2, 3];
        let row = |number: usize| &values[begin + number * stride..][..length];
        [row(first), row(second), row(third), row(fourth)]
    }

    fn copy_with_zeros(&self, [image, row, column]: [usize; 3], border: &mut Buffer) {
        // The pixels inside of the image, of the four from one left of the tile on.
        let (first, end) = (usize::from(column == 0), (self.width + 1 - column).min(4));
        for (place, line) in border.chunks_exact_mut(4 * self.channels).enumerate() {
            let row = (row + place).wrapping_sub(1);
            if row >= self.height {
                line.fill(0.0);
                continue;
            }
            let begin = ((image + row) * self.width + column + first - 1) * self.channels;
            let (before, line) = line.split_at_mut(first * self.channels);
            let (inside, behind) = line.split_at_mut((end - first) * self.channels);
            before.fill(0.0);
            inside.copy_from_slice(&self.values[begin..][..inside.len()]);
            behind.fill(0.0);
        }
    }
}
