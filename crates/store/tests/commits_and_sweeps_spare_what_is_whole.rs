//! What committing again, pruning and sweeping do to folders that are there already.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use potstill_store::{Disk, Lock, StoreError, read_committed};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn commit(disk: &Disk, parent: &Path, name: &str, content: &[u8]) -> Result<(), StoreError> {
    disk.commit_folder(parent, name, &[("model", content)], &BTreeMap::new())
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn committing_the_same_again_succeeds_without_a_write() {
    let place = tempfile::tempdir().unwrap();
    let disk = Disk::new();
    commit(&disk, place.path(), "step-1", b"one").unwrap();
    let before = disk.calls();
    commit(&disk, place.path(), "step-1", b"one").unwrap();
    assert_eq!(disk.calls(), before + 1, "only the parent is synchronised again");
}

#[test]
fn committing_other_content_under_a_taken_name_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let disk = Disk::new();
    commit(&disk, place.path(), "step-1", b"one").unwrap();
    assert!(matches!(
        commit(&disk, place.path(), "step-1", b"two"),
        Err(StoreError::Exists { .. })
    ));
    assert_eq!(read_committed(&place.path().join("step-1")).unwrap().files["model"], b"one");
}

#[test]
fn a_damaged_folder_gives_way_to_a_new_commit() {
    let place = tempfile::tempdir().unwrap();
    let disk = Disk::new();
    commit(&disk, place.path(), "step-1", b"one").unwrap();
    fs::write(place.path().join("step-1/model"), b"eno").unwrap();
    commit(&disk, place.path(), "step-1", b"two").unwrap();
    assert_eq!(read_committed(&place.path().join("step-1")).unwrap().files["model"], b"two");
    let lock = Lock::take(&disk, place.path(), "test").unwrap();
    disk.sweep(&lock, place.path()).unwrap();
    assert_eq!(names(place.path()), ["LOCK", "step-1"]);
}

#[test]
fn a_file_given_twice_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let files: [(&str, &[u8]); 2] = [("model", b"one"), ("model", b"two")];
    let outcome = Disk::new().commit_folder(place.path(), "step-1", &files, &BTreeMap::new());
    assert!(outcome.unwrap_err().to_string().contains("is given twice"));
    assert!(names(place.path()).is_empty());
}

#[test]
fn damaged_folders_do_not_count_among_those_that_prune_keeps() {
    let place = tempfile::tempdir().unwrap();
    let disk = Disk::new();
    let lock = Lock::take(&disk, place.path(), "test").unwrap();
    for step in 1..=5 {
        commit(&disk, place.path(), &format!("step-{step}"), b"one").unwrap();
    }
    for step in [1, 5] {
        fs::write(place.path().join(format!("step-{step}/model")), b"eno").unwrap();
    }
    disk.prune(&lock, place.path(), "step-", 2).unwrap();
    assert_eq!(names(place.path()), ["LOCK", "step-3", "step-4", "step-5"]);
    disk.prune(&lock, place.path(), "step-", 0).unwrap();
    assert_eq!(names(place.path()), ["LOCK", "step-4", "step-5"], "one whole folder always stays");
}

#[test]
fn a_sweep_removes_leftovers_of_any_process_and_nothing_else() {
    let place = tempfile::tempdir().unwrap();
    let disk = Disk::new();
    let lock = Lock::take(&disk, place.path(), "test").unwrap();
    // The number of this very process, as a dead namesake in a container would have left it.
    let namesake = format!(".tmp-run.json-{}-18446744073709551615", std::process::id());
    for name in [namesake.as_str(), ".tmp-run.json-1-7", ".tmp-my-notes", "run.json"] {
        fs::write(place.path().join(name), b"text").unwrap();
    }
    fs::create_dir_all(place.path().join(".tmp-step-1-4000000000-0/inner")).unwrap();
    disk.sweep(&lock, place.path()).unwrap();
    assert_eq!(names(place.path()), [".tmp-my-notes", "LOCK", "run.json"]);
    disk.sweep(&lock, &place.path().join("nowhere")).unwrap();
}

#[test]
fn a_sweep_outside_of_the_locked_folder_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let disk = Disk::new();
    disk.create_folder(&place.path().join("run-1")).unwrap();
    disk.create_folder(&place.path().join("run-10")).unwrap();
    let lock = Lock::take(&disk, &place.path().join("run-1"), "test").unwrap();
    for folder in
        [place.path().to_owned(), place.path().join("run-10"), place.path().join("run-1/../run-10")]
    {
        assert!(
            matches!(disk.sweep(&lock, &folder), Err(StoreError::NotOwned { .. })),
            "{}",
            folder.display()
        );
        assert!(matches!(disk.prune(&lock, &folder, "step-", 1), Err(StoreError::NotOwned { .. })));
    }
}

#[cfg(unix)]
#[test]
fn a_sweep_removes_links_without_following_them() {
    let place = tempfile::tempdir().unwrap();
    let precious = tempfile::tempdir().unwrap();
    fs::write(precious.path().join("file"), b"text").unwrap();
    std::os::unix::fs::symlink(precious.path(), place.path().join(".tmp-step-1-1-1")).unwrap();
    let disk = Disk::new();
    let lock = Lock::take(&disk, place.path(), "test").unwrap();
    disk.sweep(&lock, place.path()).unwrap();
    assert_eq!(names(place.path()), ["LOCK"]);
    assert_eq!(names(precious.path()), ["file"]);
}
