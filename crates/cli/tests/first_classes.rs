//! Labels of which the first classes are kept, through the real program.
#![allow(clippy::disallowed_methods, reason = "tests read results")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use serde_json::Value;
use workshop::Workshop;

const JOB: &str = "[data]\nsource = \"digits\"\nrows = 800\n\n\
[teacher]\nmodel = \"mlp\"\nhidden = [16]\nepochs = 4\n\n\
[student]\nmodel = \"mlp\"\nhidden = [8]\n\n\
[distill]\nmethod = \"top-k\"\nk = 3\nalpha = 1.0\nepochs = 4\nseeds = 1\n";

fn workshop() -> Workshop {
    let workshop = Workshop::new();
    workshop.write("job.toml", JOB.as_bytes());
    workshop
}

fn distilled(workshop: &Workshop, run: &str, set: &[&str]) {
    let set = set.iter().flat_map(|one| ["--set", one]);
    let arguments: Vec<&str> =
        ["distill", "job.toml", "--quiet", "--run", run].into_iter().chain(set).collect();
    workshop.run(&arguments);
}

fn student(workshop: &Workshop, run: &str, metric: &str) -> f64 {
    let bytes = std::fs::read(workshop.path(run).join("results.json")).expect("results");
    let results: Value = serde_json::from_slice(&bytes).expect("JSON");
    results["seeds"][0]["student"]["metrics"][metric].as_f64().expect("a number")
}

#[test]
fn first_classes_with_one_bucket_teach_as_much_as_all_logits() {
    let workshop = workshop();
    distilled(&workshop, "all", &[]);
    distilled(&workshop, "first", &["teacher.top_k=3"]);
    // The same loss but for rounding in single precision.
    let difference = student(&workshop, "all", "nll") - student(&workshop, "first", "nll");
    assert!(difference.abs() < 1e-3, "{difference}");
    // One class and the rest is another one.
    distilled(&workshop, "less", &["teacher.top_k=1", "distill.k=1"]);
    let difference = student(&workshop, "all", "nll") - student(&workshop, "less", "nll");
    assert!(difference.abs() > 1e-3, "{difference}");
}

#[test]
fn a_run_from_the_store_is_the_run_without_one() {
    let workshop = workshop();
    for kept in ["teacher.store=f32", "teacher.store=f16"] {
        let set = ["teacher.top_k=2", "distill.k=2", kept];
        distilled(&workshop, "without", &[&set[..], &["run.labels=off"]].concat());
        distilled(&workshop, "filled", &set);
        distilled(&workshop, "read", &set);
        for name in ["metrics.jsonl", "results.json", "export/student.safetensors"] {
            let bytes = |run: &str| std::fs::read(workshop.path(run).join(name)).expect("a result");
            assert_eq!(bytes("filled"), bytes("without"), "{name}");
            assert_eq!(bytes("read"), bytes("without"), "{name}");
        }
        for run in ["without", "filled", "read"] {
            std::fs::remove_dir_all(workshop.path(run)).expect("the run is removed");
        }
    }
}

#[test]
fn a_method_that_needs_all_classes_is_refused() {
    let workshop = workshop();
    for (set, text) in [
        (["teacher.top_k=3", "distill.k=5"], "the method needs all classes of the teacher"),
        (["teacher.top_k=3", "distill.temperature=2"], "at `temperature = 1` `kd` does not"),
        (["teacher.top_k=10", "distill.k=5"], "below the number of classes, 10"),
    ] {
        let sets = set.iter().flat_map(|one| ["--set", one]);
        let arguments: Vec<&str> = ["plan", "job.toml"].into_iter().chain(sets).collect();
        let output = workshop.output(&arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{set:?}: {said}");
        let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(text), "{set:?}: {said}");
    }
    let dist = JOB.replace("\"top-k\"\nk = 3", "\"dist\"");
    workshop.write("dist.toml", dist.as_bytes());
    let output = workshop.output(&["plan", "dist.toml", "--set", "teacher.top_k=3"]);
    assert!(!output.status.success());
}
