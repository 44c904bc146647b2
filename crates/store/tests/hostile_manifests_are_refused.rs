//! A manifest from a stranger, with a valid seal, leads neither out of its folder nor to a large allocation.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use potstill_store::{
    Disk, FORMAT, LARGEST_COMMITTED_FILE, LARGEST_MANIFEST, StoreError, hash_bytes,
    newest_committed, read_committed, verify_committed,
};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Makes a folder with a manifest whose seal is right; the body is JSON without its closing brace.
fn sealed(place: &Path, body: &str) -> PathBuf {
    let folder = place.join("step-1");
    fs::create_dir_all(&folder).unwrap();
    let text = format!("{body},\n  \"seal\": \"{}\"\n}}\n", hash_bytes(body.as_bytes()));
    fs::write(folder.join("MANIFEST"), text).unwrap();
    folder
}

fn naming(name: &str, bytes: u64, hash: &str) -> String {
    let name = serde_json::to_string(name).unwrap();
    format!(
        r#"{{"format": 1, "facts": {{}}, "files": {{{name}: {{"bytes": {bytes}, "blake3": "{hash}"}}}}"#
    )
}

fn refusal(folder: &Path) -> StoreError {
    assert_eq!(
        verify_committed(folder).unwrap_err().to_string(),
        read_committed(folder).unwrap_err().to_string()
    );
    read_committed(folder).unwrap_err()
}

#[test]
fn a_well_made_manifest_by_another_hand_is_read() {
    let place = tempfile::tempdir().unwrap();
    let folder = sealed(place.path(), &naming("x", 4, &hash_bytes(b"text")));
    fs::write(folder.join("x"), b"text").unwrap();
    assert_eq!(read_committed(&folder).unwrap().files["x"], b"text");
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("secret"), b"text").unwrap();
    let absolute = place.path().join("secret").to_str().unwrap().to_owned();
    let long = "x".repeat(129);
    let names = [
        "../secret",
        &absolute,
        "..",
        ".",
        "",
        "a/b",
        "a\\b",
        "C:x",
        "x\0",
        ".hidden",
        "x.",
        "MANIFEST",
        "manifest",
        &long,
    ];
    for name in names {
        let folder = sealed(place.path(), &naming(name, 4, &hash_bytes(b"text")));
        let error = refusal(&folder);
        assert!(
            error.is_damage() && error.to_string().contains("plain file names"),
            "{name}: {error}"
        );
        let written =
            Disk::new().commit_folder(place.path(), "step-2", &[(name, b"text")], &BTreeMap::new());
        assert!(matches!(written, Err(StoreError::Name { .. })), "{name}");
        let named =
            Disk::new().commit_folder(place.path(), name, &[("x", b"text")], &BTreeMap::new());
        assert!(matches!(named, Err(StoreError::Name { .. })), "{name}");
    }
    assert!(!place.path().join("step-2").exists());
}

#[test]
fn a_newer_format_is_named_as_such_and_not_passed_over() {
    let place = tempfile::tempdir().unwrap();
    let folder = sealed(place.path(), r#"{"format": 2, "chunks": [1, 2, 3]"#);
    let error = refusal(&folder);
    assert!(
        matches!(error, StoreError::NewerVersion { supported: FORMAT, found: 2, .. }),
        "{error}"
    );
    assert!(error.is_bad_input() && !error.is_damage());
    Disk::new().commit_folder(place.path(), "step-0", &[("x", b"")], &BTreeMap::new()).unwrap();
    assert!(matches!(
        newest_committed(place.path(), "step-"),
        Err(StoreError::NewerVersion { .. })
    ));
    let committed =
        Disk::new().commit_folder(place.path(), "step-1", &[("x", b"")], &BTreeMap::new());
    assert!(matches!(committed, Err(StoreError::NewerVersion { .. })));
}

#[test]
fn manifests_that_are_not_ours_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let deep = format!(r#"{{"format": {}1"#, "[".repeat(100_000));
    let bodies = [
        r#"{"format": 0, "facts": {}, "files": {}"#,
        r#"{"format": -1, "facts": {}, "files": {}"#,
        r#"{"format": 1, "facts": {}, "files": {}, "more": 1"#,
        r#"{"format": 1, "facts": {"step": 1}, "files": {}"#,
        r#"{"format": 1, "files": {}"#,
        r#"{"format": 1, "facts": {}, "files": {"x": {"bytes": 99999999999999999999, "blake3": ""}}"#,
        r#"{"facts": {}"#,
        "[",
        "",
        &deep,
    ];
    for body in bodies {
        let error = refusal(&sealed(place.path(), body));
        assert!(error.is_damage(), "{error}");
    }
}

#[test]
fn a_manifest_over_its_limit_is_neither_read_nor_written() {
    let place = tempfile::tempdir().unwrap();
    let folder = sealed(place.path(), "{");
    fs::write(folder.join("MANIFEST"), vec![b' '; LARGEST_MANIFEST as usize + 1]).unwrap();
    assert!(refusal(&folder).to_string().contains("at most 1048576 bytes"));
    let facts = BTreeMap::from([("log".to_owned(), "x".repeat(LARGEST_MANIFEST as usize))]);
    let written = Disk::new().commit_folder(place.path(), "step-2", &[], &facts);
    assert!(matches!(written, Err(StoreError::TooLarge { .. })));
}

#[test]
fn a_size_is_compared_with_the_file_before_anything_is_allocated() {
    let place = tempfile::tempdir().unwrap();
    let folder = sealed(place.path(), &naming("x", u64::MAX, &hash_bytes(b"text")));
    fs::write(folder.join("x"), b"text").unwrap();
    assert!(
        refusal(&folder).to_string().contains("expected 18446744073709551615 bytes, found 4 bytes")
    );
}

#[test]
fn a_file_with_a_huge_hole_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let folder =
        sealed(place.path(), &naming("x", LARGEST_COMMITTED_FILE + 1, &hash_bytes(b"text")));
    let file = fs::File::create(folder.join("x")).unwrap();
    if file.set_len(LARGEST_COMMITTED_FILE + 1).is_ok() {
        assert!(matches!(refusal(&folder), StoreError::TooLarge { .. }));
    }
}

#[cfg(unix)]
#[test]
fn links_inside_a_committed_folder_are_refused() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("secret"), b"text").unwrap();
    let folder = sealed(place.path(), &naming("x", 4, &hash_bytes(b"text")));
    std::os::unix::fs::symlink(place.path().join("secret"), folder.join("x")).unwrap();
    assert!(refusal(&folder).to_string().ends_with("expected a file, found a symbolic link"));
}
