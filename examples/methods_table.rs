//! Tries every method on one small real job, and prints the lines of `docs/methods.jsonl`, from which the
//! table in `docs/methods.md` is made. It needs Fashion-MNIST and takes long: a comparison of three seeds for
//! each method.
//!
//! ```text
//! scripts/fetch-fashion-mnist.sh
//! cargo run --release --example methods_table > docs/methods.jsonl
//! POTSTILL_UPDATE_SNAPSHOTS=1 cargo test --release --workspace --test page
//! ```
#![allow(clippy::print_stdout, reason = "an example shows its result")]

use std::time::Instant;

use potstill::{
    Event, JobError, Method, Observer, Outcome, Request, SeedScores, distill, method_names,
};

/// Seconds of the trainings of each model.
#[derive(Default)]
struct Clock {
    begun: Option<Instant>,
    seconds: [f64; 3],
}

impl Observer for Clock {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::PhaseBegun { .. } => self.begun = Some(Instant::now()),
            Event::PhaseEnded { phase, .. } => {
                let spent = self.begun.take().map_or(0.0, |begun| begun.elapsed().as_secs_f64());
                let models = self.seconds.iter_mut().skip(phase.role as usize);
                models.take(1).for_each(|seconds| *seconds += spent);
            }
            _ => {}
        }
    }
}

fn mean(seeds: &[SeedScores], of: impl Fn(&SeedScores) -> f64) -> f64 {
    seeds.iter().map(of).sum::<f64>() / seeds.len() as f64
}

fn main() -> Result<(), JobError> {
    let text = include_str!("../recipes/methods.toml");
    let extra = ["kd standardised", "kd shifted", "kd cooling", "kd and dist"];
    let about = "One small job (`recipes/methods.toml`): 3,000 images of Fashion-MNIST, of which 600 are the test part; teacher \
                 `resnet8`, student the same with a quarter of the channels, 6 epochs, 3 seeds, every option at its default. \
                 The job is too small to rank methods: most intervals hold 0. It shows that each trains, what it costs, and \
                 roughly what it does. Accuracy and agreement are means over the seeds on the test part, the interval is that \
                 of the verdict, `step` is the time of a training step relative to the student alone.";
    println!("{}", serde_json::json!({ "about": about }));
    for name in method_names().chain(extra) {
        let assignments: &[&str] = match name {
            "kd standardised" => {
                &["distill.standardise=true", "distill.temperature=2", "distill.alpha=0.989"]
            }
            "kd shifted" => &["distill.probability_shift=true"],
            "kd cooling" => &["distill.temperature_schedule=linear"],
            "kd and dist" => {
                &["distill.methods=[{ method = \"kd\" }, { method = \"dist\", weight = 0.5 }]"]
            }
            _ => &[],
        };
        let mut assignments: Vec<String> =
            assignments.iter().map(|&text| text.to_owned()).collect();
        if !extra.contains(&name) {
            assignments.push(format!("distill.method={name}"));
        }
        let request = Request {
            origin: "methods.toml".to_owned(),
            text: text.to_owned(),
            base: "recipes".into(),
            assignments,
            folder: None,
            threads: None,
            command: format!("methods_table: {name}"),
        };
        let parameters = parameters(request.recipe()?.distill.method.as_ref());
        let mut clock = Clock::default();
        let Outcome::Done(finished) = distill(&request, &mut clock)? else { continue };
        let judgement = &finished.judgement;
        let [_, alone, student] = clock.seconds;
        let [difference, low, high] = {
            let found = &judgement.difference;
            [found.mean, found.low, found.high].map(|share| 100.0 * share)
        };
        println!(
            "{}",
            serde_json::json!({
                "method": name,
                "accuracy": mean(&judgement.seeds, |seed| seed.student.metrics.accuracy),
                "agreement": mean(&judgement.seeds, |seed| seed.student.agreement.unwrap_or_default()),
                "difference": format!("{difference:+.1} [{low:+.1}, {high:+.1}]"),
                "verdict": judgement.verdict,
                "step": student / alone,
                "parameters": parameters,
            })
        );
    }
    Ok(())
}

/// Parameters of the method itself.
fn parameters(method: &dyn Method) -> usize {
    method.parameters().values().map(|own| own.values.len()).sum()
}
