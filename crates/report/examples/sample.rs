//! Prints the report of an invented run: `cargo run -p potstill-report --example sample > report.html`.
#![allow(clippy::print_stdout, reason = "printing is all that this example is for")]

#[path = "../tests/sample/mod.rs"]
mod sample;

fn main() {
    println!("{}", potstill_report::html(&sample::run(5)));
}
