//! The passes of stochastic gradient descent.

use super::finite::Largest;
use super::{PIECE, WORK};
use crate::Level;
use crate::loops::Loops;
use crate::threads::each_piece;

/// The scalars of stochastic gradient descent as `torch.optim.SGD` defines it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SgdPass {
    /// The learning rate `r`.
    pub rate: f32,
    /// The L2 penalty `w` that is added to the gradient: `g + w p` in place of `g`.
    pub penalty: f32,
}

impl SgdPass {
    /// `p = p - r g`; the slices have the same length. Returns whether all new numbers are finite.
    pub fn run(&self, level: Level, parameter: &mut [f32], gradient: &[f32]) -> bool {
        let work = parameter.len() * WORK;
        let pieces = parameter.chunks_mut(PIECE).zip(gradient.chunks(PIECE)).collect();
        let finite = each_piece(pieces, work, |(parameter, gradient): (&mut [f32], &[f32])| {
            level.run(Loops(
                #[inline(always)]
                || {
                    let mut largest = Largest::default();
                    for (p, &g) in parameter.iter_mut().zip(gradient) {
                        *p -= self.rate * (g + self.penalty * *p);
                        largest.see(*p);
                    }
                    largest.is_finite()
                },
            ))
        });
        finite.into_iter().all(|finite| finite)
    }

    /// With momentum `u` and the buffer `b` of earlier gradients: `b = u b + g` and `p = p - r b`,
    /// or `p = p - r (g + u b)` with Nesterov's. Returns whether all new numbers of parameter and
    /// buffer are finite.
    pub fn run_with_momentum(
        &self,
        level: Level,
        (momentum, nesterov): (f32, bool),
        parameter: &mut [f32],
        gradient: &[f32],
        buffer: &mut [f32],
    ) -> bool {
        let work = parameter.len() * WORK;
        let pieces = parameter.chunks_mut(PIECE).zip(gradient.chunks(PIECE));
        let pieces = pieces.zip(buffer.chunks_mut(PIECE)).collect();
        let finite = each_piece(pieces, work, |((parameter, gradient), buffer)| {
            let mut values: [&mut [f32]; 2] = [parameter, buffer];
            level.run(Loops(
                #[inline(always)]
                || {
                    if nesterov {
                        self.piece(&mut values, gradient, momentum, |g, b| g + momentum * b)
                    } else {
                        self.piece(&mut values, gradient, momentum, |_, b| b)
                    }
                },
            ))
        });
        finite.into_iter().all(|finite| finite)
    }

    #[inline(always)]
    fn piece(
        &self,
        [parameter, buffer]: &mut [&mut [f32]; 2],
        gradient: &[f32],
        momentum: f32,
        direction: impl Fn(f32, f32) -> f32,
    ) -> bool {
        let mut largest = Largest::default();
        for ((p, &g), b) in parameter.iter_mut().zip(gradient).zip(buffer.iter_mut()) {
            let g = g + self.penalty * *p;
            *b = momentum * *b + g;
            *p -= self.rate * direction(g, *b);
            largest.see(*p);
            largest.see(*b);
        }
        largest.is_finite()
    }
}
