//! Signals that ask the program to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use crate::failure::Failure;

/// Whether a signal came. The first one asks for an orderly end, the second ends the process at
/// once, as the first would have without this.
#[derive(Debug)]
pub(crate) struct Stop {
    signal: Arc<AtomicUsize>,
}

impl Stop {
    /// Starts to listen.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let asked = Arc::new(AtomicBool::new(false));
        let number = Arc::new(AtomicUsize::new(0));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            // In this order: the first signal finds the flag down, and then raises it.
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&asked))
                .and_then(|_| flag::register(signal, Arc::clone(&asked)))
                .and_then(|_| {
                    flag::register_usize(
                        signal,
                        Arc::clone(&number),
                        signal.unsigned_abs() as usize,
                    )
                })
                .map_err(Failure::Signals)?;
        }
        Ok(Self { signal: number })
    }

    /// Whether a signal came.
    pub(crate) fn is_asked(&self) -> bool {
        self.signal.load(Ordering::Relaxed) != 0
    }

    /// The exit code after an orderly end: 130 for Ctrl-C, 143 for a request to terminate.
    pub(crate) fn exit_code(&self) -> u8 {
        u8::try_from(self.signal.load(Ordering::Relaxed)).map_or(130, |signal| 128 | signal)
    }
}
