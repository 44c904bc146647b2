//! A process is killed at each of its storage calls: what the next one finds is a committed state, at least as new as the
//! last one that was acknowledged, and it goes on to the end without leftovers.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use potstill_store::{Disk, KILL_VARIABLE, Lock, Log, StoreError, newest_committed};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PLACE_VARIABLE: &str = "POTSTILL_TEST_PLACE";
const STEPS: u64 = 4;

/// A small run: each step adds a record to the log, commits a state that notes the length of the log, and prunes; then
/// the step is acknowledged outside of the store. It continues from whatever it finds.
fn run(place: &Path) -> Result<(), StoreError> {
    let disk = Disk::from_environment()?;
    let folder = place.join("run");
    let checkpoints = folder.join("checkpoints");
    disk.create_folder(&checkpoints)?;
    let lock = Lock::take(&disk, &folder, "test run")?;
    disk.sweep(&lock, &folder)?;
    disk.sweep(&lock, &checkpoints)?;
    let found = newest_committed(&checkpoints, "step-")?;
    assert!(found.passed_over.is_empty(), "{:?}", found.passed_over);
    let (done, length) = match found.state {
        None => (0, 0),
        Some(state) => {
            assert_eq!(state.committed.files["model"], state_after(state.number));
            (state.number, state.committed.facts["log"].parse().unwrap())
        }
    };
    assert!(done >= acknowledged(place), "an acknowledged state is lost");
    let mut log = Log::open(&disk, &folder.join("metrics.jsonl"))?;
    log.truncate_to(length)?;
    for step in done + 1..=STEPS {
        log.append(format!("step {step}\n").as_bytes())?;
        log.sync()?;
        let facts = BTreeMap::from([("log".to_owned(), log.length().to_string())]);
        disk.commit_folder(
            &checkpoints,
            &format!("step-{step:06}"),
            &[("model", &state_after(step))],
            &facts,
        )?;
        fs::write(place.join("acknowledged"), step.to_string()).unwrap();
        disk.prune(&lock, &checkpoints, "step-", 2)?;
        disk.write_file(&folder.join("run.json"), format!("at step {step}").as_bytes())?;
    }
    Ok(())
}

fn state_after(step: u64) -> Vec<u8> {
    format!("weights after step {step}").into_bytes()
}

fn acknowledged(place: &Path) -> u64 {
    fs::read_to_string(place.join("acknowledged")).map_or(0, |text| text.parse().unwrap())
}

#[test]
#[ignore = "the part that runs in a process of its own, started by the tests beside it"]
fn child() {
    if let Some(place) = std::env::var_os(PLACE_VARIABLE) {
        run(&PathBuf::from(place)).unwrap();
    }
}

/// Starts the run in a process of its own; gives whether it came to its end, and fails on any end but that and the kill.
fn run_in_child(place: &Path, kill_at: Option<u64>) -> bool {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "child", "--ignored"])
        .env(PLACE_VARIABLE, place)
        .env_remove(KILL_VARIABLE);
    if let Some(call) = kill_at {
        command.env(KILL_VARIABLE, call.to_string());
    }
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success() || status.code().is_none(), "{status}, killed at {kill_at:?}");
    status.success()
}

fn assert_finished(place: &Path) {
    let folder = place.join("run");
    assert_eq!(
        fs::read_to_string(folder.join("metrics.jsonl")).unwrap(),
        "step 1\nstep 2\nstep 3\nstep 4\n"
    );
    let newest = newest_committed(&folder.join("checkpoints"), "step-").unwrap();
    assert_eq!(newest.state.unwrap().number, STEPS);
    for folder in [folder.clone(), folder.join("checkpoints")] {
        for entry in fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(!name.starts_with(".tmp-"), "{name} is left over");
        }
    }
}

#[test]
fn a_run_killed_once_at_any_call_ends_as_one_never_killed() {
    let mut kills = 0;
    loop {
        let place = tempfile::tempdir().unwrap();
        if run_in_child(place.path(), Some(kills + 1)) {
            break;
        }
        kills += 1;
        assert!(run_in_child(place.path(), None));
        assert_finished(place.path());
    }
    assert!(kills > 70, "only {kills} storage calls were seen");
}

#[test]
fn a_run_killed_again_and_again_makes_its_way() {
    let place = tempfile::tempdir().unwrap();
    let mut starts = 1;
    // Long enough a life for one step each time, and each death at another place.
    while !run_in_child(place.path(), Some(25 + starts % 7)) {
        starts += 1;
        assert!(starts < 50, "no progress");
    }
    assert!(starts > 2);
    assert_finished(place.path());
}
