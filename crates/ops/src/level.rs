//! Which vector instructions the processor has, and how a kernel is run with them.

use std::any::TypeId;
use std::sync::OnceLock;

use pulp::{Simd, WithSimd};

/// A set of vector instructions, found out at run time.
///
/// Results are the same bits on every run at one level; levels differ in rounding, because a fused
/// multiply-add rounds once where the portable path rounds twice.
#[derive(Clone, Copy, Debug)]
pub enum Level {
    /// Plain Rust, on every processor.
    Portable,
    /// The best instructions that this processor has.
    Native(pulp::Arch),
    /// Plain Rust in vectors of 4 numbers, the width of NEON, so that tests run it on any machine.
    #[cfg(feature = "widths")]
    Narrow,
    /// Plain Rust in vectors of 16 numbers, the width of AVX-512, so that tests run it on any machine.
    #[cfg(feature = "widths")]
    Wide,
}

static BEST: OnceLock<Level> = OnceLock::new();

impl Level {
    /// The best level of this processor, found out once.
    pub fn best() -> Self {
        *BEST.get_or_init(|| match pulp::Arch::new() {
            pulp::Arch::Scalar => Self::Portable,
            arch => Self::Native(arch),
        })
    }

    /// Every level that this processor can run.
    pub fn all() -> Vec<Self> {
        let mut all = vec![Self::Portable];
        if let best @ Self::Native(_) = Self::best() {
            all.push(best);
        }
        #[cfg(feature = "widths")]
        all.extend([Self::Narrow, Self::Wide]);
        all
    }

    /// What the level is called, such as `AVX2+FMA`.
    pub fn name(self) -> &'static str {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Native(pulp::Arch::V3(_)) => "AVX2+FMA",
            #[cfg(target_arch = "x86_64")]
            Self::Native(pulp::Arch::V4(_)) => "AVX-512",
            #[cfg(target_arch = "aarch64")]
            Self::Native(pulp::Arch::Neon(_)) => "NEON",
            _ => "portable",
        }
    }

    /// Runs `kernel`, a closure over plain loops or a [`WithSimd`], compiled for this level.
    #[inline(always)]
    pub(crate) fn run<K: WithSimd>(self, kernel: K) -> K::Output {
        match self {
            Self::Portable => pulp::Scalar256b.vectorize(kernel),
            Self::Native(arch) => arch.dispatch(kernel),
            #[cfg(feature = "widths")]
            Self::Narrow => pulp::Scalar128b.vectorize(kernel),
            #[cfg(feature = "widths")]
            Self::Wide => pulp::Scalar512b.vectorize(kernel),
        }
    }
}

/// Whether vectors of this kind are plain Rust, which has no fast multiply-add that rounds once.
#[inline(always)]
pub(crate) fn is_plain<S: Simd>() -> bool {
    let found = TypeId::of::<S>();
    found == TypeId::of::<pulp::Scalar128b>()
        || found == TypeId::of::<pulp::Scalar256b>()
        || found == TypeId::of::<pulp::Scalar512b>()
}
