//! Scratch files are read as they were written, have no name, and fail as other files do.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::ErrorKind;
use std::path::Path;

use potstill_store::{Disk, Scratch, StoreError};

fn entries(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[test]
fn bytes_come_back_from_any_place() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("some/where");
    let mut scratch = Scratch::create(&Disk::new(), &folder).unwrap();
    scratch.append(b"0123").unwrap();
    scratch.append(b"").unwrap();
    scratch.append(b"456789").unwrap();
    assert_eq!(scratch.length(), 10);
    let mut bytes = [0; 3];
    for (start, expected) in [(7, b"789"), (0, b"012"), (3, b"345")] {
        scratch.read(start, &mut bytes).unwrap();
        assert_eq!(&bytes, expected);
    }
    // Reading moves nothing.
    scratch.append(b"x").unwrap();
    scratch.read(8, &mut bytes).unwrap();
    assert_eq!(&bytes, b"89x");
}

#[test]
#[cfg(unix)]
fn nothing_of_it_is_to_be_seen() {
    let place = tempfile::tempdir().unwrap();
    let mut scratch = Scratch::create(&Disk::new(), place.path()).unwrap();
    scratch.append(&[1; 1000]).unwrap();
    assert_eq!(entries(place.path()), 0);
}

#[test]
fn what_is_not_there_is_an_error() {
    let place = tempfile::tempdir().unwrap();
    let mut scratch = Scratch::create(&Disk::new(), place.path()).unwrap();
    scratch.append(b"0123").unwrap();
    for start in [2, 4, u64::MAX] {
        let error = scratch.read(start, &mut [0; 3]).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, StoreError::Io { .. }), "{text}");
        assert!(text.contains(&place.path().display().to_string()), "{text}");
    }
}

#[test]
fn a_disk_that_refuses_any_call_leaves_an_error_and_no_file() {
    let calls = {
        let place = tempfile::tempdir().unwrap();
        let disk = Disk::new();
        Scratch::create(&disk, place.path()).unwrap().append(b"0123").unwrap();
        disk.calls()
    };
    assert!(calls >= 2);
    for call in 1..=calls {
        let place = tempfile::tempdir().unwrap();
        let disk = Disk::failing_at(call, ErrorKind::StorageFull);
        let made = Scratch::create(&disk, place.path());
        let outcome = made.and_then(|mut scratch| scratch.append(b"0123"));
        assert!(matches!(outcome, Err(StoreError::Full { .. })), "call {call}");
        // A name that could not be taken away is one that a sweep finds.
        let names =
            std::fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(names.into_iter().all(|name| name.to_string_lossy().starts_with(".tmp-")));
    }
}
