//! The pass of Adam and AdamW.

use super::finite::Largest;
use super::{PIECE, WORK};
use crate::Level;
use crate::loops::Loops;
use crate::threads::each_piece;

/// The scalars of one step of Adam: Kingma and Ba, "Adam: A Method for Stochastic Optimization"
/// (2015), algorithm 1.
///
/// ```text
/// m = m + (g - m) first_share
/// v = v + (g^2 - v) second_share
/// p = p - rate m / (sqrt(v) inverse_correction + epsilon)
/// ```
///
/// The means move by a share of the difference: `beta2` near 1 rounded to `f32` beside its own
/// `1 - beta2` would put an error of 1e-5 on the second moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamPass {
    /// `1 - beta1`.
    pub first_share: f32,
    /// `1 - beta2`.
    pub second_share: f32,
    /// The learning rate, divided by `1 - beta1^t`.
    pub rate: f32,
    /// `1 / sqrt(1 - beta2^t)`.
    pub inverse_correction: f32,
    /// What keeps the denominator from zero.
    pub epsilon: f32,
}

/// How weight decay acts on a parameter `p` and its gradient `g`, before the step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decay {
    /// The L2 penalty of Adam: `g + penalty p` in place of `g`.
    Penalty(f32),
    /// The decoupled decay of AdamW (Loshchilov and Hutter, 2019, algorithm 2): `kept p` in place
    /// of `p`.
    Kept(f32),
}

impl AdamPass {
    /// Updates a parameter and its moments in one pass; the slices have the same length. Returns
    /// whether all their new numbers are finite.
    pub fn run(
        &self,
        level: Level,
        decay: Decay,
        parameter: &mut [f32],
        gradient: &[f32],
        [first, second]: [&mut [f32]; 2],
    ) -> bool {
        let work = parameter.len() * WORK;
        let moments = first.chunks_mut(PIECE).zip(second.chunks_mut(PIECE));
        let pieces = parameter.chunks_mut(PIECE).zip(gradient.chunks(PIECE)).zip(moments);
        let finite = each_piece(pieces.collect(), work, |((parameter, gradient), moments)| {
            let mut values = [parameter, moments.0, moments.1];
            level.run(Loops(
                #[inline(always)]
                || match decay {
                    Decay::Penalty(penalty) => {
                        self.piece(&mut values, gradient, |p, g| (p, g + penalty * p))
                    }
                    Decay::Kept(kept) => self.piece(&mut values, gradient, |p, g| (p * kept, g)),
                },
            ))
        });
        finite.into_iter().all(|finite| finite)
    }

    #[inline(always)]
    fn piece(
        &self,
        [parameter, first, second]: &mut [&mut [f32]; 3],
        gradient: &[f32],
        decay: impl Fn(f32, f32) -> (f32, f32),
    ) -> bool {
        let mut largest = Largest::default();
        for (((p, &g), m), v) in
            parameter.iter_mut().zip(gradient).zip(first.iter_mut()).zip(second.iter_mut())
        {
            let (decayed, g) = decay(*p, g);
            *m += (g - *m) * self.first_share;
            *v += (g * g - *v) * self.second_share;
            let denominator = v.sqrt() * self.inverse_correction + self.epsilon;
            *p = decayed - self.rate * (*m / denominator);
            largest.see(*p);
            largest.see(*m);
            largest.see(*v);
        }
        largest.is_finite()
    }
}
