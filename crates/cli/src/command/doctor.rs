//! `potstill doctor`: the machine as the program sees it.

use serde_json::json;

use super::DONE;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::number;
use crate::render::table::facts;

pub(crate) fn run(output: &Output) -> Result<u8, Failure> {
    let machine = job::machine();
    let version = env!("CARGO_PKG_VERSION");
    let none_as = |text: String| if text.is_empty() { "none known".to_owned() } else { text };
    let text = facts(&[
        ("potstill", version.to_owned()),
        ("processor", machine.cpu.clone()),
        ("cores", machine.cores.to_string()),
        ("instruction sets", none_as(machine.features.join(", "))),
        ("memory", machine.memory_bytes.map_or("unknown".to_owned(), number::bytes)),
    ]);
    output.result(&json!({ "version": version, "machine": machine }), &text)?;
    Ok(DONE)
}
