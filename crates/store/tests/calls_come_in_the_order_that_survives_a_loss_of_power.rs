//! The order of storage calls, seen through the error that each gives when it fails: content is synchronised before the
//! rename that makes it visible, and the folder that holds the new name after it.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use potstill_store::{Disk, Lock, StoreError};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

/// The action and the path, inside the place, of each call in turn.
fn order(mut attempt: impl FnMut(&Disk, &Path) -> Result<(), StoreError>) -> Vec<String> {
    let mut calls = Vec::new();
    loop {
        let place = tempfile::tempdir().unwrap();
        let disk = Disk::failing_at(calls.len() as u64 + 1, ErrorKind::Other);
        match attempt(&disk, place.path()) {
            Ok(()) => return calls,
            Err(StoreError::Io { action, path, .. }) => {
                calls.push(format!(
                    "{action} /{}",
                    path.strip_prefix(place.path()).unwrap().display()
                ));
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn a_file_is_synchronised_before_it_gets_its_name_and_its_folder_after() {
    let found = order(|disk, place| disk.write_file(&place.join("run.json"), b"text"));
    let expected = [
        "create /run.json",
        "write /run.json",
        "synchronise /run.json",
        "create or replace /run.json",
    ];
    assert_eq!(found[..4], expected);
    assert_eq!(found[4..], ["synchronise /"]);
}

#[test]
fn a_commit_writes_its_manifest_last_and_is_synchronised_before_it_gets_its_name() {
    let files: [(&str, &[u8]); 2] = [("state", b"moments"), ("model", b"weights")];
    let found = order(|disk, place| disk.commit_folder(place, "step-1", &files, &BTreeMap::new()));
    let expected = [
        "create /step-1",
        "create /step-1/state",
        "write /step-1/state",
        "synchronise /step-1/state",
        "create /step-1/model",
        "write /step-1/model",
        "synchronise /step-1/model",
        "create /step-1/MANIFEST",
        "write /step-1/MANIFEST",
        "synchronise /step-1/MANIFEST",
        "synchronise /step-1",
        "create or replace /step-1",
        "synchronise /",
    ];
    assert_eq!(found, expected);
}

#[test]
fn folders_lose_their_names_durably_before_they_lose_their_files() {
    let found = order(|disk, place| {
        let sound = Disk::new();
        let lock = Lock::take(&sound, place, "test")?;
        for name in ["step-1", "step-2", "step-3"] {
            sound.commit_folder(place, name, &[("model", b"weights")], &BTreeMap::new())?;
        }
        disk.prune(&lock, place, "step-", 1)
    });
    assert_eq!(found[..3], ["remove /step-2", "remove /step-1", "synchronise /"]);
    assert!(found[3..].iter().all(|call| call.starts_with("remove /.tmp-step-")), "{found:?}");
    assert_eq!(found.len(), 5);
}

#[test]
fn each_new_folder_is_synchronised_into_the_one_above_it() {
    let found = order(|disk, place| disk.create_folder(&place.join("runs/digits")));
    assert_eq!(
        found,
        ["create /runs", "synchronise /", "create /runs/digits", "synchronise /runs"]
    );
}
