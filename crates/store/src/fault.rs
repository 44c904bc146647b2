//! The testing aid that makes storage fail or kills the process at a chosen storage call.
//!
//! It is compiled into every build, so that the binary that is tested is the binary that ships. Without the variable,
//! or the constructor for tests, it counts calls and does nothing else.

use std::io::{Error, ErrorKind};
use std::sync::atomic::{AtomicU64, Ordering};

/// The environment variable that [`Disk::from_environment`](crate::Disk::from_environment) reads: the number, counted
/// from 1, of the storage call at which the process shall die.
pub const KILL_VARIABLE: &str = "POTSTILL_KILL_AT_STORAGE_CALL";

/// What shall go wrong, and at which call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Plan {
    /// Nothing.
    Sound,
    /// The call with this number fails, those after it succeed.
    FailOnce(u64, ErrorKind),
    /// The process ends before the call with this number.
    Kill(u64),
}

/// Counts the storage calls and lets the planned one go wrong.
#[derive(Debug)]
pub(crate) struct Faults {
    plan: Plan,
    calls: AtomicU64,
}

/// What a call that has been counted shall do.
pub(crate) enum Verdict {
    /// What it was asked to do.
    Proceed,
    /// Go wrong, for a write after half of its bytes.
    GoWrong(Doom),
}

/// The way in which a call goes wrong.
pub(crate) enum Doom {
    Fail(ErrorKind),
    Die,
}

impl Faults {
    pub(crate) fn new(plan: Plan) -> Self {
        Self { plan, calls: AtomicU64::new(0) }
    }

    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    /// Counts one call and says what becomes of it.
    pub(crate) fn next(&self) -> Verdict {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        match self.plan {
            Plan::FailOnce(chosen, kind) if call == chosen => Verdict::GoWrong(Doom::Fail(kind)),
            Plan::Kill(chosen) if call == chosen => Verdict::GoWrong(Doom::Die),
            _ => Verdict::Proceed,
        }
    }
}

impl Doom {
    /// Ends the process at once, without destructors or flushes as `kill -9` would, or gives the planned error.
    pub(crate) fn strike(self) -> Error {
        match self {
            Self::Fail(kind) => Error::new(kind, "planned failure"),
            Self::Die => std::process::abort(),
        }
    }
}
