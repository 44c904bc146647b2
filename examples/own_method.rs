//! A distillation method of one's own, combined with a published one: logits are matched by their
//! distance, and by soft targets.
//!
//! ```text
//! cargo run --release --example own_method
//! ```
#![allow(clippy::print_stdout, reason = "an example shows its result")]

use potstill::{
    Combination, Course, DataOptions, Distiller, Initial, JobError, Kd, Member, Method,
    MethodError, Mlp, Part, Signals, load,
};

/// Half the squared distance of the logits, each side less its mean: what `kd` tends to as the
/// temperature grows.
#[derive(Debug)]
struct Distance;

impl Method for Distance {
    fn name(&self) -> &'static str {
        "distance"
    }

    fn parts(&self, signals: &Signals<'_>) -> Result<Vec<Part>, MethodError> {
        let teacher = signals.teacher(self.name())?.logits();
        let difference = signals.student.logits.clone() - teacher;
        let centred = difference.clone() - difference.mean_dim(1);
        let value = centred.powi_scalar(2).mean() * 0.5;
        Ok(vec![Part { name: "distance", weight: 1.0, value }])
    }

    fn learns_without_labels(&self) -> bool {
        true
    }
}

fn main() -> Result<(), JobError> {
    let digits = load(&DataOptions { labelled: 0.1, ..DataOptions::default() }, ".".as_ref())?;
    let dense = |units| move |initial: &Initial| Mlp::new(64, &[units, units], 10, initial);
    let both = Combination::new(0.9)
        .with(Member::new(Kd { temperature: 2.0, alpha: 1.0 }))
        .with(Member::new(Distance).weighted(0.1, Course::Linear { end: 0.0 }));
    let distilled = Distiller::new(dense(64), dense(16)).method(both).run(
        &digits.train,
        &digits.validation,
        &digits.test,
        digits.classes.len(),
    )?;
    println!("{}", distilled.judgement.sentence);
    Ok(())
}

#[test]
fn the_example_runs() {
    main().expect("the example runs");
}
