//! `potstill completions`: commands and options at the press of a key.

use clap::CommandFactory;

use super::DONE;
use crate::arguments::{Arguments, CompletionsArguments};
use crate::failure::Failure;
use crate::output::Output;

pub(crate) fn run(arguments: &CompletionsArguments, output: &Output) -> Result<u8, Failure> {
    let mut command = Arguments::command();
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "potstill", &mut script);
    output.text(&String::from_utf8_lossy(&script))?;
    Ok(DONE)
}
