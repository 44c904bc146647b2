//! The commands, one a file.

mod check;
mod compare;
mod completions;
mod distill;
mod doctor;
mod evaluate;
mod init;
mod inspect;
mod label;
mod lr_find;
mod plan;
mod predict;
mod report;
mod result_file;
mod schema;
mod sweep;
mod synthesise;
mod train;
mod welcome;

use crate::arguments::Command;
use crate::failure::Failure;
use crate::output::Output;

/// The exit code of a command that did what it was asked to.
const DONE: u8 = 0;

/// Carries out a command and gives the exit code.
pub(crate) fn run(command: Option<&Command>, output: &Output) -> Result<u8, Failure> {
    match command {
        None => welcome::run(output),
        Some(Command::Init(arguments)) => init::run(arguments, output),
        Some(Command::Distill(arguments)) => distill::run(arguments, output),
        Some(Command::Train(arguments)) => train::run(arguments, output),
        Some(Command::Sweep(arguments)) => sweep::run(arguments, output),
        Some(Command::Resume(arguments)) if job::is_sweep(&arguments.run) => {
            sweep::resume(arguments, output)
        }
        Some(Command::Resume(arguments)) => distill::resume(arguments, output),
        Some(Command::Evaluate(arguments)) => evaluate::run(arguments, output),
        Some(Command::Predict(arguments)) => predict::run(arguments, output),
        Some(Command::Inspect(arguments)) => inspect::run(arguments, output),
        Some(Command::Check(arguments)) => check::run(arguments, output),
        Some(Command::Plan(arguments)) => plan::run(arguments, output),
        Some(Command::Synthesise(arguments)) => synthesise::run(arguments, output),
        Some(Command::Compare(arguments)) => compare::run(arguments, output),
        Some(Command::Label(arguments)) => label::run(arguments, output),
        Some(Command::LrFind(arguments)) => lr_find::run(arguments, output),
        Some(Command::Report(arguments)) => report::run(arguments, output),
        Some(Command::Completions(arguments)) => completions::run(arguments, output),
        Some(Command::Schema) => schema::run(output),
        Some(Command::Doctor(arguments)) => doctor::run(arguments, output),
    }
}
