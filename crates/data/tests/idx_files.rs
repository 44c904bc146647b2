//! IDX files: what is read, and the text of every refusal.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::io::Write;
use std::path::Path;

use flate2::{Compression, write::GzEncoder};
use potstill_data::{Corpus, DataError, DataOptions, SampleShape, load};

/// Header and content of an IDX file of unsigned bytes.
fn idx(dimensions: &[u32], content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dimensions.len() as u8];
    bytes.extend(dimensions.iter().flat_map(|dimension| dimension.to_be_bytes()));
    bytes.extend(content);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Six images of 2x3: image `i` holds the pixels `10 i` to `10 i + 5`.
fn images() -> Vec<u8> {
    let pixels: Vec<u8> = (0..6).flat_map(|image| (0..6).map(move |at| 10 * image + at)).collect();
    idx(&[6, 2, 3], &pixels)
}

fn labels() -> Vec<u8> {
    idx(&[6], &[0, 1, 0, 1, 0, 1])
}

fn options() -> DataOptions {
    DataOptions {
        source: "images".into(),
        labels: Some("labels".into()),
        test: 0.3,
        validation: 0.3,
        ..DataOptions::default()
    }
}

fn load_files(images: &[u8], labels: &[u8]) -> Result<Corpus, DataError> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "images", images);
    write(folder.path(), "labels", labels);
    load(&options(), folder.path())
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    std::fs::write(folder.join(name), bytes).unwrap();
}

/// The message from the file's name on.
fn refusal(images: &[u8], labels: &[u8]) -> String {
    let message = load_files(images, labels).unwrap_err().to_string();
    let folder = message.find("/images").or(message.find("/labels")).unwrap();
    message[folder + 1..].to_owned()
}

#[test]
fn images_are_scaled_with_the_mean_and_deviation_of_the_training_pixels() {
    let corpus = load_files(&images(), &labels()).unwrap();
    let shape = SampleShape::Image { channels: 1, height: 2, width: 3 };
    assert_eq!(corpus.train.shape, shape);
    assert_eq!((corpus.train.len(), corpus.validation.len(), corpus.test.len()), (2, 2, 2));
    assert_eq!(corpus.classes, ["0", "1"]);
    // Whatever two images are chosen, the scaled training pixels have mean 0 and variance 1.
    let values = corpus.train.values.in_memory().unwrap().iter().map(|&value| f64::from(value));
    let mean = values.clone().sum::<f64>() / 12.0;
    let variance = values.map(|value| (value - mean).powi(2)).sum::<f64>() / 12.0;
    assert!(mean.abs() < 1e-6 && (variance - 1.0).abs() < 1e-6, "{mean} {variance}");
    // Raw neighbours differ by 1 everywhere, so that scaled ones do by one step.
    let step =
        corpus.train.values.in_memory().unwrap()[1] - corpus.train.values.in_memory().unwrap()[0];
    assert!(
        (corpus.test.values.in_memory().unwrap()[1]
            - corpus.test.values.in_memory().unwrap()[0]
            - step)
            .abs()
            < 1e-6
    );
}

#[test]
fn the_scale_is_the_one_computed_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "images", &idx(&[2, 1, 2], &[0, 51, 102, 255]));
    write(folder.path(), "labels", &idx(&[2], &[0, 1]));
    let options = DataOptions {
        test_source: Some("images".into()),
        test_labels: Some("labels".into()),
        validation: 0.0,
        ..options()
    };
    let corpus = load(&options, folder.path()).unwrap();
    // In units of 255: 0, 0.2, 0.4, 1; mean 0.4, variance (0.16 + 0.04 + 0 + 0.36) / 4 = 0.14.
    let expected = [0.0, 0.2, 0.4, 1.0].map(|pixel: f64| ((pixel - 0.4) / 0.14_f64.sqrt()) as f32);
    for (value, expected) in corpus.train.values.in_memory().unwrap().iter().zip(expected) {
        assert!((value - expected).abs() < 1e-6, "{value} {expected}");
    }
    assert_eq!(corpus.test.values, corpus.train.values);
    assert_eq!(corpus.preprocessing.background(), [corpus.train.values.in_memory().unwrap()[0]]);
}

