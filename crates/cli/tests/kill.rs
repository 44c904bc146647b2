//! A run that is killed or stopped anywhere continues to the bits of one that never was, and the
//! number of threads changes no bit.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, reason = "a test may fail by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const RECIPE: &str = r#"
[data]
source = "digits"
rows = 600
labelled = 0.3

[teacher]
model = "mlp"
hidden = [24]
epochs = 2

[student]
model = "mlp"
hidden = [12]

[distill]
temperature = 2.0
epochs = 3
seeds = 2
select = "best"

[run]
checkpoint_steps = 7
labels = "off"
"#;

struct Workshop {
    root: tempfile::TempDir,
}

impl Workshop {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(root.path().join("small.toml"), RECIPE).expect("the recipe is written");
        Self { root }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn distill(&self, run: &str) -> Command {
        let mut command = potstill();
        command.current_dir(self.root.path());
        command.args(["distill", "small.toml", "--quiet", "--run", run]);
        command
    }

    /// Resumes the run until it is done; begins it again where it was killed before it had a state.
    fn finish(&self, run: &str) {
        let mut command = if self.path(run).join("run.json").exists() {
            let mut command = potstill();
            command.current_dir(self.root.path()).args(["resume", run, "--quiet"]);
            command
        } else {
            self.distill(run)
        };
        let output = command.output().expect("the program starts");
        let already_done = text(&output.stderr).contains("there is nothing to resume");
        assert!(output.status.success() || already_done, "{run}: {}", text(&output.stderr));
    }
}

fn potstill() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_potstill"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", text(&output.stderr));
}

/// Files that hold a time, and the recipe with the folder of its run.
const TIMED: [&str; 5] = ["LOCK", "run.json", "report.html", "MODEL_CARD.md", "recipe.toml"];

/// Hashes of all that holds no time: weights, last states, soft targets, metrics, results, models.
fn hashes(run: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![run.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the run") {
            let path = entry.expect("an entry of the folder").path();
            let name = path.strip_prefix(run).expect("below the run").display().to_string();
            if path.is_dir() {
                folders.push(path);
            } else if !TIMED.contains(&name.as_str()) {
                found.insert(name, store::hash_file(&path).expect("a file of the run"));
            }
        }
    }
    let state = |name: &str| {
        let (training, rest) = name.split_once("/checkpoints/")?;
        Some((training.to_owned(), rest.split('/').next()?.to_owned()))
    };
    let last: BTreeMap<String, String> = found.keys().filter_map(|name| state(name)).collect();
    found.retain(|name, _| state(name).is_none_or(|(training, step)| last[&training] == step));
    found
}

fn assert_same(found: &BTreeMap<String, String>, expected: &BTreeMap<String, String>, what: &str) {
    let names = |hashes: &BTreeMap<String, String>| hashes.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(found), names(expected), "{what}");
    for (name, hash) in expected {
        assert_eq!(&found[name], hash, "{name}, {what}");
    }
}

#[test]
fn a_run_that_is_killed_anywhere_resumes_to_the_same_bits() {
    let workshop = Workshop::new();
    succeeded(&workshop.distill("whole").output().expect("the program starts"));
    let expected = hashes(&workshop.path("whole"));
    assert!(expected.contains_key("export/student.safetensors"), "{expected:?}");
    assert!(expected.contains_key("results.json") && expected.contains_key("metrics.jsonl"));

    // At the k-th storage call, half-way through it when it is a write: from the first calls, when
    // there is no state yet, to the last, when the report is written.
    let calls = [1, 4, 9, 16, 23, 30, 41, 57, 83, 120, 170, 240, 333, 410, 520, 560, 595];
    let end = [610, 617, 626, 633, 640, 647, 655, 664, 672];
    let mut killed = 0;
    for call in calls.into_iter().chain(end) {
        killed += u32::from(killed_at(&workshop, call, &expected));
    }
    assert!(killed >= 20, "only {killed} of the runs were killed: the calls are too late");

    // By the system, at some moment.
    for milliseconds in [15, 60, 110, 180, 260, 350] {
        let run = format!("after-{milliseconds}");
        let mut child = workshop.distill(&run).spawn().expect("the program starts");
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().expect("the program is killed"); // SIGKILL
        child.wait().expect("the program is gone");
        workshop.finish(&run);
        let what = format!("killed after {milliseconds} ms");
        assert_same(&hashes(&workshop.path(&run)), &expected, &what);
    }
}

