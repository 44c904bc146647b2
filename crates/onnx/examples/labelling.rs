//! Our side of the line protocol of `bench/labelling.py`: `labelling --model FILE --sizes 3x32x32 --classes 10
//! --largest 1 --threads N [--runtime ort]`. A step labels 128 rows of numbers from 0 and below `largest`, whole ones where it is
//! above 1.

#![allow(clippy::print_stdout, reason = "the protocol goes over standard output")]

use std::error::Error;
use std::io::BufRead;
use std::time::Instant;

use potstill_onnx::{Feed, Model, Runtime};
use serde_json::json;

const ROWS: usize = 128;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let option = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name);
        place.and_then(|place| arguments.get(place + 1)).ok_or(format!("expected `{name} VALUE`"))
    };
    let threads = option("--threads")?.parse()?;
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let sizes = option("--sizes")?.split('x').map(str::parse).collect::<Result<Vec<usize>, _>>()?;
    let classes = option("--classes")?.parse()?;
    let values = numbers(ROWS * sizes.iter().product::<usize>(), option("--largest")?.parse()?);
    let runtime = match option("--runtime") {
        Ok(name) => Runtime::named(name).ok_or(format!("no runtime `{name}`"))?,
        Err(_) => Runtime::default(),
    };
    let model = Model::load(std::fs::read(option("--model")?)?, &Feed::default(), None, runtime)?;
    model.run(&values, &sizes, classes)?;
    println!("{}", json!({ "ready": true }));
    for line in std::io::stdin().lock().lines() {
        if line?.trim() == "quit" {
            println!("{}", json!({ "peak_mb": null }));
            return Ok(());
        }
        let start = Instant::now();
        model.run(&values, &sizes, classes)?;
        println!("{}", json!({ "ms": 1000.0 * start.elapsed().as_secs_f64() }));
    }
    Ok(())
}

/// The top 16 bits of a congruential generator (Knuth, "Seminumerical Algorithms", table 3.3.4), scaled.
fn numbers(count: usize, largest: u32) -> Vec<f32> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 16
    };
    let number = |top: u32| match largest {
        1 => top as f32 / 65_536.0,
        largest => (top % largest) as f32,
    };
    (0..count).map(|_| number(next())).collect()
}
