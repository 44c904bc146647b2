//! Tensors of few channels as long rows, and sums of their columns.
//!
//! Loops over channels are short where channels are few. Several pixels side by side make a row that
//! is long enough for vectors, whatever the number of channels is; its columns are folded in the end.

/// Rows whose sum is taken in `f32` before it is added to others in `f64`.
pub(crate) const BLOCK: usize = 64;

/// Numbers of a piece of work, at least.
const PIECE: usize = 1 << 15;

/// Channels from which a pixel is a row by itself.
const WIDE: usize = 64;

/// A width that vectors and their unrolling divide.
const VECTORS: usize = 32;

/// Rows that are added up before their sum is added to what came before.
const TOGETHER: usize = 8;

/// How the pixels of a tensor make rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows {
    channels: usize,
    pixels: usize,
}

impl Rows {
    /// The rows of a tensor of so many channels.
    pub(crate) fn of(channels: usize) -> Self {
        let channels = channels.max(1);
        if channels >= WIDE {
            return Self { channels, pixels: 1 };
        }
        let mut pixels = VECTORS >> channels.trailing_zeros().min(VECTORS.trailing_zeros());
        while channels * pixels < 2 * WIDE {
            pixels *= 2;
        }
        Self { channels, pixels }
    }

    /// Numbers of a pixel.
    pub(crate) fn channels(self) -> usize {
        self.channels
    }

    /// Numbers of a row.
    pub(crate) fn width(self) -> usize {
        self.channels * self.pixels
    }

    /// Numbers of a piece of work: whole blocks.
    pub(crate) fn piece(self) -> usize {
        (BLOCK * self.width()) * PIECE.div_ceil(BLOCK * self.width())
    }

    /// One number a channel, repeated for each pixel of a row.
    pub(crate) fn repeat(self, values: &[f32]) -> Vec<f32> {
        values.repeat(self.pixels)
    }

    /// The whole rows of `x`, and the pixels that are left.
    pub(crate) fn split(self, x: &[f32]) -> (&[f32], &[f32]) {
        x.split_at(x.len() - x.len() % self.width())
    }

    /// The sum of the columns that belong to a channel, for each channel.
    pub(crate) fn fold(self, columns: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.channels];
        for pixel in columns.chunks_exact(self.channels) {
            add(&mut sums, pixel);
        }
        sums
    }
}

/// `sums += values`.
pub(crate) fn add(sums: &mut [f64], values: &[f64]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += value;
    }
}

/// The sums of the columns of rows of `width` numbers.
#[inline(always)]
pub(crate) fn sums_of_columns(x: &[f32], width: usize) -> Vec<f64> {
    let mut sums = vec![0.0; width];
    let mut of_block = vec![0.0; width];
    for block in x.chunks(BLOCK * width) {
        of_block.fill(0.0);
        add_rows(block, &mut of_block);
        add_block(&mut sums, &of_block);
    }
    sums
}

/// `sums += of_block`.
#[inline(always)]
pub(crate) fn add_block(sums: &mut [f64], of_block: &[f32]) {
    for (sum, &value) in sums.iter_mut().zip(of_block) {
        *sum += f64::from(value);
    }
}

/// Adds each row of a block to `sums`, which are as many as a row has numbers.
#[inline(always)]
pub(crate) fn add_rows(block: &[f32], sums: &mut [f32]) {
    let width = sums.len();
    let mut groups = block.chunks_exact(TOGETHER * width);
    for group in &mut groups {
        add_group(group, sums);
    }
    for row in groups.remainder().chunks_exact(width) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += value;
        }
    }
}

#[inline(always)]
fn add_group(group: &[f32], sums: &mut [f32]) {
    let width = sums.len();
    let rows: [&[f32]; TOGETHER] = std::array::from_fn(|row| &group[row * width..][..width]);
    for (column, sum) in sums.iter_mut().enumerate() {
        let [a, b, c, d, e, f, g, h] = rows.map(|row| row[column]);
        *sum += ((a + b) + (c + d)) + ((e + f) + (g + h));
    }
}
