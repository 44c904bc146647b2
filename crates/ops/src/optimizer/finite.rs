//! Watching for numbers that are not finite.

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
