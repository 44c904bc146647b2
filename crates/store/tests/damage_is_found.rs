//! Any change of a committed folder is found when it is read: every bit, every length, every absent file.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use potstill_store::{Disk, StoreError, newest_committed, read_committed, verify_committed};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn commit(parent: &Path, name: &str) {
    let facts = BTreeMap::from([
        ("step".to_owned(), "117".to_owned()),
        ("note".to_owned(), "a \"quoted\" é".to_owned()),
    ]);
    let files: [(&str, &[u8]); 3] =
        [("model.safetensors", &[0, 1, 2, 3, 255]), ("state", b"moments"), ("empty", b"")];
    Disk::new().commit_folder(parent, name, &files, &facts).unwrap();
}

fn assert_damaged(folder: &Path, file: &str, what: &str) {
    for error in [read_committed(folder).unwrap_err(), verify_committed(folder).unwrap_err()] {
        match &error {
            StoreError::Damaged { path, .. } => {
                assert_eq!(*path, folder.join(file), "{what}: {error}")
            }
            other => panic!("{what}: {other}"),
        }
        assert!(error.is_bad_input() && error.hint().is_some());
    }
}

#[test]
fn every_flipped_bit_is_found_and_its_file_named() {
    let place = tempfile::tempdir().unwrap();
    commit(place.path(), "step-1");
    let folder = place.path().join("step-1");
    let mut flips = 0;
    for file in ["model.safetensors", "state", "MANIFEST"] {
        let path = folder.join(file);
        let original = fs::read(&path).unwrap();
        for bit in 0..original.len() * 8 {
            let mut damaged = original.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, damaged).unwrap();
            assert_damaged(&folder, file, &format!("bit {bit} of {file}"));
            flips += 1;
        }
        fs::write(&path, original).unwrap();
    }
    assert!(flips > 4000);
    assert!(read_committed(&folder).is_ok());
}

#[test]
fn every_truncation_and_an_extension_are_found() {
    let place = tempfile::tempdir().unwrap();
    commit(place.path(), "step-1");
    let folder = place.path().join("step-1");
    for file in ["model.safetensors", "state", "empty", "MANIFEST"] {
        let path = folder.join(file);
        let original = fs::read(&path).unwrap();
        for length in 0..original.len() {
            fs::write(&path, &original[..length]).unwrap();
            assert_damaged(&folder, file, &format!("{file} cut to {length}"));
        }
        fs::write(&path, [&original[..], b"\n"].concat()).unwrap();
        assert_damaged(&folder, file, &format!("{file} extended"));
        fs::write(&path, original).unwrap();
    }
}

#[test]
fn an_absent_file_is_found_and_named() {
    for file in ["model.safetensors", "empty", "MANIFEST"] {
        let place = tempfile::tempdir().unwrap();
        commit(place.path(), "step-1");
        let folder = place.path().join("step-1");
        fs::remove_file(folder.join(file)).unwrap();
        assert_damaged(&folder, file, "absent");
    }
}

#[test]
fn the_message_says_what_was_expected_and_found() {
    let place = tempfile::tempdir().unwrap();
    commit(place.path(), "step-1");
    let path = place.path().join("step-1/state");
    fs::write(&path, b"moment").unwrap();
    let message = read_committed(&place.path().join("step-1")).unwrap_err().to_string();
    assert_eq!(
        message,
        format!("`{}` is damaged: expected 7 bytes, found 6 bytes", path.display())
    );
}

#[test]
fn a_damaged_newest_state_is_passed_over_and_reported() {
    let place = tempfile::tempdir().unwrap();
    for name in ["step-9", "step-000010", "step-11"] {
        commit(place.path(), name);
    }
    fs::write(place.path().join("step-11/state"), b"momentx").unwrap();
    let newest = newest_committed(place.path(), "step-").unwrap();
    assert_eq!(newest.state.unwrap().number, 10);
    assert_eq!(newest.passed_over.len(), 1);
    assert_eq!(newest.passed_over[0].name, "step-11");
    assert!(newest.passed_over[0].reason.is_damage());
}

#[test]
fn where_all_states_are_damaged_none_is_given_and_all_are_reported() {
    let place = tempfile::tempdir().unwrap();
    for name in ["step-1", "step-2"] {
        commit(place.path(), name);
        fs::remove_file(place.path().join(name).join("MANIFEST")).unwrap();
    }
    let newest = newest_committed(place.path(), "step-").unwrap();
    assert!(newest.state.is_none());
    assert_eq!(
        newest.passed_over.iter().map(|passed| passed.name.as_str()).collect::<Vec<_>>(),
        ["step-2", "step-1"]
    );
}

#[test]
fn other_names_are_no_states() {
    let place = tempfile::tempdir().unwrap();
    for name in [
        "step-",
        "step-+1",
        "step-1a",
        "epoch-3",
        ".tmp-step-4-1-1",
        "step-99999999999999999999999",
    ] {
        fs::create_dir(place.path().join(name)).unwrap();
    }
    fs::write(place.path().join("step-7"), b"a file").unwrap();
    let newest = newest_committed(place.path(), "step-").unwrap();
    assert!(newest.state.is_none());
    assert!(newest.passed_over.is_empty());
    assert!(newest_committed(&place.path().join("nowhere"), "step-").unwrap().state.is_none());
}
