//! What no machine's memory holds is refused before it is made, by a message that says how much it is and what helps.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use std::fmt::Write;
use std::path::Path;

use potstill_data::{
    BytePreprocessing, DataError, DataOptions, ImageReading, MemoryError, Preprocessing,
    TableOptions, load, machine_memory,
};

/// A table of forty rows that name files of any size.
fn table(folder: &Path) {
    let mut table = "path,type\n".to_owned();
    for number in 0..40 {
        writeln!(table, "{number}.bin,{}", ["a", "b"][number % 2]).unwrap();
        std::fs::write(folder.join(format!("{number}.bin")), [number as u8]).unwrap();
    }
    std::fs::write(folder.join("files.csv"), table).unwrap();
}

/// Bytes of each end of a file, so that forty files make more values than there is memory for.
const BYTES: usize = 1 << 42;

#[track_caller]
fn refused(error: &DataError, needed: u64, words: &[&str]) -> String {
    let text = error.to_string();
    let DataError::Memory(MemoryError { needed: found, there, .. }) = error else {
        unreachable!("another error: {text}");
    };
    assert_eq!((*found, Some(*there)), (needed, machine_memory()), "{text}");
    for word in words {
        assert!(text.contains(word), "{word}: {text}");
    }
    error.hint().unwrap_or_default()
}

#[test]
fn samples_that_do_not_fit_are_refused_before_they_are_made() {
    if machine_memory().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    table(folder.path());
    let options = DataOptions {
        source: "files.csv".into(),
        label: Some("type".into()),
        table: TableOptions { file: Some("path".into()), bytes: BYTES, ..TableOptions::default() },
        ..DataOptions::default()
    };
    let error = load(&options, folder.path()).unwrap_err();
    let hint = refused(&error, 40 * 2 * 4 * BYTES as u64, &["files.csv", "40 samples", "GB"]);
    assert!(hint.contains("`scratch`"), "{hint}");
    // Who has a model has no recipe.
    let preprocessing = Preprocessing::Bytes(BytePreprocessing {
        file: "path".into(),
        bytes: BYTES,
        label: "type".into(),
        missing: Vec::new(),
        classes: ["a", "b"].map(str::to_owned).into(),
    });
    let error = preprocessing.read_rows(&folder.path().join("files.csv")).unwrap_err();
    let hint = refused(&error, 40 * 2 * 4 * BYTES as u64, &["files.csv", "40 samples"]);
    assert!(hint.contains("smaller files") && !hint.contains("scratch"), "{hint}");
}

#[cfg(unix)]
#[test]
fn images_whose_size_makes_them_too_many_are_refused_after_the_first() {
    const IMAGES: usize = 6000;
    if machine_memory().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures/rgb.png");
    for class in ["cat", "dog"] {
        std::fs::create_dir(folder.path().join(class)).unwrap();
    }
    let first = folder.path().join("cat/0.png");
    std::fs::copy(picture, &first).unwrap();
    for number in 1..IMAGES {
        let class = ["cat", "dog"][number % 2];
        std::fs::hard_link(&first, folder.path().join(format!("{class}/{number}.png"))).unwrap();
    }
    let images = ImageReading { size: Some(4096), ..ImageReading::default() };
    let options = DataOptions { source: ".".into(), images, ..DataOptions::default() };
    let error = load(&options, folder.path()).unwrap_err();
    let pixels = 3 * 4096 * 4096 * IMAGES as u64;
    let words = ["6000 images of 3x4096x4096 take 302.0 GB of memory"];
    let hint = refused(&error, pixels, &words);
    assert!(hint.contains("`scratch`") && hint.contains("`size`"), "{hint}");
    // What is counted is what is certain: bad files may be among them.
    let fewer = load(&DataOptions { skip_bad: IMAGES - 5000, ..options }, folder.path());
    refused(&fewer.unwrap_err(), 3 * 4096 * 4096 * 5000, &["5000 images"]);
}
