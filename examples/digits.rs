//! The seed article's job as a library call: a dense 64-64 teacher, a dense 32-32 student, Adam, ten
//! epochs in batches of 32, the student fitted on the teacher's softmax outputs.
//!
//! ```text
//! cargo run --release --example digits
//! ```
#![allow(clippy::print_stdout, reason = "an example shows its result")]

use potstill::{DataOptions, Distiller, Initial, JobError, Kd, Mlp, load};

fn main() -> Result<(), JobError> {
    let digits = load(&DataOptions { test: 1.0 / 3.0, ..DataOptions::default() }, ".".as_ref())?;
    let dense = |units| move |initial: &Initial| Mlp::new(64, &[units, units], 10, initial);
    // At temperature 1 and alpha 1 the student sees the teacher's outputs and nothing else.
    let distilled = Distiller::new(dense(64), dense(32))
        .method(Kd { temperature: 1.0, alpha: 1.0 })
        .run(&digits.train, &digits.validation, &digits.test, digits.classes.len())?;
    println!("{}", distilled.judgement.sentence);
    Ok(())
}

#[test]
fn the_example_runs() {
    main().expect("the example runs");
}
