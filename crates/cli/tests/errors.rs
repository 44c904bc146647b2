//! Mistakes and damage around a run that go beyond one wrong value: what is refused changes no file,
//! what can be made again is made again. The texts stand in `snapshots/`.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use workshop::Workshop;

const RECIPE: &str = "[data]\nsource = \"digits\"\nrows = 300\n\n[teacher]\nmodel = \"mlp\"\n\
                      hidden = [8]\nepochs = 3\n\n[student]\nmodel = \"mlp\"\nhidden = [4]\n\n\
                      [distill]\nepochs = 2\nseeds = 1\n";
const IMAGES: &str = "[data]\nsource = \"images.idx\"\nlabels = \"labels.idx\"\n\n\
                      [teacher]\nmodel = \"mlp\"\n\n[student]\nmodel = \"mlp\"\n";

fn with_recipe(text: &str) -> Workshop {
    let workshop = Workshop::new();
    workshop.write("job.toml", text.as_bytes());
    workshop
}

/// The hash of every file below a folder.
fn hashes(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry of the folder").path();
            if path.is_dir() {
                found.insert(path.display().to_string(), "folder".to_owned());
                folders.push(path);
            } else {
                let hash = store::hash_file(&path).expect("a file");
                found.insert(path.display().to_string(), hash);
            }
        }
    }
    found
}

/// Compares with the snapshot; no file may be made, changed or removed.
fn refused(workshop: &Workshop, name: &str, arguments: &[&str]) {
    let before = hashes(&workshop.path(""));
    workshop.compare(name, arguments);
    assert_eq!(hashes(&workshop.path("")), before, "{name}");
}

/// Distils and is killed while the student alone is trained, or soon after.
fn killed(workshop: &Workshop, run: &str) {
    let dead = Command::new(env!("CARGO_BIN_EXE_potstill"))
        .current_dir(workshop.path(""))
        .args(["distill", "job.toml", "--quiet", "--run", run])
        .env("POTSTILL_KILL_AT_STORAGE_CALL", "140")
        .stderr(Stdio::null())
        .status();
    assert_eq!(dead.expect("the program starts").code(), None, "it was not killed");
}

/// Flips one bit of a file.
fn flip(path: &Path, byte: usize) {
    let mut bytes = std::fs::read(path).expect("a file");
    bytes[byte] ^= 1;
    std::fs::write(path, bytes).expect("the file is written");
}

#[test]
fn a_class_without_any_row_is_named() {
    let workshop = with_recipe(IMAGES);
    let mut images = vec![0, 0, 8, 3, 0, 0, 0, 30, 0, 0, 0, 2, 0, 0, 0, 2];
    images.extend((0..120).map(|pixel| pixel as u8));
    let mut labels = vec![0, 0, 8, 1, 0, 0, 0, 30];
    labels.extend((0..30).map(|row| if row % 2 == 0 { 0 } else { 2 })); // There is no 1.
    workshop.write("images.idx", &images);
    workshop.write("labels.idx", &labels);
    refused(&workshop, "class-missing", &["distill", "job.toml"]);
}

#[test]
fn a_run_with_an_owner_is_left_alone_by_every_command_that_writes() {
    let workshop = with_recipe(RECIPE);
    let take = |run: &str| {
        let folder = workshop.path(run);
        store::Lock::take(&store::Disk::new(), &folder, "another command").expect("it is free")
    };
    killed(&workshop, "run");
    let lock = take("run");
    refused(&workshop, "in-use-distill", &["distill", "job.toml", "--run", "run"]);
    refused(&workshop, "in-use-resume", &["resume", "run"]);
    drop(lock);
    workshop.run(&["resume", "run", "--quiet"]);
    let lock = take("run");
    refused(&workshop, "in-use-evaluate", &["evaluate", "run"]);
    drop(lock);
    workshop.run(&["evaluate", "run"]);
}