/// Kills a run at a storage call, finishes it and compares; says whether it came to that call.
fn killed_at(workshop: &Workshop, call: u64, expected: &BTreeMap<String, String>) -> bool {
    let run = format!("call-{call}");
    let mut command = workshop.distill(&run);
    let output = command.env("POTSTILL_KILL_AT_STORAGE_CALL", call.to_string()).output();
    let output = output.expect("the program starts");
    let killed = output.status.code().is_none();
    if !killed {
        succeeded(&output);
    }
    workshop.finish(&run);
    assert_same(&hashes(&workshop.path(&run)), expected, &format!("killed at call {call}"));
    std::fs::remove_dir_all(workshop.path(&run)).expect("the run is removed");
    killed
}

#[test]
#[ignore = "minutes: every storage call of a run; cargo test --release -p potstill-cli --test kill -- --ignored"]
fn a_run_that_is_killed_at_every_storage_call_resumes_to_the_same_bits() {
    let workshop = Workshop::new();
    succeeded(&workshop.distill("whole").output().expect("the program starts"));
    let expected = hashes(&workshop.path("whole"));
    let calls = (1..).take_while(|&call| killed_at(&workshop, call, &expected)).count();
    assert!(calls > 600, "only {calls} storage calls");
}

#[test]
fn a_run_that_is_killed_again_and_again_resumes_to_the_same_bits() {
    let workshop = Workshop::new();
    succeeded(&workshop.distill("whole").output().expect("the program starts"));
    let expected = hashes(&workshop.path("whole"));
    let killed = |command: &mut Command, call: u64| {
        let call = call.to_string();
        let output = command.env("POTSTILL_KILL_AT_STORAGE_CALL", call).output();
        output.expect("the program starts").status.code().is_none()
    };
    assert!(killed(&mut workshop.distill("often"), 40));
    for call in [25, 37, 52, 61, 74] {
        let mut command = potstill();
        command.current_dir(workshop.root.path()).args(["resume", "often", "--quiet"]);
        assert!(killed(&mut command, call), "not killed at call {call}");
    }
    workshop.finish("often");
    assert_same(&hashes(&workshop.path("often")), &expected, "killed six times");
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let workshop = Workshop::new();
    let run = |threads: &str| {
        let run = format!("threads-{threads}");
        succeeded(&workshop.distill(&run).args(["--threads", threads]).output().expect("starts"));
        hashes(&workshop.path(&run))
    };
    let one = run("1");
    for threads in ["2", "4"] {
        assert_same(&run(threads), &one, &format!("{threads} threads"));
    }
}

#[cfg(unix)]
#[test]
fn a_run_that_is_stopped_by_a_signal_saves_and_resumes_to_the_same_bits() {
    let workshop = Workshop::new();
    // Long enough that the signal finds it at work.
    let long = ["--set", "distill.epochs=12", "--set", "distill.seeds=4"];
    succeeded(&workshop.distill("whole").args(long).output().expect("the program starts"));
    let expected = hashes(&workshop.path("whole"));
    for (signal, code, milliseconds) in [("INT", 130, 150), ("TERM", 143, 300), ("INT", 130, 500)] {
        let run = format!("{signal}-{milliseconds}");
        let child = workshop.distill(&run).args(long).spawn().expect("the program starts");
        std::thread::sleep(Duration::from_millis(milliseconds));
        let id = child.id().to_string();
        let sent = Command::new("kill").args([format!("-{signal}"), id]).status();
        assert!(sent.expect("kill is there").success());
        let output = child.wait_with_output().expect("the program ends");
        if output.status.success() {
            continue; // It was done before the signal came.
        }
        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
        let told = text(&output.stderr);
        assert!(told.contains(&format!("potstill resume {run}")), "{told}");
        workshop.finish(&run);
        assert_same(&hashes(&workshop.path(&run)), &expected, &format!("stopped by {signal}"));
    }
}
