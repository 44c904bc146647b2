//! The binary versions of CIFAR-10 and CIFAR-100: what is read, and the text of every refusal.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::path::Path;

use potstill_data::{Corpus, DataError, DataOptions, SampleShape, load};

/// A record whose red, green and blue planes hold one value each.
fn record(labels: &[u8], colour: [u8; 3]) -> Vec<u8> {
    let planes = colour.iter().flat_map(|&value| [value; 1024]);
    labels.iter().copied().chain(planes).collect()
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    std::fs::write(folder.join(name), bytes).unwrap();
}

/// Five batches with one image of each class, and a test batch of the same.
fn cifar_10() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let batch: Vec<u8> = (0..10).flat_map(|class| record(&[class], [class, 100, 200])).collect();
    for number in 1..=5 {
        write(folder.path(), &format!("data_batch_{number}.bin"), &batch);
    }
    write(folder.path(), "test_batch.bin", &batch);
    folder
}

fn load_folder(folder: &Path) -> Result<Corpus, DataError> {
    let options = DataOptions { source: ".".into(), validation: 0.2, ..DataOptions::default() };
    load(&options, folder)
}

fn refusal(folder: &Path) -> String {
    let message = load_folder(folder).unwrap_err().to_string();
    message[message.find("/./").unwrap() + 3..].to_owned()
}

#[test]
fn batches_are_read_in_order_with_their_planes_and_names() {
    let folder = cifar_10();
    let names: Vec<String> = (0..10).map(|class| format!("thing {class}")).collect();
    write(folder.path(), "batches.meta.txt", format!("{}\n\n", names.join("\n")).as_bytes());
    let corpus = load_folder(folder.path()).unwrap();
    assert_eq!((corpus.train.len(), corpus.validation.len(), corpus.test.len()), (40, 10, 10));
    assert_eq!(corpus.train.shape, SampleShape::Image { channels: 3, height: 32, width: 32 });
    assert_eq!(corpus.classes, names);
    // Red goes from class 0 to 9: mean 4.5, variance 8.25. Green and blue are constant.
    for sample in 0..10 {
        let row = corpus.test.row(sample).unwrap();
        let red = (sample as f64 - 4.5) / 8.25_f64.sqrt();
        assert!(row[..1024].iter().all(|&value| (f64::from(value) - red).abs() < 1e-5));
        assert!(row[1024..].iter().all(|&value| value.abs() < 1e-6));
        assert_eq!(corpus.test.labels[sample], Some(sample as u32));
    }
    assert_eq!(corpus.sources.len(), 7);
    let rows = corpus.preprocessing.read_rows(folder.path()).unwrap();
    assert_eq!(rows.samples, corpus.test);
}

#[test]
fn the_fine_label_of_cifar_100_is_its_second() {
    let folder = tempfile::tempdir().unwrap();
    let records: Vec<u8> = (0..200).flat_map(|at| record(&[3, at % 100], [at; 3])).collect();
    write(folder.path(), "train.bin", &records);
    write(folder.path(), "test.bin", &record(&[7, 42], [1; 3]));
    let corpus = load_folder(folder.path()).unwrap();
    assert_eq!(corpus.classes.len(), 100);
    assert_eq!(corpus.test.labels, [Some(42)]);
}

#[test]
fn wrong_sizes_labels_names_and_missing_files_are_refused() {
    let folder = cifar_10();
    let image = record(&[0], [0; 3]);
    write(folder.path(), "data_batch_3.bin", &image[..3072]);
    assert_eq!(
        refusal(folder.path()),
        "data_batch_3.bin: expected whole records of 3073 bytes, found 3072 bytes"
    );
    write(folder.path(), "data_batch_3.bin", &[image, record(&[10], [0; 3])].concat());
    assert_eq!(
        refusal(folder.path()),
        "data_batch_3.bin: label 10 of sample 1 is out of range, expected 0 to 9"
    );
    std::fs::remove_file(folder.path().join("data_batch_3.bin")).unwrap();
    assert_eq!(refusal(folder.path()), "data_batch_3.bin: no such file");
    let folder = cifar_10();
    write(folder.path(), "batches.meta.txt", b"cat\ndog\n");
    assert_eq!(
        refusal(folder.path()),
        "batches.meta.txt: expected 10 distinct names, one a line, found 2 lines, the first is `cat`"
    );
    let folder = cifar_10();
    std::fs::remove_file(folder.path().join("test_batch.bin")).unwrap();
    assert_eq!(refusal(folder.path()), "test_batch.bin: no such file");
}
