//! The sums over a batch that all gradients need.

use super::backward::{Forward, Part};
use super::gradient_of_input::Line;
use crate::Level;
use crate::activation::{Activation, with_activation};
use crate::loops::Loops;
use crate::rows::{BLOCK, Rows, add, add_block};
use crate::threads::each;

/// Rows whose terms are added up before their sum is added to what came before.
const TOGETHER: usize = 4;

/// Sums over the pixels of each channel.
pub(super) struct GradientSums {
    /// The sum of `dz`.
    pub(super) dz: Vec<f64>,
    /// The sum of `dz * (x - mean)`.
    pub(super) dz_x: Vec<f64>,
}

impl GradientSums {
    /// What the gradient of the input is computed with.
    pub(super) fn input(&self, forward: Forward<'_>, pixels: f64) -> Line {
        let channels = forward.mean.len();
        let of_each = |value: &dyn Fn(usize) -> f64| {
            let values: Vec<f32> = (0..channels).map(|channel| value(channel) as f32).collect();
            Rows::of(channels).repeat(&values)
        };
        let inverse = |channel: usize| f64::from(forward.inverse_deviation[channel]);
        Line {
            mean: Rows::of(channels).repeat(forward.mean),
            factor: of_each(&|channel| f64::from(forward.gamma[channel]) * inverse(channel)),
            constant: of_each(&|channel| self.dz[channel] / pixels),
            slope: of_each(&|channel| self.dz_x[channel] / pixels * inverse(channel).powi(2)),
        }
    }
}

/// The sums over all pixels.
pub(super) fn sums(level: Level, forward: Forward<'_>, dy: &[f32]) -> GradientSums {
    let channels = forward.mean.len();
    let rows = Rows::of(channels);
    let mean = rows.repeat(forward.mean);
    let piece = rows.piece();
    let pieces = each(dy.len().div_ceil(piece), dy.len() * 8, |number| {
        let begin = number * piece;
        let part = forward.part(dy, begin, piece.min(dy.len() - begin));
        of_piece(level, forward.activation, part, &mean, rows)
    });
    let mut sums = GradientSums { dz: vec![0.0; channels], dz_x: vec![0.0; channels] };
    for [dz, dz_x] in pieces {
        add(&mut sums.dz, &dz);
        add(&mut sums.dz_x, &dz_x);
    }
    sums
}

fn of_piece(
    level: Level,
    activation: Activation,
    part: Part<'_>,
    mean: &[f32],
    rows: Rows,
) -> [Vec<f64>; 2] {
    let (whole, rest) = part.split(rows.split(part.x).0.len());
    let narrow = &mean[..rows.channels()];
    let (whole, rest) = level.run(Loops(
        #[inline(always)]
        || {
            with_activation!(activation, ACTIVATION => (
                of_columns(ACTIVATION, whole, mean),
                of_columns(ACTIVATION, rest, narrow),
            ))
        },
    ));
    let mut sums = whole.map(|sums| rows.fold(&sums));
    for (sums, rest) in sums.iter_mut().zip(rest) {
        add(sums, &rest);
    }
    sums
}

/// The sums of the columns of rows that are as long as `mean`.
#[inline(always)]
fn of_columns(activation: Activation, part: Part<'_>, mean: &[f32]) -> [Vec<f64>; 2] {
    let width = mean.len();
    let mut sums = [vec![0.0; width], vec![0.0; width]];
    let mut dz = vec![0.0; width];
    let mut dz_x = vec![0.0; width];
    for block in part.chunks(BLOCK * width) {
        dz.fill(0.0);
        dz_x.fill(0.0);
        let (groups, rest) = block.split(block.x.len() / (TOGETHER * width) * (TOGETHER * width));
        for group in groups.chunks(TOGETHER * width) {
            add_rows::<TOGETHER>(activation, group, mean, &mut dz, &mut dz_x);
        }
        for row in rest.chunks(width) {
            add_rows::<1>(activation, row, mean, &mut dz, &mut dz_x);
        }
        add_block(&mut sums[0], &dz);
        add_block(&mut sums[1], &dz_x);
    }
    sums
}

#[inline(always)]
fn add_rows<const ROWS: usize>(
    activation: Activation,
    part: Part<'_>,
    mean: &[f32],
    dz: &mut [f32],
    dz_x: &mut [f32],
) {
    let width = mean.len();
    let (dz, dz_x) = (&mut dz[..width], &mut dz_x[..width]);
    let x: [&[f32]; ROWS] = std::array::from_fn(|row| &part.x[row * width..][..width]);
    let y: [&[f32]; ROWS] = std::array::from_fn(|row| &part.y[row * width..][..width]);
    let dy: [&[f32]; ROWS] = std::array::from_fn(|row| &part.dy[row * width..][..width]);
    for column in 0..width {
        let mut sum = 0.0;
        let mut product = 0.0;
        for row in 0..ROWS {
            let gradient = activation.mask(y[row][column], dy[row][column]);
            sum += gradient;
            product += gradient * (x[row][column] - mean[column]);
        }
        dz[column] += sum;
        dz_x[column] += product;
    }
}
