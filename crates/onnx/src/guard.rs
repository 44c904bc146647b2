//! Panics of the runtime on bytes from outside, which become errors.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

static GUARDED: AtomicUsize = AtomicUsize::new(0);

/// Whether a model is being read or run, in any thread: a panic then is most likely the runtime's, which
/// becomes an error with the same words. A program that tells its user about panics may pass over it.
pub fn is_guarded() -> bool {
    GUARDED.load(Ordering::SeqCst) > 0
}

/// Does something that may panic on bytes from outside; what it says then is the error.
pub(crate) fn guarded<R>(work: impl FnOnce() -> R) -> Result<R, String> {
    GUARDED.fetch_add(1, Ordering::SeqCst);
    let done = catch_unwind(AssertUnwindSafe(work));
    GUARDED.fetch_sub(1, Ordering::SeqCst);
    done.map_err(|payload| {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "the runtime gave up".to_owned())
    })
}
