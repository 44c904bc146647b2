//! What happens to a run whose files, data or numbers go bad.
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
#![allow(clippy::disallowed_methods, reason = "tests damage files on purpose")]

use std::path::{Path, PathBuf};

use potstill_job::{
    Event, JobError, Observer, Outcome, Request, RunRecord, Silent, Status, distill, resume,
};

const RECIPE: &str = r#"
[data]
source = "digits"
rows = 400

[teacher]
model = "mlp"
hidden = [16]
epochs = 2

[student]
model = "mlp"
hidden = [8]

[distill]
epochs = 2
seeds = 1

[run]
checkpoint_steps = 3
labels = "off"
"#;

fn request(folder: &Path, assignments: &[&str]) -> Request {
    Request {
        origin: "small.toml".to_owned(),
        text: RECIPE.to_owned(),
        base: PathBuf::from("."),
        assignments: assignments.iter().map(|&assignment| assignment.to_owned()).collect(),
        folder: Some(folder.to_owned()),
        threads: None,
        command: "test".to_owned(),
    }
}

/// Stops after so many steps, and keeps the warnings.
#[derive(Default)]
struct Witness {
    steps_left: Option<u64>,
    warnings: Vec<String>,
    stored: bool,
}

impl Observer for Witness {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Step { .. } => {
                self.steps_left = self.steps_left.map(|steps| steps.saturating_sub(1));
            }
            Event::Warning(text) => self.warnings.push(text.clone()),
            Event::Labelled { asked, .. } => self.stored = *asked == 0,
            _ => {}
        }
    }

    fn should_stop(&self) -> bool {
        self.steps_left == Some(0)
    }
}

fn stopped(folder: &Path, steps: u64) {
    let mut witness = Witness { steps_left: Some(steps), ..Witness::default() };
    let outcome = distill(&request(folder, &[]), &mut witness).unwrap();
    assert!(matches!(outcome, Outcome::Stopped { .. }));
    assert_eq!(RunRecord::read(folder).unwrap().status, Status::Stopped);
}

fn results(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join("results.json")).unwrap()
}

fn flip_bit(path: &Path, byte: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[byte] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_damaged_state_is_passed_over_with_a_warning_and_the_bits_stay_the_same() {
    let root = tempfile::tempdir().unwrap();
    let whole = root.path().join("whole");
    distill(&request(&whole, &[]), &mut Silent).unwrap();

    let folder = root.path().join("damaged");
    stopped(&folder, 11);
    let states = folder.join("teacher/seed-0/checkpoints");
    flip_bit(&states.join("step-000000011/model.safetensors"), 500);
    let mut witness = Witness::default();
    resume(&folder, None, &mut witness).unwrap();
    assert_eq!(witness.warnings.len(), 1, "{:?}", witness.warnings);
    assert!(witness.warnings[0].contains("step-000000011"), "{:?}", witness.warnings);
    assert_eq!(results(&folder), results(&whole));
    let metrics = |run: &Path| std::fs::read(run.join("metrics.jsonl")).unwrap();
    assert_eq!(metrics(&folder), metrics(&whole));
}

#[test]
fn a_training_whose_states_are_all_damaged_begins_again_and_later_ones_lose_nothing() {
    let root = tempfile::tempdir().unwrap();
    let whole = root.path().join("whole");
    distill(&request(&whole, &[]), &mut Silent).unwrap();
    let metrics = |run: &Path| std::fs::read(run.join("metrics.jsonl")).unwrap();

    // Stopped in the second epoch of the baseline; its first one is in the log behind the teacher's.
    for stopped_again in [None, Some(8), Some(18 + 1), Some(18 + 6 + 2)] {
        let folder = root.path().join(format!("{stopped_again:?}"));
        stopped(&folder, 18 + 11);
        let states = std::fs::read_dir(folder.join("teacher/seed-0/checkpoints")).unwrap();
        for state in states {
            flip_bit(&state.unwrap().path().join("model.safetensors"), 500);
        }
        let mut witness = Witness { steps_left: stopped_again, ..Witness::default() };
        resume(&folder, None, &mut witness).unwrap();
        assert_eq!(witness.warnings.len(), 2, "{:?}", witness.warnings);
        if stopped_again.is_some() {
            assert_eq!(RunRecord::read(&folder).unwrap().status, Status::Stopped);
            resume(&folder, None, &mut Silent).unwrap();
        }
        assert_eq!(results(&folder), results(&whole), "{stopped_again:?}");
        assert_eq!(metrics(&folder), metrics(&whole), "{stopped_again:?}");
    }
}

#[test]
fn recorded_soft_targets_are_used_again_unless_they_are_damaged() {
    let root = tempfile::tempdir().unwrap();
    let whole = root.path().join("whole");
    distill(&request(&whole, &[]), &mut Silent).unwrap();
    let steps = 18 + 18 + 4; // In the third training, after the soft targets were recorded.
    for damage in [false, true] {
        let folder = root.path().join(format!("damage-{damage}"));
        stopped(&folder, steps);
        if damage {
            let labels = std::fs::read_dir(folder.join("labels")).unwrap().next().unwrap();
            flip_bit(&labels.unwrap().path().join("shards/part-00000.parquet"), 900);
        }
        let mut witness = Witness::default();
        resume(&folder, None, &mut witness).unwrap();
        assert_eq!(witness.stored, !damage);
        assert_eq!(witness.warnings.len(), usize::from(damage), "{:?}", witness.warnings);
        assert_eq!(results(&folder), results(&whole));
    }
}

#[test]
fn a_run_record_that_is_damaged_is_named() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("run");
    stopped(&folder, 5);
    std::fs::write(folder.join("run.json"), b"{\"format\": 1, \"version\"").unwrap();
    let error = resume(&folder, None, &mut Silent).unwrap_err();
    assert!(matches!(&error, JobError::Unreadable { path, .. } if path.ends_with("run.json")));
    assert_eq!(error.exit_code(), 3);
}

