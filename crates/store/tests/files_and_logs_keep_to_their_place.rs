//! Single files, logs and limited reading: what they replace, refuse and follow.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use potstill_store::{Disk, Log, StoreError, hash_bytes, hash_file, read_limited};
use std::fs;
use std::path::Path;

#[test]
fn a_file_is_created_and_replaced() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("schüler, final.onnx");
    Disk::new().write_file(&path, b"a longer first version").unwrap();
    Disk::new().write_file(&path, b"short").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"short");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
fn many_threads_writing_one_file_leave_one_of_their_versions() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("file");
    let disk = Disk::new();
    std::thread::scope(|scope| {
        for version in 0..8_u8 {
            let (disk, path) = (&disk, &path);
            scope.spawn(move || disk.write_file(path, &[version; 1000]).unwrap());
        }
    });
    let found = fs::read(&path).unwrap();
    assert_eq!(found, [found[0]; 1000]);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
fn folders_and_paths_without_a_name_are_no_files_to_write() {
    let place = tempfile::tempdir().unwrap();
    for path in [place.path().to_owned(), place.path().join(".."), "/".into()] {
        assert!(
            matches!(Disk::new().write_file(&path, b""), Err(StoreError::WrongKind { .. })),
            "{}",
            path.display()
        );
    }
    let absent = place.path().join("absent/file");
    assert!(matches!(Disk::new().write_file(&absent, b""), Err(StoreError::Io { .. })));
}

#[test]
fn a_file_in_the_way_of_a_folder_is_named() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("file");
    fs::write(&file, b"text").unwrap();
    let error = Disk::new().create_folder(&file.join("inner/deep")).unwrap_err();
    assert!(
        error.to_string().contains("file` is a file, expected a folder")
            || matches!(error, StoreError::Io { .. })
    );
    assert!(matches!(Disk::new().create_folder(&file), Err(StoreError::WrongKind { .. })));
}

#[test]
fn a_log_goes_on_where_it_ended_and_is_cut_where_it_is_told() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("metrics.jsonl");
    let mut log = Log::open(&Disk::new(), &path).unwrap();
    assert_eq!(log.length(), 0);
    log.append(b"one\n").unwrap();
    let mark = log.length();
    log.append(b"two\n").unwrap();
    log.sync().unwrap();
    drop(log);
    let mut log = Log::open(&Disk::new(), &path).unwrap();
    assert_eq!(log.length(), 8);
    log.truncate_to(mark).unwrap();
    log.append(b"three\n").unwrap();
    assert_eq!(log.length(), 10);
    assert_eq!(fs::read(&path).unwrap(), b"one\nthree\n");
}

#[test]
fn a_log_that_lost_records_is_damaged() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("metrics.jsonl");
    fs::write(&path, b"one\n").unwrap();
    let mut log = Log::open(&Disk::new(), &path).unwrap();
    let error = log.truncate_to(5).unwrap_err();
    assert!(error.is_damage());
    assert!(error.to_string().ends_with("expected at least 5 bytes, found 4 bytes"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"one\n");
}

#[test]
fn an_append_that_was_cut_off_is_undone_by_the_next() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("metrics.jsonl");
    // The calls: open, synchronise the folder, write, write.
    let mut log = Log::open(&Disk::failing_at(4, std::io::ErrorKind::StorageFull), &path).unwrap();
    log.append(b"one\n").unwrap();
    let error = log.append(b"a long record\n").unwrap_err();
    assert!(
        error.to_string().starts_with("no space left on device while trying to write `"),
        "{error}"
    );
    assert_eq!(fs::read(&path).unwrap(), b"one\na long ");
    assert_eq!(log.length(), 4);
    log.append(b"2\n").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"one\n2\n");
}

#[test]
fn reading_stops_at_the_limit() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("recipe.toml");
    fs::write(&path, b"12345").unwrap();
    assert_eq!(read_limited(&path, 5).unwrap(), b"12345");
    let error = read_limited(&path, 4).unwrap_err();
    assert!(matches!(error, StoreError::TooLarge { limit: 4, found: 5, .. }));
    assert!(error.to_string().ends_with("has 5 bytes, expected at most 4"));
    assert!(matches!(
        read_limited(&place.path().join("absent"), 4),
        Err(StoreError::Missing { .. })
    ));
    let error = read_limited(place.path(), 4).unwrap_err();
    assert!(error.to_string().ends_with("is a folder, expected a file"), "{error}");
    assert!(error.is_bad_input());
}

#[test]
fn a_file_and_its_bytes_have_one_hash() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("data.csv");
    fs::write(&path, b"abc").unwrap();
    // The published BLAKE3 hash of these three bytes.
    let expected = "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85";
    assert_eq!(hash_bytes(b"abc"), expected);
    assert_eq!(hash_file(&path).unwrap(), expected);
    assert!(matches!(hash_file(place.path()), Err(StoreError::WrongKind { .. })));
    assert!(matches!(hash_file(Path::new("absent")), Err(StoreError::Missing { .. })));
}

#[cfg(unix)]
mod links {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_link_in_place_of_a_file_is_replaced_and_not_followed() {
        let place = tempfile::tempdir().unwrap();
        let (precious, path) = (place.path().join("precious"), place.path().join("run.json"));
        fs::write(&precious, b"text").unwrap();
        symlink(&precious, &path).unwrap();
        Disk::new().write_file(&path, b"new").unwrap();
        assert_eq!(fs::read(&precious).unwrap(), b"text");
        assert!(path.symlink_metadata().unwrap().is_file());
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn a_link_in_place_of_a_log_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let (precious, path) = (place.path().join("precious"), place.path().join("metrics.jsonl"));
        symlink(&precious, &path).unwrap();
        assert!(matches!(Log::open(&Disk::new(), &path), Err(StoreError::WrongKind { .. })));
        assert!(!precious.exists());
    }

    #[test]
    fn devices_are_neither_replaced_nor_read() {
        let null = Path::new("/dev/null");
        assert!(matches!(Disk::new().write_file(null, b"x"), Err(StoreError::WrongKind { .. })));
        assert!(matches!(
            read_limited(Path::new("/dev/zero"), 10),
            Err(StoreError::WrongKind { .. })
        ));
        let place = tempfile::tempdir().unwrap();
        let link = place.path().join("out");
        symlink(null, &link).unwrap();
        assert!(matches!(Disk::new().write_file(&link, b"x"), Err(StoreError::WrongKind { .. })));
        assert!(link.is_symlink());
    }
}
