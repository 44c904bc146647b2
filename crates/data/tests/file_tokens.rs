//! Files that a table names become the tokens that Magika's own code makes of them
//! (`oracles/file_tokens.py`), and rows are divided as those of any table.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::fmt::Write;
use std::path::Path;

use potstill_data::{
    BytePreprocessing, Corpus, DataError, DataOptions, Preprocessing, SampleShape, TableOptions,
    load,
};

fn options(bytes: usize) -> DataOptions {
    let table = TableOptions { file: Some("path".into()), bytes, ..TableOptions::default() };
    DataOptions {
        source: "files.csv".into(),
        label: Some("type".into()),
        table,
        ..DataOptions::default()
    }
}

/// Twenty files of each of two types in a folder beside their table, and the table.
fn write(folder: &Path, content: impl Fn(usize) -> Vec<u8>) {
    std::fs::create_dir_all(folder.join("inside")).unwrap();
    let mut table = "size,path,type\n".to_owned();
    for number in 0..40 {
        let name = format!("inside/{number}.bin");
        std::fs::write(folder.join(&name), content(number)).unwrap();
        writeln!(table, "{number},{name},{}", ["text", "image"][number % 2]).unwrap();
    }
    std::fs::write(folder.join("files.csv"), table).unwrap();
}

fn sizes(corpus: &Corpus) -> [usize; 3] {
    [&corpus.train, &corpus.validation, &corpus.test].map(potstill_data::Samples::len)
}

#[test]
fn tokens_are_those_of_magikas_own_code() {
    let oracle =
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/file_tokens.json"));
    let oracle: serde_json::Value = serde_json::from_slice(&oracle.unwrap()).unwrap();
    let numbers =
        |value: &serde_json::Value| -> Vec<u16> { serde_json::from_value(value.clone()).unwrap() };
    let cases = oracle["cases"].as_array().unwrap();
    assert!(cases.len() > 30, "{}", cases.len());
    let folder = tempfile::tempdir().unwrap();
    let mut table = "path,type\n".to_owned();
    for (number, case) in cases.iter().enumerate() {
        let content: Vec<u8> = numbers(&case["content"]).iter().map(|&byte| byte as u8).collect();
        std::fs::write(folder.path().join(number.to_string()), content).unwrap();
        writeln!(table, "{number},{}", ["a", "b"][number % 2]).unwrap();
    }
    std::fs::write(folder.path().join("files.csv"), table).unwrap();
    let bytes = oracle["bytes"].as_u64().unwrap() as usize;
    // All rows in the order of the table, as a file to be predicted.
    let preprocessing = Preprocessing::Bytes(BytePreprocessing {
        file: "path".into(),
        bytes,
        label: "type".into(),
        missing: Vec::new(),
        classes: vec!["a".into(), "b".into()],
    });
    let rows = preprocessing.read_rows(&folder.path().join("files.csv")).unwrap();
    assert_eq!(rows.samples.shape, SampleShape::Tokens { length: 2 * bytes, vocabulary: 257 });
    assert_eq!(rows.samples.len(), cases.len());
    for (number, case) in cases.iter().enumerate() {
        let expected: Vec<f32> =
            numbers(&case["tokens"]).iter().map(|&token| token.into()).collect();
        assert_eq!(rows.samples.row(number).unwrap(), expected, "case {number}");
    }
}

#[test]
fn files_are_divided_as_rows_and_a_transfer_table_needs_no_labels() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), |number| vec![number as u8 + 65; 3]);
    std::fs::write(folder.path().join("more.csv"), "path\ninside/0.bin\ninside/39.bin\n").unwrap();
    let options = DataOptions { transfer: Some("more.csv".into()), ..options(4) };
    let corpus = load(&options, folder.path()).unwrap();
    assert_eq!(sizes(&corpus), [28 + 2, 4, 8]);
    assert_eq!(corpus.classes, ["image", "text"]);
    assert_eq!(corpus.train.labels.iter().filter(|label| label.is_none()).count(), 2);
    assert_eq!(
        corpus.train.row(28).unwrap().to_vec(),
        [65.0, 65.0, 65.0, 256.0, 256.0, 65.0, 65.0, 65.0]
    );
}

#[test]
fn listed_classes_keep_their_order_and_need_no_rows() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), |number| vec![number as u8 + 65; 3]);
    let classes = ["text", "audio", "image", "video"].map(str::to_owned).to_vec();
    let listed = DataOptions { classes: classes.clone(), ..options(4) };
    let corpus = load(&listed, folder.path()).unwrap();
    assert_eq!(corpus.classes, classes);
    // Even numbers are text, odd ones images, and each file has its number above 65.
    for row in 0..corpus.train.len() {
        let is_odd = (corpus.train.row(row).unwrap()[0] as usize - 65) % 2;
        assert_eq!(corpus.train.labels[row], Some([0, 2][is_odd]));
    }
    let short = DataOptions { classes: vec!["text".into(), "audio".into()], ..listed };
    let error = load(&short, folder.path()).unwrap_err();
    assert!(
        matches!(error, DataError::UnknownLabel { ref value, .. } if value == "image"),
        "{error}"
    );
}

#[test]
fn other_content_is_another_source() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), |_| b"same".to_vec());
    let before = load(&options(4), folder.path()).unwrap();
    for number in 0..40 {
        std::fs::write(folder.path().join(format!("inside/{number}.bin")), b"other").unwrap();
    }
    let after = load(&options(4), folder.path()).unwrap();
    assert_eq!(before.sources[0], after.sources[0]);
    assert_ne!(before.sources[1], after.sources[1]);
}

#[test]
fn a_file_that_cannot_be_read_is_told_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), |_| b"same".to_vec());
    std::fs::remove_file(folder.path().join("inside/6.bin")).unwrap();
    let error = load(&options(4), folder.path()).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("files.csv:8: the file `"), "{message}");
    assert!(error.hint().unwrap().contains("folder of the table"));
    std::fs::create_dir(folder.path().join("inside/6.bin")).unwrap();
    let message = load(&options(4), folder.path()).unwrap_err().to_string();
    assert!(message.contains("a folder or a device"), "{message}");
}