#[test]
fn a_run_whose_data_changed_is_not_resumed() {
    let root = tempfile::tempdir().unwrap();
    let table = root.path().join("table.csv");
    let rows = (0..120).map(|row| format!("{},{},{}\n", row % 7, row % 11, row % 2));
    let text = format!("a,b,kind\n{}", rows.collect::<String>());
    std::fs::write(&table, &text).unwrap();
    let folder = root.path().join("run");
    let source = format!("data.source={}", table.display());
    let mut asked = request(&folder, &[&source, "data.label=kind", "data.rows=120"]);
    asked.base = root.path().to_owned();
    let mut witness = Witness { steps_left: Some(3), ..Witness::default() };
    distill(&asked, &mut witness).unwrap();

    std::fs::write(&table, text.replacen("3,3,1", "3,4,1", 1)).unwrap();
    let error = resume(&folder, None, &mut Silent).unwrap_err();
    assert!(matches!(error, JobError::DataChanged { .. }), "{error}");
    std::fs::write(&table, &text).unwrap();
    assert!(matches!(resume(&folder, None, &mut Silent).unwrap(), Outcome::Done(_)));
}

#[test]
fn numbers_that_fail_end_the_run_and_reach_no_saved_state() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("run");
    let wild =
        ["teacher.optimizer=sgd", "teacher.learning_rate=1e6", "teacher.hidden=[16,16,16,16]"];
    let error = distill(&request(&folder, &wild), &mut Silent).unwrap_err();
    assert_eq!(error.exit_code(), 5, "{error}");
    assert!(error.to_string().contains("is not finite at step"), "{error}");
    let record = RunRecord::read(&folder).unwrap();
    assert_eq!(record.status, Status::Failed);
    let states = folder.join("teacher/seed-0/checkpoints");
    for entry in std::fs::read_dir(states).into_iter().flatten() {
        let committed = store::read_committed(&entry.unwrap().path()).unwrap();
        let (tensors, _) = export::decode_tensors(&committed.files["model.safetensors"]).unwrap();
        assert!(tensors.values().flat_map(|tensor| &tensor.values).all(|value| value.is_finite()));
    }
}

#[test]
fn a_failure_after_the_last_step_is_recorded_and_the_run_can_be_finished() {
    let root = tempfile::tempdir().unwrap();
    let whole = root.path().join("whole");
    distill(&request(&whole, &[]), &mut Silent).unwrap();

    let folder = root.path().join("run");
    stopped(&folder, 11);
    std::fs::write(folder.join("plots"), b"a file where a folder should be").unwrap();
    let error = resume(&folder, None, &mut Silent).unwrap_err();
    let record = RunRecord::read(&folder).unwrap();
    assert_eq!(record.status, Status::Failed);
    assert_eq!(record.reason, Some(error.to_string()));
    assert_eq!(record.test_reads, 1);

    std::fs::remove_file(folder.join("plots")).unwrap();
    assert!(matches!(resume(&folder, None, &mut Silent).unwrap(), Outcome::Done(_)));
    assert_eq!(RunRecord::read(&folder).unwrap().test_reads, 2);
    assert_eq!(results(&folder), results(&whole));
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("run");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("precious.txt"), b"mine").unwrap();
    let error = distill(&request(&folder, &[]), &mut Silent).unwrap_err();
    assert!(matches!(error, JobError::FolderNotEmpty { .. }), "{error}");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
}