#[test]
fn damaged_records_and_models_are_refused_whichever_byte_it_is() {
    let workshop = with_recipe(RECIPE);
    workshop.run(&["distill", "job.toml", "--quiet", "--run", "run"]);
    let model = workshop.path("run/export/student.safetensors");
    let whole = std::fs::read(&model).expect("a model");
    // Nothing in the first bytes, the header, can change without being noticed.
    for byte in [0, 7, 8, 9, 40] {
        flip(&model, byte);
        let output = workshop.output(&["evaluate", "run"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "byte {byte}: {said}");
        assert!(said.contains("student.safetensors"), "byte {byte}: {said}");
        std::fs::write(&model, &whole).expect("the model is written");
    }
    flip(&workshop.path("run/run.json"), 0);
    refused(&workshop, "damaged-record-resume", &["resume", "run"]);
    refused(&workshop, "damaged-record-evaluate", &["evaluate", "run"]);
    refused(&workshop, "damaged-record-report", &["report", "run"]);
}

#[test]
fn a_training_without_a_whole_state_begins_again_and_the_run_ends_as_if_nothing_had_happened() {
    let workshop = with_recipe(RECIPE);
    workshop.run(&["distill", "job.toml", "--quiet", "--run", "whole"]);
    let states = workshop.path("run/teacher/seed-0/checkpoints");
    let later = workshop.path("run/baseline/seed-0/checkpoints");
    killed(&workshop, "run");
    assert!(later.is_dir(), "the kill came before the baseline had a state");
    let mut damaged = 0;
    for state in std::fs::read_dir(&states).expect("states of the teacher") {
        flip(&state.expect("a state").path().join("model.safetensors"), 500);
        damaged += 1;
    }
    assert!(damaged > 0);
    let output = workshop.output(&["resume", "run"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let warnings = said.lines().filter(|line| line.starts_with("warning: passed over the saved"));
    assert_eq!(warnings.count(), damaged, "{said}");
    assert!(said.contains("role=teacher seed=0 epoch=1/3"), "{said}");
    for name in ["metrics.jsonl", "results.json", "export/student.safetensors"] {
        let bytes = |run: &str| std::fs::read(workshop.path(run).join(name)).expect("a result");
        assert_eq!(bytes("run"), bytes("whole"), "{name}");
    }
}

#[test]
fn a_failed_run_keeps_its_reason_and_no_result() {
    let workshop = with_recipe(RECIPE);
    let wild =
        ["teacher.optimizer=sgd", "teacher.learning_rate=1e6", "teacher.hidden=[16,16,16,16]"];
    let mut arguments = vec!["distill", "job.toml", "--json", "--quiet", "--run", "run"];
    arguments.extend(wild.iter().flat_map(|assignment| ["--set", assignment]));
    let output = workshop.output(&arguments);
    assert_eq!(output.status.code(), Some(5));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(said["exit_code"], 5);
    let record = std::fs::read(workshop.path("run/run.json")).expect("the record");
    let record: serde_json::Value = serde_json::from_slice(&record).expect("JSON");
    assert_eq!(record["status"], "failed");
    assert_eq!(record["reason"], said["error"]);
    assert!(!workshop.path("run/results.json").exists());
    refused(&workshop, "not-done", &["evaluate", "run"]);
}

#[test]
fn what_is_no_terminal_gets_no_escape_codes() {
    let workshop = with_recipe("[data]\nsourc = \"digits\"\n");
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "xterm-256color")] {
        let output = Command::new(env!("CARGO_BIN_EXE_potstill"))
            .current_dir(workshop.path(""))
            .args(["plan", "job.toml"])
            .env(name, value)
            .output()
            .expect("the program starts");
        assert_eq!(output.status.code(), Some(2));
        assert!(!output.stderr.contains(&0x1b) && !output.stdout.contains(&0x1b), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let workshop = with_recipe(RECIPE);
    let mut child = Command::new(env!("CARGO_BIN_EXE_potstill"))
        .current_dir(workshop.path(""))
        .args(["plan", "job.toml", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
