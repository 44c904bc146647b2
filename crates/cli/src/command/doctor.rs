//! `potstill doctor`: the machine as the program sees it, and how fast it is.

use bench::{Measured, Work, measure};
use serde_json::{Value, json};

use super::DONE;
use crate::arguments::DoctorArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::number;
use crate::render::table::{Side, columns, facts};

/// Seconds of each of the samples that a work is timed by.
const SECONDS: f64 = 0.2;

pub(crate) fn run(arguments: &DoctorArguments, output: &Output) -> Result<u8, Failure> {
    let machine = job::machine();
    let version = env!("CARGO_PKG_VERSION");
    let none_as = |text: String| if text.is_empty() { "none known".to_owned() } else { text };
    let runtime = onnx::ort_library().to_string();
    let mut text = facts(&[
        ("potstill", version.to_owned()),
        ("processor", machine.cpu.clone()),
        ("cores", machine.cores.to_string()),
        ("instruction sets", none_as(machine.features.join(", "))),
        ("operations run with", machine.level.clone()),
        ("ONNX Runtime", runtime.clone()),
        ("memory", machine.memory_bytes.map_or("unknown".to_owned(), number::bytes)),
    ]);
    let mut result = json!({ "version": version, "machine": machine, "onnx_runtime": runtime });
    if arguments.bench {
        // As in a job, the calling thread takes part in the work.
        job::use_threads(None)?;
        let found: Result<Vec<_>, _> =
            Work::ALL.into_iter().map(|work| measure(work, SECONDS)).collect();
        let found = found?;
        let threads = job::threads();
        text.push_str(&format!("\nthreads  {threads}\n{}", table(&found)));
        if let Some(result) = result.as_object_mut() {
            result.insert("threads".to_owned(), threads.into());
            result.insert("bench".to_owned(), found.iter().map(entry).collect());
        }
    }
    output.result(&result, &text)?;
    Ok(DONE)
}

fn table(found: &[Measured]) -> String {
    let head = ["work", "parameters", "ms a step"].map(str::to_owned).to_vec();
    let row = |one: &Measured| {
        vec![one.name.to_owned(), number::count(one.parameters), milliseconds(one.milliseconds)]
    };
    let rows: Vec<_> = std::iter::once(head).chain(found.iter().map(row)).collect();
    columns(&rows, &[Side::Left, Side::Right, Side::Right])
}

/// Three digits, whatever the size.
fn milliseconds(value: f64) -> String {
    let digits = (2 - value.log10().floor() as i32).clamp(0, 4) as usize;
    format!("{value:.digits$}")
}

fn entry(one: &Measured) -> Value {
    json!({ "work": one.name, "milliseconds": one.milliseconds, "parameters": one.parameters })
}
