/*!
The `potstill` program: arguments, progress, tables, hints and exit codes around the crate `job`.

It computes nothing. What a command found goes to standard output, all else to standard error, both
through [`output::Output`], so that a closed pipe or a missing terminal is dealt with in one place.
Each command stands in its own file under `command`, each form of text under `render`.
*/

#![deny(clippy::indexing_slicing)]

mod arguments;
mod command;
mod crash;
mod failure;
mod output;
mod recipes;
mod render;
mod stop;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;
use crate::output::Output;

fn main() -> ExitCode {
    crash::install();
    let code = match Arguments::try_parse() {
        Ok(arguments) => {
            let output = Output::new(arguments.json, arguments.quiet);
            command::run(arguments.command.as_ref(), &output)
                .unwrap_or_else(|failure| render::error::show(&failure, &output))
        }
        Err(error) => render::usage::show(&error),
    };
    ExitCode::from(code)
}
