//! Our side of the line protocol of `bench/`: `contestant --work WORK --threads N`.

#![allow(clippy::print_stdout, reason = "the protocol goes over standard output")]

use std::error::Error;
use std::io::BufRead;

use potstill_bench::Work;
use serde_json::json;

const SAMPLE_SECONDS: f64 = 0.3;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let option = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name);
        place.and_then(|place| arguments.get(place + 1)).ok_or(format!("expected `{name} VALUE`"))
    };
    let threads = option("--threads")?.parse()?;
    // As a job does it: the calling thread is one of the pool.
    rayon::ThreadPoolBuilder::new().num_threads(threads).use_current_thread().build_global()?;
    let before = memory("VmRSS");
    let mut bench = Work::named(option("--work")?)?.prepare()?;
    bench.warm_up()?;
    bench.sample(SAMPLE_SECONDS)?;
    let rss = memory("VmRSS");
    let parameters = bench.parameters();
    println!(
        "{}",
        json!({ "ready": true, "rss_mb": rss, "before_mb": before, "parameters": parameters })
    );
    for line in std::io::stdin().lock().lines() {
        match line?.trim() {
            "go" => println!("{}", json!({ "ms": 1000.0 * bench.sample(SAMPLE_SECONDS)? })),
            "quit" => {
                println!("{}", json!({ "peak_mb": memory("VmHWM") }));
                return Ok(());
            }
            other => return Err(format!("expected `go` or `quit`, found `{other}`").into()),
        }
    }
    Ok(())
}

/// A line of the process's memory in MB of 2^20 bytes, where the system tells.
fn memory(field: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(&format!("{field}:")))?;
    let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some((kilobytes / 102.4).round() / 10.0)
}
