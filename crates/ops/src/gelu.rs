//! The Gaussian error linear unit.

use crate::Level;
use crate::loops::Loops;
use crate::normal::distribution_and_density;
use crate::threads::each_chunk;

/// Numbers of one piece of work.
const PIECE: usize = 1 << 13;

/// Multiplications and additions for one number, about.
const WORK: usize = 32;

/// `out = x F(x)`, where `F` is the standard normal distribution function: the exact form of
/// Hendrycks and Gimpel, "Gaussian Error Linear Units" (2016), section 2, not its approximation by
/// `tanh`. Both slices have the same length.
pub fn gelu(level: Level, x: &[f32], out: &mut [f32]) {
    let work = out.len() * WORK;
    each_chunk(out, PIECE, work, |piece, out| {
        let x = &x[piece * PIECE..][..out.len()];
        level.run(Loops(
            #[inline(always)]
            || {
                for (out, &x) in out.iter_mut().zip(x) {
                    *out = x * distribution_and_density(x).0;
                }
            },
        ));
    });
}

/// The gradient of the input of [`gelu`] from that of its output, with the standard normal density
/// `f`: `dx = dy (F(x) + x f(x))`. All slices have the same length.
pub fn gelu_backward(level: Level, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    let work = dx.len() * WORK;
    each_chunk(dx, PIECE, work, |piece, dx| {
        let (x, dy) = (&x[piece * PIECE..][..dx.len()], &dy[piece * PIECE..][..dx.len()]);
        level.run(Loops(
            #[inline(always)]
            || {
                for ((dx, &x), &dy) in dx.iter_mut().zip(x).zip(dy) {
                    let (distribution, density) = distribution_and_density(x);
                    *dx = dy * (distribution + x * density);
                }
            },
        ));
    });
}
