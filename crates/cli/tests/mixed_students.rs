//! Students that learn from mixed samples, about which the teacher is asked at each step.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use serde_json::Value;
use workshop::Workshop;

const JOB: &str = "[data]\nsource = \"digits\"\nlabelled = 0.5\n[teacher]\nTEACHER\n\
                   [student]\nmodel = \"mlp\"\nhidden = [8]\n\
                   [distill]\nepochs = 2\nseeds = 1\nmixup = 0.4\n[run]\ncheckpoint_steps = 20\n";
const TRAINED: &str = "model = \"mlp\"\nhidden = [16]\nepochs = 2\nmixup = 0.2";

fn workshop(teacher: &str) -> Workshop {
    let workshop = Workshop::new();
    workshop.write("job.toml", JOB.replace("TEACHER", teacher).as_bytes());
    workshop
}

fn results(workshop: &Workshop, run: &str) -> Value {
    let text = std::fs::read(workshop.path(run).join("results.json")).expect("results");
    serde_json::from_slice(&text).expect("JSON")
}

#[test]
fn a_run_is_killed_and_resumed_to_the_same_bits_and_keeps_no_labels() {
    let workshop = workshop(TRAINED);
    workshop.run(&["distill", "job.toml", "--run", "whole", "--quiet"]);
    let labels = std::fs::read_dir(workshop.path("whole/labels")).into_iter().flatten().count();
    assert_eq!(labels, 0, "nothing is labelled before");
    let mut killed = 0;
    for call in [40, 70, 100] {
        let run = format!("killed-{call}");
        let begin = ["distill", "job.toml", "--run", &run, "--quiet"];
        killed += u32::from(!workshop.killed_at(call, &begin).status.success());
        workshop.output(&["resume", &run, "--quiet"]);
        assert_eq!(results(&workshop, &run), results(&workshop, "whole"), "killed at call {call}");
    }
    assert!(killed >= 2, "only {killed} were killed: the calls are too late");

    // Both students are others than without the mixing.
    workshop.run(&[
        "distill",
        "job.toml",
        "--run",
        "other",
        "--quiet",
        "--set",
        "distill.mixup=3.0",
    ]);
    let [whole, other] = ["whole", "other"].map(|run| results(&workshop, run)["seeds"][0].clone());
    for model in ["baseline", "student"] {
        assert_ne!(whole[model], other[model], "{model}");
    }
    assert_eq!(whole["teacher"], other["teacher"]);
}

#[test]
fn a_saved_teacher_is_asked_about_mixed_samples_as_the_one_that_was_trained() {
    let workshop = workshop(TRAINED);
    workshop.run(&["distill", "job.toml", "--run", "first", "--quiet"]);
    let saved = JOB.replace("TEACHER", "file = \"first\"");
    workshop.write("saved.toml", saved.as_bytes());
    workshop.run(&["distill", "saved.toml", "--run", "second", "--quiet"]);
    let [first, second] =
        ["first", "second"].map(|run| results(&workshop, run)["seeds"][0].clone());
    assert_eq!(first["student"], second["student"], "the same teacher, mixed in the same way");
}

#[test]
fn what_cannot_be_mixed_or_asked_is_refused_before_anything_is_trained() {
    let workshop = workshop(TRAINED);
    workshop.write("a.csv", b"0\n");
    for (teacher, set, says) in [
        (TRAINED, "distill.method=nkd", "the class or the place of each sample"),
        (TRAINED, "teacher.top_k=3", "where it is asked at each step"),
        (
            "outputs = \"a.csv\"\noutputs_kind = \"logits\"",
            "distill.seeds=1",
            "are of single samples",
        ),
    ] {
        workshop.write("job.toml", JOB.replace("TEACHER", teacher).as_bytes());
        let output = workshop.output(&["distill", "job.toml", "--set", set]);
        let told = String::from_utf8_lossy(&output.stderr);
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(says), "{set}: {told}");
        assert!(!workshop.path("runs").exists(), "{set}");
    }
    workshop.write("job.toml", JOB.replace("TEACHER", TRAINED).as_bytes());
    let train = ["train", "job.toml", "--model", "teacher", "--run", "teacher", "--quiet"];
    workshop.run(&train);
    let ready = JOB.replace("TEACHER", "file = \"teacher\"") + "labels = \"store\"\n";
    workshop.write("ready.toml", ready.as_bytes());
    let output = workshop.output(&["label", "ready.toml"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("with `mixup` in `[distill]` each step has samples"), "{told}");
}
