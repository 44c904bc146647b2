//! Watching for numbers that are not finite.

use super::PIECE;
use crate::Level;
use crate::loops::Loops;
use crate::threads::each;

/// The work of one number: numbers are shared from 2^18 on.
const WORK: usize = 8;

/// Whether all numbers are finite.
pub fn all_finite(level: Level, values: &[f32]) -> bool {
    let pieces = each(values.len().div_ceil(PIECE), values.len() * WORK, |piece| {
        let values = &values[piece * PIECE..values.len().min((piece + 1) * PIECE)];
        level.run(Loops(
            #[inline(always)]
            || {
                let mut largest = Largest::default();
                values.iter().for_each(|&value| largest.see(value));
                largest.is_finite()
            },
        ))
    });
    pieces.into_iter().all(|finite| finite)
}

/// The largest magnitude seen, as the bits of a number without its sign: they are in the order of
/// the numbers, with infinity and what is not a number above all others.
#[derive(Clone, Copy, Default)]
pub(super) struct Largest(u32);

impl Largest {
    /// Looks at one more number.
    #[inline(always)]
    pub(super) fn see(&mut self, value: f32) {
        self.0 = self.0.max(value.to_bits() & !(1 << 31));
    }

    /// Whether all numbers were finite.
    #[inline(always)]
    pub(super) fn is_finite(self) -> bool {
        self.0 < f32::INFINITY.to_bits()
    }
}