#[test]
fn compressed_files_give_the_same_samples() {
    let plain = load_files(&images(), &labels()).unwrap();
    let compressed = load_files(&gzip(&images()), &gzip(&labels())).unwrap();
    assert_eq!(plain.train, compressed.train);
    assert_eq!(plain.test, compressed.test);
    assert_ne!(plain.sources, compressed.sources);
    assert_eq!(plain.sources[0].name, "images");
    assert_eq!(plain.sources[0].bytes, 52);
    assert_eq!(plain.sources[0].blake3, blake3::hash(&images()).to_hex().to_string());
    assert_eq!(compressed.sources[1].blake3, blake3::hash(&gzip(&labels())).to_hex().to_string());
}

#[test]
fn a_file_cut_at_any_byte_is_refused() {
    for length in 0..images().len() {
        let error = load_files(&images()[..length], &labels()).unwrap_err();
        match length {
            0 => assert!(matches!(error, DataError::EmptyFile { .. }), "{error}"),
            1..4 => assert!(matches!(error, DataError::BadMagic { .. }), "{error}"),
            _ => assert!(matches!(error, DataError::Truncated { .. }), "{error}"),
        }
    }
    for length in 0..labels().len() {
        assert!(load_files(&images(), &labels()[..length]).is_err(), "{length}");
    }
    let compressed = gzip(&images());
    for length in 0..compressed.len() {
        let error = load_files(&compressed[..length], &labels()).unwrap_err();
        assert!(error.hint().is_some(), "{length}: {error}");
    }
}

#[test]
fn the_bytes_expected_and_found_are_named() {
    let cut = &images()[..50];
    assert_eq!(refusal(cut, &labels()), "images: is truncated: expected 52 bytes, found 50");
    assert_eq!(refusal(&gzip(cut), &labels()), "images: is truncated: expected 52 bytes, found 50");
    assert_eq!(
        refusal(&images()[..9], &labels()),
        "images: is truncated: expected 16 bytes, found 9"
    );
}

#[test]
fn bytes_after_the_end_are_refused() {
    let longer = [images(), vec![0]].concat();
    assert_eq!(refusal(&longer, &labels()), "images: expected 52 bytes, found more");
    assert_eq!(refusal(&gzip(&longer), &labels()), "images: expected 52 bytes, found more");
}

#[test]
fn any_flipped_bit_of_compressed_data_is_found_or_changes_nothing() {
    let whole = load_files(&gzip(&images()), &labels()).unwrap();
    let compressed = gzip(&images());
    for bit in 0..8 * compressed.len() {
        let mut damaged = compressed.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        if let Ok(corpus) = load_files(&damaged, &labels()) {
            // Time, name of the system and such in the gzip header carry no sample.
            assert_eq!((&corpus.train, &corpus.test), (&whole.train, &whole.test), "bit {bit}");
        }
    }
}

#[test]
fn another_format_is_refused() {
    assert_eq!(
        refusal(&labels(), &labels()),
        "images: expected an IDX file of unsigned bytes in 3 dimensions (00 00 08 03), found the \
         first bytes [00, 00, 08, 01]"
    );
    assert_eq!(
        refusal(b"\x89PNG....", &labels()),
        "images: expected an IDX file of unsigned bytes in 3 dimensions (00 00 08 03), found the \
         first bytes [89, 50, 4e, 47]"
    );
}

#[test]
fn oversized_headers_are_refused_before_anything_is_allocated() {
    let largest = u32::MAX;
    let dimensions = [largest, largest, largest];
    let message = "images: expected at most 2147483648 bytes, \
                   found the dimensions [4294967295, 4294967295, 4294967295] in the header";
    assert_eq!(refusal(&idx(&dimensions, &[]), &labels()), message);
    // Within the limit, but more than the file holds.
    let dimensions = [1 << 10, 1 << 10, 1 << 10];
    assert_eq!(
        refusal(&idx(&dimensions, &[0; 10]), &labels()),
        "images: is truncated: expected 1073741840 bytes, found 26"
    );
    // More than gzip data of this length can expand to.
    let compressed = gzip(&idx(&dimensions, &[0; 10]));
    assert_eq!(
        refusal(&compressed, &labels()),
        format!(
            "images: expected at most {} bytes, found the dimensions [1024, 1024, 1024] in the header",
            1032 * compressed.len()
        )
    );
}

#[test]
fn no_images_and_images_without_pixels_are_refused() {
    assert_eq!(refusal(&idx(&[0, 2, 3], &[]), &idx(&[0], &[])), "images: there are no rows");
    assert_eq!(refusal(&idx(&[6, 0, 3], &[]), &labels()), "images: there are no rows");
}

