//! The passes of RMSprop.

use super::finite::Largest;
use super::{PIECE, WORK};
use crate::Level;
use crate::loops::Loops;
use crate::threads::each_piece;

/// The scalars of one step of RMSprop (Tieleman and Hinton, 2012, lecture 6.5) as
/// `torch.optim.RMSprop` defines it.
///
/// ```text
/// g = g + penalty p
/// v = v + (g^2 - v) share
/// d = g / (sqrt(v) + epsilon)
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RmsPropPass {
    /// The learning rate `r`.
    pub rate: f32,
    /// The L2 penalty that is added to the gradient.
    pub penalty: f32,
    /// `1 - alpha`, where `alpha` is the share of the mean square that stays.
    pub share: f32,
    /// What keeps the denominator from zero.
    pub epsilon: f32,
}

impl RmsPropPass {
    /// `p = p - r d`; the slices have the same length. Returns whether all new numbers of parameter
    /// and mean square are finite.
    pub fn run(
        &self,
        level: Level,
        parameter: &mut [f32],
        gradient: &[f32],
        square: &mut [f32],
    ) -> bool {
        let work = parameter.len() * WORK;
        let pieces = parameter.chunks_mut(PIECE).zip(gradient.chunks(PIECE));
        let pieces = pieces.zip(square.chunks_mut(PIECE)).collect();
        let finite = each_piece(pieces, work, |((parameter, gradient), square)| {
            let (parameter, square): (&mut [f32], &mut [f32]) = (parameter, square);
            level.run(Loops(
                #[inline(always)]
                || {
                    let mut largest = Largest::default();
                    for ((p, &g), v) in parameter.iter_mut().zip(gradient).zip(square.iter_mut()) {
                        *p -= self.rate * self.direction(*p, g, v);
                        largest.see(*p);
                        largest.see(*v);
                    }
                    largest.is_finite()
                },
            ))
        });
        finite.into_iter().all(|finite| finite)
    }

    /// With momentum `u` and the buffer `b` of earlier directions: `b = u b + d` and `p = p - r b`.
    /// Returns whether all new numbers of parameter and buffers are finite.
    pub fn run_with_momentum(
        &self,
        level: Level,
        momentum: f32,
        parameter: &mut [f32],
        gradient: &[f32],
        [square, buffer]: [&mut [f32]; 2],
    ) -> bool {
        let work = parameter.len() * WORK;
        let buffers = square.chunks_mut(PIECE).zip(buffer.chunks_mut(PIECE));
        let pieces = parameter.chunks_mut(PIECE).zip(gradient.chunks(PIECE)).zip(buffers);
        let finite = each_piece(pieces.collect(), work, |((parameter, gradient), buffers)| {
            let (parameter, (square, buffer)): (&mut [f32], (&mut [f32], &mut [f32])) =
                (parameter, buffers);
            level.run(Loops(
                #[inline(always)]
                || {
                    let mut largest = Largest::default();
                    let buffers = square.iter_mut().zip(buffer.iter_mut());
                    for ((p, &g), (v, b)) in parameter.iter_mut().zip(gradient).zip(buffers) {
                        *b = momentum * *b + self.direction(*p, g, v);
                        *p -= self.rate * *b;
                        largest.see(*p);
                        largest.see(*v);
                        largest.see(*b);
                    }
                    largest.is_finite()
                },
            ))
        });
        finite.into_iter().all(|finite| finite)
    }

    /// Moves the mean square `v`, and gives `d`.
    #[inline(always)]
    fn direction(&self, p: f32, g: f32, v: &mut f32) -> f32 {
        let g = g + self.penalty * p;
        *v += (g * g - *v) * self.share;
        g / (v.sqrt() + self.epsilon)
    }
}
