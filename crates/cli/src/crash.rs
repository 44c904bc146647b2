//! What the user sees when the program itself is wrong.

use std::io::Write;

/// Replaces the message of a panic; the process then ends with exit code 101.
pub(crate) fn install() {
    std::panic::set_hook(Box::new(|panic| {
        // A file from outside that the runtime cannot bear is an error, and is told as one.
        if onnx::is_guarded() {
            return;
        }
        let place = panic.location().map_or_else(String::new, |place| format!(" ({place})"));
        let message = panic.payload_as_str().unwrap_or("no message");
        // Nothing is left to do when this cannot be written.
        let _ = writeln!(
            anstream::stderr(),
            "internal error: {message}{place}\n\
             this is a bug in potstill {}; saved states are intact\n\n\
             hint: please report it, with the command and these lines",
            env!("CARGO_PKG_VERSION")
        );
    }));
}
