//! Equal jobs have equal results, whether or not they were interrupted.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use potstill_job::{Event, Observer, Outcome, Request, Silent, distill, resume};

fn request(folder: &Path) -> Request {
    let text = r#"
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
epochs = 3
seeds = 2
select = "best"

[run]
checkpoint_steps = 5
labels = "off"
"#;
    Request {
        origin: "small.toml".to_owned(),
        text: text.to_owned(),
        base: PathBuf::from("."),
        assignments: Vec::new(),
        folder: Some(folder.to_owned()),
        threads: None,
        command: "test".to_owned(),
    }
}

/// Hashes of everything in a run that does not hold a time: weights, last states, metrics, results.
fn hashes(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        for entry in std::fs::read_dir(&current).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            if path.is_dir() {
                folders.push(path);
            } else if !["LOCK", "run.json", "report.html", "MODEL_CARD.md"].contains(&name.as_str())
            {
                found.insert(name, store::hash_file(&path).unwrap());
            }
        }
    }
    // Which older states are kept depends on where a run was stopped; the last ones do not.
    let last: BTreeMap<String, String> = found
        .keys()
        .filter_map(|name| name.split_once("/checkpoints/"))
        .map(|(training, state)| (training.to_owned(), state[.."step-000000000".len()].to_owned()))
        .collect();
    found.retain(|name, _| match name.split_once("/checkpoints/") {
        Some((training, state)) => state.starts_with(&last[training]),
        None => true,
    });
    found
}

/// Stops the job after so many steps.
struct StopAfter {
    steps: u64,
}

impl Observer for StopAfter {
    fn event(&mut self, event: &Event<'_>) {
        if matches!(event, Event::Step { .. }) {
            self.steps = self.steps.saturating_sub(1);
        }
    }

    fn should_stop(&self) -> bool {
        self.steps == 0
    }
}

#[test]
fn a_job_gives_the_same_bits_twice_and_after_any_stop() {
    let root = tempfile::tempdir().unwrap();
    let whole = root.path().join("whole");
    let Outcome::Done(finished) = distill(&request(&whole), &mut Silent).unwrap() else {
        panic!("nobody stopped it")
    };
    assert_eq!(finished.judgement.seeds.len(), 2);
    let expected = hashes(&whole);
    assert!(expected.contains_key("export/student.safetensors"), "{expected:?}");
    assert!(expected.contains_key("results.json"), "{expected:?}");

    let again = root.path().join("again");
    distill(&request(&again), &mut Silent).unwrap();
    assert_eq!(hashes(&again), expected);

    for steps in [1, 2, 13, 14, 27, 28, 40, 61, 77, 90, 111] {
        let folder = root.path().join(format!("stopped-{steps}"));
        let outcome = distill(&request(&folder), &mut StopAfter { steps }).unwrap();
        assert!(matches!(outcome, Outcome::Stopped { .. }), "stopped after {steps}");
        let outcome = resume(&folder, None, &mut Silent).unwrap();
        assert!(matches!(outcome, Outcome::Done(_)));
        let found = hashes(&folder);
        for (name, hash) in &expected {
            assert_eq!(found.get(name), Some(hash), "{name} after a stop at step {steps}");
        }
        assert_eq!(found.len(), expected.len(), "stopped after {steps}");
    }
}