#[test]
fn images_and_labels_must_be_equally_many() {
    let error = load_files(&images(), &idx(&[5], &[0, 1, 0, 1, 0])).unwrap_err();
    assert!(matches!(error, DataError::CountMismatch { expected: 6, found: 5, .. }), "{error}");
    assert_eq!(error.hint().unwrap(), "give the label file that belongs to these images");
}

#[test]
fn images_without_a_label_file_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "images", &images());
    let error = load(&DataOptions { labels: None, ..options() }, folder.path()).unwrap_err();
    assert!(error.to_string().ends_with("images: the images have no label file"), "{error}");
    assert!(error.hint().unwrap().contains("`labels`"));
}

#[test]
fn a_class_without_images_is_refused() {
    let error = load_files(&images(), &idx(&[6], &[0, 2, 0, 2, 0, 2])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the test split leaves class `1` empty: rows of the class: expected at least 2, found 0"
    );
}

/// A folder in the layout of MNIST.
fn mnist_folder(test_images: &[u8], test_labels: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "train-images-idx3-ubyte", &images());
    write(folder.path(), "train-labels-idx1-ubyte.gz", &gzip(&labels()));
    write(folder.path(), "t10k-images-idx3-ubyte.gz", &gzip(test_images));
    write(folder.path(), "t10k-labels-idx1-ubyte", test_labels);
    folder
}

fn folder_options() -> DataOptions {
    DataOptions { source: ".".into(), labels: None, ..options() }
}

#[test]
fn the_official_test_split_of_a_folder_is_kept() {
    let folder = mnist_folder(&idx(&[1, 2, 3], &[9; 6]), &idx(&[1], &[1]));
    let corpus = load(&folder_options(), folder.path()).unwrap();
    assert_eq!((corpus.train.len(), corpus.validation.len()), (4, 2));
    assert_eq!(corpus.test.labels, [Some(1)]);
    let names: Vec<&str> = corpus.sources.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(names[1], "./train-labels-idx1-ubyte.gz");
    assert_eq!(names.len(), 4);
}

#[test]
fn a_label_out_of_range_is_refused() {
    let folder = mnist_folder(&idx(&[2, 2, 3], &[9; 12]), &idx(&[2], &[1, 7]));
    let error = load(&folder_options(), folder.path()).unwrap_err();
    assert!(
        error.to_string().ends_with(
            "t10k-labels-idx1-ubyte: label 7 of sample 1 is out of range, expected 0 to 1"
        ),
        "{error}"
    );
    assert_eq!(
        error.hint().unwrap(),
        "check that the label file belongs to these images and counts classes from 0"
    );
}

#[test]
fn test_images_of_another_size_are_refused() {
    let folder = mnist_folder(&idx(&[1, 3, 3], &[9; 9]), &idx(&[1], &[1]));
    let error = load(&folder_options(), folder.path()).unwrap_err();
    assert!(
        error.to_string().ends_with("expected images of 1x2x3, found images of 1x3x3"),
        "{error}"
    );
}

#[test]
fn images_to_predict_may_be_idx_or_csv() {
    let folder = mnist_folder(&idx(&[1, 2, 3], &[0, 51, 102, 153, 204, 255]), &idx(&[1], &[1]));
    let corpus = load(&folder_options(), folder.path()).unwrap();
    let path = folder.path().join("t10k-images-idx3-ubyte.gz");
    let from_idx = corpus.preprocessing.read_rows(&path).unwrap();
    assert_eq!(from_idx.samples.values, corpus.test.values);
    let path = folder.path().join("rows.csv");
    let text = "pixel_5,pixel_4,pixel_3,pixel_2,pixel_1,pixel_0,class\n255,204,153,102,51,0,1\n";
    std::fs::write(&path, text).unwrap();
    let from_csv = corpus.preprocessing.read_rows(&path).unwrap();
    assert_eq!(from_csv.samples, corpus.test);
}

#[test]
fn unlabelled_images_can_be_learnt_from() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "images", &images());
    write(folder.path(), "labels", &labels());
    write(folder.path(), "more.gz", &gzip(&images()));
    let options = DataOptions { transfer: Some("more.gz".into()), ..options() };
    let corpus = load(&options, folder.path()).unwrap();
    assert_eq!(corpus.train.len(), 2 + 6);
    assert_eq!(corpus.train.labelled_rows(), [0, 1]);
    assert_eq!(corpus.sources.len(), 3);
}
