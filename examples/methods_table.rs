//! Tries every method on one small real job, and prints the lines of `docs/methods.jsonl`, from which the
//! table in `docs/methods.md` is made. Another recipe may be named, which must say nothing of the method:
//! `recipes/methods-images.toml` gives the second table and takes an hour. Names behind it are the only methods that are
//! tried. A method that cannot compare the taps of the two networks has no line. The methods are those for the task of
//! the recipe.
//!
//! ```text
//! cargo run --release --example methods_table > docs/methods.jsonl
//! potstill train recipes/methods-images-teacher.toml --model teacher --run runs/methods-images-teacher
//! cargo run --release --example methods_table recipes/methods-images.toml > docs/methods-images.jsonl
//! cargo run --release --example methods_table recipes/methods-width.toml kd fsp kdsvd > docs/methods-width.jsonl
//! cargo run --release --example methods_table recipes/methods-transformers.toml kd hidden attention pkd \
//!     > docs/methods-transformers.jsonl
//! cargo run --release --example methods_table recipes/methods-labels.toml bernoulli > docs/methods-labels.jsonl
//! cargo run --release --example methods_table recipes/methods-numbers.toml mse huber teacher-bounded \
//!     > docs/methods-numbers.jsonl
//! POTSTILL_UPDATE_SNAPSHOTS=1 cargo test --release --workspace --test page
//! ```
#![allow(clippy::print_stdout, reason = "an example shows its result")]

use std::time::Instant;

use potstill::{
    Event, JobError, Observer, Outcome, Request, Role, SeedScores, Task, distill, method_names,
    plan,
};

/// Seconds of the trainings of each model.
struct Clock {
    start: Instant,
    begun: f64,
    seconds: [f64; 3],
}

impl Clock {
    fn new() -> Self {
        Self { start: Instant::now(), begun: 0.0, seconds: [0.0; 3] }
    }

    /// Of the processor, where Linux tells them, so that other programs do not count; else by the clock.
    fn now(&self) -> f64 {
        let told = std::fs::read_to_string("/proc/self/stat").ok();
        let fields = told.as_deref().and_then(|text| text.rsplit(')').next());
        let ticks = fields.map(|fields| fields.split_whitespace().skip(11).take(2));
        let ticks =
            ticks.map(|ticks| ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>());
        ticks.map_or_else(|| self.start.elapsed().as_secs_f64(), |ticks| ticks / 100.0)
    }
}

impl Observer for Clock {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::PhaseBegun { .. } => self.begun = self.now(),
            Event::PhaseEnded { phase, .. } => {
                let spent = self.now() - self.begun;
                let models = self.seconds.iter_mut().zip(Role::ALL);
                let trained = models.filter(|(_, role)| *role == phase.role);
                trained.for_each(|(seconds, _)| *seconds += spent);
            }
            _ => {}
        }
    }
}

fn mean(seeds: &[SeedScores], of: impl Fn(&SeedScores) -> f64) -> f64 {
    seeds.iter().map(of).sum::<f64>() / seeds.len() as f64
}

/// What the recipe's samples have as targets.
fn task(recipe: &str) -> Task {
    let is = |name: &str| recipe.lines().any(|line| line == format!("task = \"{name}\""));
    match (is("labels"), is("numbers")) {
        (true, _) => Task::Labels,
        (_, true) => Task::Numbers,
        _ => Task::Classes,
    }
}

/// The heading of the score, what the table holds of it, and the unit of the interval.
fn columns(task: Task) -> [&'static str; 3] {
    match task {
        Task::Classes => ["accuracy", "Accuracy and agreement are means", "percentage points"],
        Task::Labels => ["F1", "The F1 of a sample is a mean", "percentage points"],
        Task::Numbers => [
            "absolute error",
            "The absolute error is a mean",
            "the unit of the targets, less is better",
        ],
    }
}

/// What turns a difference of scores into what the table says; an error is a score with the other sign.
fn scale(task: Task) -> f64 {
    if task == Task::Numbers { -1.0 } else { 100.0 }
}

