//! From the gradient of the output to the gradients of the input and of the parameters.

use super::{PIECE, Statistics, WORK};
use crate::Level;
use crate::lanes::{quick_sum, quick_sum_pairs};
use crate::loops::Loops;
use crate::threads::each_piece;

/// Rows whose terms are added up in `f32` before their sum is added to others in `f64`.
const BLOCK: usize = 16;

/// The gradients of the parameters, `width` numbers each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gradients {
    /// That of `gamma`: the sum over rows of `dy n`, with the normalised input `n`.
    pub gamma: Vec<f32>,
    /// That of `beta`: the sum over rows of `dy`.
    pub beta: Vec<f32>,
}

/// The gradients of [`layer_norm`](super::layer_norm); `x`, `dy` and `dx` are `[rows, width]`.
///
/// With the normalised input `n = (x - mean) / deviation` and `g = gamma dy`, where means are taken
/// over a row:
///
/// `dx = (g - mean(g) - n mean(g n)) / deviation`
pub fn layer_norm_backward(
    level: Level,
    x: &[f32],
    gamma: &[f32],
    statistics: &Statistics,
    dy: &[f32],
    dx: &mut [f32],
) -> Gradients {
    let width = gamma.len().max(1);
    let mean = statistics.mean.chunks(PIECE).zip(statistics.inverse_deviation.chunks(PIECE));
    let pieces = x.chunks(PIECE * width).zip(dy.chunks(PIECE * width)).zip(mean);
    let pieces = pieces.zip(dx.chunks_mut(PIECE * width));
    let pieces = pieces.map(|(((x, dy), (mean, inverse)), dx)| Piece { x, dy, mean, inverse, dx });
    let sums = each_piece(pieces.collect(), x.len() * WORK, |mut piece: Piece<'_>| {
        let mut sums = Sums::zeros(gamma.len());
        level.run(Loops(
            #[inline(always)]
            || piece.run(gamma, &mut sums),
        ));
        sums.whole
    });
    let mut total = [vec![0.0; gamma.len()], vec![0.0; gamma.len()]];
    for piece in sums {
        for (total, piece) in total.iter_mut().flatten().zip(piece.iter().flatten()) {
            *total += piece;
        }
    }
    let [gamma, beta] = total.map(|sums| sums.into_iter().map(|sum: f64| sum as f32).collect());
    Gradients { gamma, beta }
}

/// Rows that one thread works on.
struct Piece<'a> {
    x: &'a [f32],
    dy: &'a [f32],
    mean: &'a [f32],
    inverse: &'a [f32],
    dx: &'a mut [f32],
}

/// The gradients of `gamma` and `beta`, as far as they are summed up.
struct Sums {
    block: [Vec<f32>; 2],
    whole: [Vec<f64>; 2],
}

impl Sums {
    fn zeros(width: usize) -> Self {
        let (block, whole) = (vec![0.0; width], vec![0.0; width]);
        Self { block: [block.clone(), block], whole: [whole.clone(), whole] }
    }

    /// Adds the sums of a block to the others.
    #[inline(always)]
    fn end_block(&mut self) {
        for (whole, block) in self.whole.iter_mut().zip(&mut self.block) {
            for (whole, block) in whole.iter_mut().zip(block) {
                *whole += f64::from(*block);
                *block = 0.0;
            }
        }
    }
}

impl Piece<'_> {
    #[inline(always)]
    fn run(&mut self, gamma: &[f32], sums: &mut Sums) {
        let width = gamma.len().max(1);
        let mut normalised = vec![0.0; width];
        let rows = self.x.chunks_exact(width).zip(self.dy.chunks_exact(width));
        let rows = rows.zip(self.dx.chunks_exact_mut(width));
        let statistics = self.mean.iter().zip(self.inverse);
        for (row, (((x, dy), dx), (&mean, &inverse))) in rows.zip(statistics).enumerate() {
            let [dgamma, dbeta] = &mut sums.block;
            row_terms([x, dy, gamma], [mean, inverse], [&mut normalised, dx, dgamma, dbeta]);
            row_gradient(&normalised, inverse, dx);
            if row % BLOCK == BLOCK - 1 {
                sums.end_block();
            }
        }
        sums.end_block();
    }
}

/// Writes the normalised row and `g`, and adds the row's terms to the gradients of the parameters.
#[inline(always)]
fn row_terms(
    [x, dy, gamma]: [&[f32]; 3],
    [mean, inverse]: [f32; 2],
    [normalised, scaled, dgamma, dbeta]: [&mut [f32]; 4],
) {
    let width = x.len();
    let (dy, gamma) = (&dy[..width], &gamma[..width]);
    let (normalised, scaled) = (&mut normalised[..width], &mut scaled[..width]);
    let (dgamma, dbeta) = (&mut dgamma[..width], &mut dbeta[..width]);
    for column in 0..width {
        let value = (x[column] - mean) * inverse;
        normalised[column] = value;
        scaled[column] = dy[column] * gamma[column];
        dgamma[column] += dy[column] * value;
        dbeta[column] += dy[column];
    }
}

/// Turns `g` into the gradient of the input.
#[inline(always)]
fn row_gradient(normalised: &[f32], inverse: f32, gradient: &mut [f32]) {
    let width = gradient.len() as f64;
    let mean = (quick_sum(gradient, |g| g) / width) as f32;
    let product = quick_sum_pairs(gradient, normalised, |g, n| g * n);
    let slope = (product / width) as f32;
    for (gradient, &normalised) in gradient.iter_mut().zip(normalised) {
        *gradient = inverse * (*gradient - mean - normalised * slope);
    }
}
