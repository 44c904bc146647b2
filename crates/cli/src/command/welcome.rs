//! `potstill` alone.

use serde_json::json;

use super::DONE;
use crate::failure::Failure;
use crate::output::Output;

const TEXT: &str = "\
Distil any model into one you can ship, and prove that it was worth it.

  potstill distill digits   train, distil and judge on data inside the program
  potstill plan digits      say first what that will do
  potstill --help           all commands
";

pub(crate) fn run(output: &Output) -> Result<u8, Failure> {
    let value = json!({ "version": env!("CARGO_PKG_VERSION"), "help": "potstill --help" });
    output.result(&value, TEXT)?;
    Ok(DONE)
}