fn main() -> Result<(), JobError> {
    let recipe = std::env::args().nth(1).unwrap_or_else(|| "recipes/methods.toml".to_owned());
    let text =
        std::fs::read_to_string(&recipe).unwrap_or_else(|error| format!("# {recipe}: {error}"));
    let extra = [
        "kd standardised",
        "kd shifted",
        "kd cooling",
        "kd and dist",
        "kd and sp",
        "kd and fitnet",
    ];
    let job: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("# ")).collect();
    let task = task(&text);
    let [score, means, unit] = columns(task);
    let about = |seeds: usize| {
        format!(
            "{} Every option is at its default; {seeds} seeds. It is too small to rank methods: the intervals are wide. \
             It shows that each trains and roughly what it does. {means} over the seeds on \
             the test part, the interval is that of the verdict in {unit}, `step` is the processor time of \
             the distilled student's training relative to that of the student alone, which makes as many steps, and \
             parameters are the method's own, which the student does not keep. The recipe is `{recipe}`; methods that need labels learn from the \
             labelled rows alone, and those that cannot compare the taps of these two networks have no line.",
            job.join(" ")
        )
    };
    let mut first = true;
    let only: Vec<String> = std::env::args().skip(2).collect();
    let extra = if task == Task::Classes { &extra[..] } else { &[] };
    let names = method_names(task).chain(extra.iter().copied());
    for name in names.filter(|name| only.is_empty() || only.iter().any(|one| one == name)) {
        let assignments: &[&str] = match name {
            "kd standardised" => {
                &["distill.standardise=true", "distill.temperature=2", "distill.alpha=0.989"]
            }
            "kd shifted" => &["distill.probability_shift=true"],
            "kd cooling" => &["distill.temperature_schedule=linear"],
            "kd and dist" => {
                &["distill.methods=[{ method = \"kd\" }, { method = \"dist\", weight = 0.5 }]"]
            }
            "kd and sp" => &["distill.methods=[{ method = \"kd\" }, { method = \"sp\" }]"],
            "kd and fitnet" => &["distill.methods=[{ method = \"kd\" }, { method = \"fitnet\" }]"],
            _ => &[],
        };
        let mut assignments: Vec<String> =
            assignments.iter().map(|&text| text.to_owned()).collect();
        if !extra.contains(&name) {
            assignments.push(format!("distill.method={name}"));
        }
        let request = Request {
            origin: recipe.clone(),
            text: text.clone(),
            base: "recipes".into(),
            assignments,
            folder: None,
            threads: Some(1),
            command: format!("methods_table: {name}"),
        };
        let parameters = match plan(&request) {
            Ok(plan) => plan.own_parameters,
            Err(JobError::Method(_)) => continue,
            Err(error) => return Err(error),
        };
        let mut clock = Clock::new();
        let Outcome::Done(finished) = distill(&request, &mut clock)? else { continue };
        let judgement = &finished.judgement;
        if first {
            let about = about(judgement.seeds.len());
            println!("{}", serde_json::json!({ "about": about, "score": score }));
        }
        first = false;
        let [_, alone, student] = clock.seconds;
        let [difference, low, high] = {
            let found = &judgement.difference;
            let mut ends = [found.low, found.high].map(|score| scale(task) * score);
            ends.sort_by(f64::total_cmp);
            [scale(task) * found.mean, ends[0], ends[1]]
        };
        println!(
            "{}",
            serde_json::json!({
                "method": name,
                "accuracy": mean(&judgement.seeds, |seed| seed.student.metrics.score()).abs(),
                "agreement": (task == Task::Classes)
                    .then(|| mean(&judgement.seeds, |seed| seed.student.agreement.unwrap_or_default())),
                "difference": format!("{difference:+.1} [{low:+.1}, {high:+.1}]"),
                "verdict": judgement.verdict,
                "step": student / alone,
                "parameters": parameters,
            })
        );
    }
    Ok(())
}
