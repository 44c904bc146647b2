//! What clap has to say: help, the version, and commands that cannot be understood.

use clap::error::ErrorKind;
use serde_json::json;

use crate::output::Output;

/// Shows it and gives the exit code.
pub(crate) fn show(error: &clap::Error) -> u8 {
    // A closed pipe is no concern of someone who asked for help.
    let _ = error.print();
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if asked {
        return 0;
    }
    let code = 2;
    // Nothing was parsed, so the argument is looked for by hand.
    if std::env::args_os().any(|argument| argument == "--json") {
        let text = error.to_string();
        let message = text.lines().next().unwrap_or_default();
        let message = message.strip_prefix("error: ").unwrap_or(message);
        let hint = "see `potstill --help`";
        let value = json!({ "error": message, "hint": hint, "exit_code": code, "place": null });
        let _ = Output::new(true, false).result(&value, "");
    }
    code
}
