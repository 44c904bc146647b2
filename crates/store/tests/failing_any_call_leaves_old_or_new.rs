//! Each storage call of each operation fails once: what is read afterwards is the old state or the new one, and the next
//! try succeeds.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use potstill_store::{Disk, Lock, Log, StoreError, newest_committed, read_committed};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

const KINDS: [ErrorKind; 4] =
    [ErrorKind::StorageFull, ErrorKind::PermissionDenied, ErrorKind::Interrupted, ErrorKind::Other];
const FILES: [(&str, &[u8]); 2] =
    [("model.safetensors", b"some weights"), ("state.safetensors", b"moments")];

fn facts(step: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("step".to_owned(), step.to_owned())])
}

fn temporaries(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(".tmp-")).collect()
}

/// Runs `attempt` with a failure at call 1, 2, 3 … until no call fails any more; gives the number of failures.
fn at_every_call(kind: ErrorKind, mut attempt: impl FnMut(&Disk) -> Result<(), StoreError>) -> u64 {
    for call in 1..1000 {
        let disk = Disk::failing_at(call, kind);
        let outcome = attempt(&disk);
        if disk.calls() < call {
            outcome.unwrap();
            return call - 1;
        }
        if let Err(error) = outcome {
            let full = matches!(error, StoreError::Full { .. });
            assert_eq!(full, kind == ErrorKind::StorageFull, "{error}");
            assert!(!error.is_bad_input() && !error.is_damage());
        }
    }
    panic!("the operation never ends")
}

#[test]
fn write_file_leaves_the_old_or_the_new_content() {
    for kind in KINDS {
        let failures = at_every_call(kind, |disk| {
            let place = tempfile::tempdir().unwrap();
            let path = place.path().join("run.json");
            Disk::new().write_file(&path, b"old content").unwrap();
            let outcome = disk.write_file(&path, b"new");
            let found = fs::read(&path).unwrap();
            assert!(found == b"old content" || found == b"new");
            assert!(outcome.is_err() || found == b"new");
            assert_eq!(temporaries(place.path()), Vec::<String>::new());
            Disk::new().write_file(&path, b"new").unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"new");
            outcome
        });
        assert_eq!(failures, 5, "create, write, synchronise, rename, synchronise the folder");
    }
}

#[test]
fn commit_folder_leaves_nothing_or_the_whole() {
    for kind in KINDS {
        let failures = at_every_call(kind, |disk| {
            let place = tempfile::tempdir().unwrap();
            let outcome = disk.commit_folder(place.path(), "step-1", &FILES, &facts("1"));
            let folder = place.path().join("step-1");
            if folder.exists() {
                assert_eq!(read_committed(&folder).unwrap().facts, facts("1"));
            } else {
                assert!(outcome.is_err());
            }
            assert_eq!(temporaries(place.path()), Vec::<String>::new());
            Disk::new().commit_folder(place.path(), "step-1", &FILES, &facts("1")).unwrap();
            assert_eq!(read_committed(&folder).unwrap().files.len(), 2);
            outcome
        });
        assert_eq!(
            failures, 13,
            "a folder, three files of three calls each, a folder, a rename, the parent"
        );
    }
}

#[test]
fn replacing_a_damaged_folder_leaves_the_damaged_none_or_the_whole() {
    at_every_call(ErrorKind::StorageFull, |disk| {
        let place = tempfile::tempdir().unwrap();
        Disk::new().commit_folder(place.path(), "step-1", &FILES, &facts("old")).unwrap();
        let folder = place.path().join("step-1");
        fs::write(folder.join("model.safetensors"), b"same weights").unwrap();
        let outcome = disk.commit_folder(place.path(), "step-1", &FILES, &facts("new"));
        match read_committed(&folder) {
            Ok(committed) => assert_eq!(committed.facts, facts("new")),
            Err(error) => {
                assert!(error.is_damage() || matches!(error, StoreError::Missing { .. }), "{error}")
            }
        }
        Disk::new().commit_folder(place.path(), "step-1", &FILES, &facts("new")).unwrap();
        assert_eq!(read_committed(&folder).unwrap().facts, facts("new"));
        outcome
    });
}

#[test]
fn prune_leaves_only_whole_folders_and_always_the_newest() {
    for kind in KINDS {
        let failures = at_every_call(kind, |disk| {
            let place = tempfile::tempdir().unwrap();
            let parent = place.path().join("checkpoints");
            let sound = Disk::new();
            sound.create_folder(&parent).unwrap();
            let lock = Lock::take(&sound, place.path(), "test").unwrap();
            for step in 1..=4 {
                sound.commit_folder(&parent, &format!("step-{step}"), &FILES, &facts("1")).unwrap();
            }
            fs::create_dir(parent.join(".tmp-step-5-4000000000-0")).unwrap();
            let outcome = disk.prune(&lock, &parent, "step-", 2);
            for step in 1..=4 {
                let folder = parent.join(format!("step-{step}"));
                assert!(step < 3 && !folder.exists() || read_committed(&folder).is_ok());
            }
            sound.prune(&lock, &parent, "step-", 2).unwrap();
            let mut names: Vec<_> =
                fs::read_dir(&parent).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            assert_eq!(names, ["step-3", "step-4"]);
            outcome
        });
        assert_eq!(failures, 6, "two renames, the parent, three removals");
    }
}

#[test]
fn create_folder_can_be_tried_again() {
    let failures = at_every_call(ErrorKind::Other, |disk| {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("runs/digits");
        let outcome = disk.create_folder(&folder);
        assert!(outcome.is_err() || folder.is_dir());
        Disk::new().create_folder(&folder).unwrap();
        assert!(folder.is_dir());
        outcome
    });
    assert_eq!(failures, 4);
}

#[test]
fn a_log_holds_whole_records_after_a_failed_append() {
    at_every_call(ErrorKind::StorageFull, |disk| {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("metrics.jsonl");
        let outcome = write_two_records(disk, &path);
        if outcome.is_err() {
            let mut log = Log::open(disk, &path).unwrap();
            log.truncate_to(0).unwrap();
            drop(log);
            write_two_records(disk, &path).unwrap();
        }
        assert_eq!(fs::read(&path).unwrap(), b"first\nsecond\n");
        outcome
    });
}

fn write_two_records(disk: &Disk, path: &Path) -> Result<(), StoreError> {
    let mut log = Log::open(disk, path)?;
    log.append(b"first\n")?;
    log.append(b"second\n")?;
    log.sync()
}

#[test]
fn a_failed_commit_leaves_the_commit_before_it_the_newest() {
    at_every_call(ErrorKind::StorageFull, |disk| {
        let place = tempfile::tempdir().unwrap();
        Disk::new().commit_folder(place.path(), "step-1", &FILES, &facts("1")).unwrap();
        let outcome = disk.commit_folder(place.path(), "step-2", &FILES, &facts("2"));
        let newest = newest_committed(place.path(), "step-").unwrap();
        assert!(newest.passed_over.is_empty());
        let number = newest.state.unwrap().number;
        assert!(number == 2 || outcome.is_err() && number == 1);
        outcome
    });
}
