//! A folder has one owner at a time, and a dead owner is none.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use potstill_store::{Disk, Lock, StoreError};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const PLACE_VARIABLE: &str = "POTSTILL_TEST_PLACE";

#[test]
fn a_second_take_in_the_same_process_fails_until_the_first_is_dropped() {
    let place = tempfile::tempdir().unwrap();
    let disk = Disk::new();
    let lock = Lock::take(&disk, place.path(), "potstill distill recipe.toml").unwrap();
    let error = Lock::take(&disk, place.path(), "potstill resume").unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }));
    let owner = format!("process {} (`potstill distill recipe.toml`)", std::process::id());
    assert_eq!(error.to_string(), format!("`{}` is in use by {owner}", place.path().display()));
    assert!(error.hint().is_some() && !error.is_bad_input());
    drop(lock);
    Lock::take(&disk, place.path(), "potstill resume").unwrap();
}

#[test]
#[ignore = "the part that runs in a process of its own, started by the tests beside it"]
fn child() {
    let Some(place) = std::env::var_os(PLACE_VARIABLE) else { return };
    let _lock = Lock::take(&Disk::new(), Path::new(&place), "child").unwrap();
    println!("\ntaken");
    std::io::stdout().flush().unwrap();
    // Until the parent closes the pipe or kills this process.
    let _ = std::io::stdin().lines().next();
}

fn child_with_lock(place: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .env(PLACE_VARIABLE, place)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "taken"), "the child did not get the lock");
    child
}

#[test]
fn another_process_is_kept_out_and_named_and_its_death_frees_the_folder() {
    let place = tempfile::tempdir().unwrap();
    let mut child = child_with_lock(place.path());
    let error = Lock::take(&Disk::new(), place.path(), "second").unwrap_err().to_string();
    assert!(error.ends_with(&format!("is in use by process {} (`child`)", child.id())), "{error}");
    child.kill().unwrap();
    child.wait().unwrap();
    Lock::take(&Disk::new(), place.path(), "second").unwrap();
}

#[test]
fn an_owner_that_cannot_be_read_is_still_an_owner() {
    let place = tempfile::tempdir().unwrap();
    let _lock = Lock::take(&Disk::new(), place.path(), "first").unwrap();
    fs::write(place.path().join("LOCK"), b"{\"process\": \x1b[2J").unwrap();
    let error = Lock::take(&Disk::new(), place.path(), "second").unwrap_err().to_string();
    assert!(error.ends_with("is in use by another process"), "{error}");
}

#[test]
fn control_characters_in_the_command_of_the_owner_are_shown_as_text() {
    let place = tempfile::tempdir().unwrap();
    let _lock = Lock::take(&Disk::new(), place.path(), "dïstill \x1b[2J\u{202e}").unwrap();
    let error = Lock::take(&Disk::new(), place.path(), "second").unwrap_err().to_string();
    assert!(error.ends_with(r"(`dïstill \u{1b}[2J\u{202e}`)"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_link_in_place_of_the_lock_file_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let precious = place.path().join("precious");
    fs::write(&precious, b"text").unwrap();
    std::os::unix::fs::symlink(&precious, place.path().join("LOCK")).unwrap();
    assert!(matches!(
        Lock::take(&Disk::new(), place.path(), "test"),
        Err(StoreError::WrongKind { .. })
    ));
    assert_eq!(fs::read(&precious).unwrap(), b"text");
}

#[cfg(unix)]
#[test]
fn a_folder_with_a_link_in_it_is_not_locked_because_writes_would_leave_it() {
    let place = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let run = place.path().join("run");
    std::fs::create_dir_all(run.join("student/seed-0")).unwrap();
    for link in ["plots", "student/seed-0/checkpoints"] {
        let link = run.join(link);
        std::os::unix::fs::symlink(elsewhere.path(), &link).unwrap();
        let error = Lock::take(&Disk::new(), &run, "test").unwrap_err();
        assert!(error.to_string().contains("is a symbolic link"), "{error}");
        assert!(error.is_bad_input());
        std::fs::remove_file(&link).unwrap();
    }
    Lock::take(&Disk::new(), &run, "test").unwrap();
}
