//! Output pixels as sums over the taps of a kernel.

use super::grid::{Grid, LANES, Pixel, first_channel};

/// Output pixels that are worked on together.
const TOGETHER: usize = 4;

/// One place of the kernel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tap {
    /// From the place of an output pixel in the grid to that of the pixel that this tap sees.
    pub(super) offset: usize,
    /// The weight of each channel.
    pub(super) weights: Pixel,
}

/// The weights of a tap for the channels from `first` on; weights are `[channels, taps]`.
pub(super) fn weights_of_tap(weights: &[f32], taps: usize, first: usize, tap: usize) -> Pixel {
    let mut of_tap = [0.0; LANES];
    for (weight, kernel) in of_tap.iter_mut().zip(weights.chunks_exact(taps).skip(first)) {
        *weight = kernel[tap];
    }
    of_tap
}

/// Which pixels of an output image are computed: every `step`-th row and column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lattice {
    /// Columns of the output image.
    pub(super) width: usize,
    /// Numbers of a pixel of the output image.
    pub(super) channels: usize,
    /// The first row and column.
    pub(super) first: [usize; 2],
    /// From one row or column to the next.
    pub(super) step: usize,
    /// How many rows and columns.
    pub(super) count: [usize; 2],
}

impl Lattice {
    /// Computes the output, with the taps of each group of channels. The pixel of row and column
    /// `(i, j)` of the lattice sees pixel `(i, j)` of the grid and those that are offset from it.
    #[inline(always)]
    pub(super) fn fill<'a>(
        &self,
        grid: &Grid,
        taps: impl Iterator<Item = &'a [Tap]> + Clone,
        out: &mut [f32],
    ) {
        for row in 0..self.count[0] {
            for (group, taps) in taps.clone().enumerate() {
                let first = first_channel(self.channels, group);
                let pixels = &grid.group(group)[row * grid.columns()..];
                match self.count[1] {
                    0 => (),
                    1 => self.row::<1>(pixels, taps, out, [row, first]),
                    2 | 3 => self.row::<2>(pixels, taps, out, [row, first]),
                    _ => self.row::<TOGETHER>(pixels, taps, out, [row, first]),
                }
            }
        }
    }

    /// Computes a row for the channels from `first` on, `MANY` pixels at a time; there must be so
    /// many. The last ones of the row may be computed twice.
    #[inline(always)]
    fn row<const MANY: usize>(
        &self,
        pixels: &[Pixel],
        taps: &[Tap],
        out: &mut [f32],
        [row, first]: [usize; 2],
    ) {
        let columns = self.count[1];
        for group in 0..columns.div_ceil(MANY) {
            let column = (group * MANY).min(columns - MANY);
            let sums = sums::<MANY>(&pixels[column..], taps);
            self.store(&sums, [row, column], out, first);
        }
    }

    #[inline(always)]
    fn store(&self, sums: &[Pixel], [row, column]: [usize; 2], out: &mut [f32], first: usize) {
        let row = self.first[0] + row * self.step;
        let column = self.first[1] + column * self.step;
        let out = &mut out[(row * self.width + column) * self.channels + first..];
        let pixels = out.chunks_mut(self.step * self.channels).zip(sums);
        if self.channels >= LANES {
            for (out, sums) in pixels {
                if let Some(out) = out.first_chunk_mut() {
                    *out = *sums;
                }
            }
        } else {
            for (out, sums) in pixels {
                for (out, &sum) in out[..self.channels].iter_mut().zip(sums) {
                    *out = sum;
                }
            }
        }
    }
}

#[inline(always)]
fn sums<const MANY: usize>(pixels: &[Pixel], taps: &[Tap]) -> [Pixel; MANY] {
    let mut sums = [[0.0; LANES]; MANY];
    for tap in taps {
        let Some(pixels) = pixels[tap.offset..].first_chunk::<MANY>() else { continue };
        for (sums, pixel) in sums.iter_mut().zip(pixels) {
            for lane in 0..LANES {
                sums[lane] += pixel[lane] * tap.weights[lane];
            }
        }
    }
    sums
}
