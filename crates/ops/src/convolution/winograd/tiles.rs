//! The tiles of a batch of images: squares of output pixels, and the larger squares that they see.

use super::super::Shape;
use crate::matrix::WIDTH;
use crate::memory::Buffer;

/// Tiles of images in rows; their numbers run over columns, rows and images.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tiles<'a, const SIDE: usize> {
    values: &'a [f32],
    height: usize,
    width: usize,
    channels: usize,
}

impl<'a, const SIDE: usize> Tiles<'a, SIDE> {
    /// Rows and columns of the output in a tile.
    pub(crate) const OUTPUT: usize = SIDE - 2;

    /// Pixels that a tile sees.
    pub(crate) const SEEN: usize = SIDE * SIDE;

    /// The tiles of images of the shape's size, with this many channels.
    pub(crate) fn of(shape: &Shape, values: &'a [f32], channels: usize) -> Self {
        Self { values, height: shape.height, width: shape.width, channels }
    }

    /// Tiles in one row of tiles.
    pub(crate) fn in_row(&self) -> usize {
        self.width / Self::OUTPUT
    }

    /// Channels of a pixel.
    pub(crate) fn channels(&self) -> usize {
        self.channels
    }

    /// Panels of channels.
    pub(crate) fn panels(&self) -> usize {
        self.channels / WIDTH
    }

    /// Row (over all images) and column of a tile's first output pixel.
    #[inline(always)]
    fn corner(&self, tile: usize) -> [usize; 2] {
        [Self::OUTPUT * (tile / self.in_row()), Self::OUTPUT * (tile % self.in_row())]
    }

    /// The output pixels of a tile: where they begin, and how far their rows lie apart.
    #[inline(always)]
    pub(crate) fn inner(&self, tile: usize) -> (&'a [f32], usize) {
        let [row, column] = self.corner(tile);
        (&self.values[(row * self.width + column) * self.channels..], self.width * self.channels)
    }

    /// The pixels that a tile sees, as [`Self::inner`]. Where the tile is at an edge, they are
    /// put together with zeros in `border`, which holds so many pixels.
    #[inline(always)]
    pub(crate) fn outer<'b>(&self, tile: usize, border: &'b mut Buffer) -> (&'b [f32], usize)
    where
        'a: 'b,
    {
        let [row, column] = self.corner(tile);
        let (image, row) = (row / self.height * self.height, row % self.height);
        let (below, right) = (row + Self::OUTPUT, column + Self::OUTPUT);
        if row > 0 && below < self.height && column > 0 && right < self.width {
            let begin = ((image + row - 1) * self.width + column - 1) * self.channels;
            return (&self.values[begin..], self.width * self.channels);
        }
        self.copy_with_zeros([image, row, column], border);
        (border, SIDE * self.channels)
    }

    fn copy_with_zeros(&self, [image, row, column]: [usize; 3], border: &mut Buffer) {
        // The pixels inside of the image, of those from one left of the tile on.
        let (first, end) = (usize::from(column == 0), (self.width + 1 - column).min(SIDE));
        for (place, line) in border.chunks_exact_mut(SIDE * self.channels).enumerate() {
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
