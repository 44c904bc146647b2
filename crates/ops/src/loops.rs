//! Plain loops as kernels.

use pulp::{Simd, WithSimd};

/// A closure of plain loops, which the compiler turns into vector instructions.
///
/// The instructions of a level are used only in what is inlined. A closure that is run directly is
/// called through `FnOnce`, and the function that the compiler puts in between often stays a function,
/// compiled for the oldest processor; called through `FnMut` there is none. The closure needs
/// `#[inline(always)]`, and so does every function that it calls.
pub(crate) struct Loops<F>(pub(crate) F);

impl<R, F: FnMut() -> R> WithSimd for Loops<F> {
    type Output = R;

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) -> R {
        (self.0)()
    }
}

/// A closure that is part of a kernel. An attribute can stand before an argument, and not before the
/// value of a variable or a field.
pub(crate) fn inlined<F>(closure: F) -> F {
    closure
}
