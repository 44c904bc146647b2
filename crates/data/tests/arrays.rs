//! Arrays of NumPy: what NumPy wrote is read as NumPy computes it, and what is no such file is refused.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::path::{Path, PathBuf};

use potstill_data::{
    Corpus, DataError, DataOptions, ImageReading, Layout, Preprocessing, SampleShape, load,
};
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/arrays")
}

/// All samples of a file for training, and again for test.
fn options(name: &str) -> DataOptions {
    DataOptions {
        source: format!("{name}.npy").into(),
        labels: Some("labels.npy".into()),
        test_source: Some(format!("{name}.npy").into()),
        test_labels: Some("labels-column.npy".into()),
        validation: 0.0,
        ..DataOptions::default()
    }
}

fn oracle() -> Value {
    serde_json::from_str(include_str!("arrays/arrays.json")).unwrap()
}

#[track_caller]
fn assert_as_numpy_has_it(name: &str, corpus: &Corpus, expected: &Value) {
    let numbers = |key: &str| -> Vec<f64> {
        expected[key].as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
    };
    let shape: Vec<usize> = numbers("shape").iter().map(|&size| size as usize).collect();
    let found = match corpus.train.shape {
        SampleShape::Vector(width) | SampleShape::Tokens { length: width, .. } => vec![width],
        SampleShape::Image { channels, height, width } => vec![channels, height, width],
    };
    assert_eq!(found, shape, "{name}");
    let values = numbers("values");
    assert_eq!(corpus.train.values.len(), values.len(), "{name}");
    for (place, (&found, expected)) in
        corpus.train.values.in_memory().unwrap().iter().zip(values).enumerate()
    {
        assert!((f64::from(found) - expected).abs() < 2e-6, "{name}, {place}: {found} {expected}");
    }
}

#[test]
fn every_type_byte_order_and_version_gives_what_numpy_computes() {
    let oracle = oracle();
    let (mut vectors, mut images) = (0, 0);
    for (name, expected) in oracle.as_object().unwrap() {
        if matches!(name.as_str(), "stored" | "compressed") {
            continue;
        }
        let layout = if name == "images-first" { Some(Layout::ChannelsFirst) } else { None };
        let options = DataOptions {
            images: ImageReading { layout, ..ImageReading::default() },
            ..options(name)
        };
        let corpus = load(&options, &folder()).unwrap();
        assert_as_numpy_has_it(name, &corpus, expected);
        assert_eq!(corpus.train.labels, [0, 1, 0, 1, 2, 2].map(Some), "{name}");
        assert_eq!(corpus.test, corpus.train, "{name}");
        assert_eq!(corpus.classes, ["0", "1", "2"]);
        if name.starts_with("images") { images += 1 } else { vectors += 1 }
    }
    assert_eq!((vectors, images), (25, 5));
}

#[test]
fn archives_give_their_arrays_by_name_and_their_own_test_part() {
    let oracle = oracle();
    for name in ["stored.npz", "stored.npz:x"] {
        let labels = name.ends_with('x').then(|| "stored.npz:y".into());
        let options = DataOptions {
            labels,
            test_source: Some("stored.npz".into()),
            test_labels: None,
            source: name.into(),
            ..options("")
        };
        let corpus = load(&options, &folder()).unwrap();
        assert_as_numpy_has_it(name, &corpus, &oracle["stored"]);
        assert_eq!(corpus.test, corpus.train);
    }
    let options =
        DataOptions { source: "compressed.npz".into(), validation: 0.0, ..DataOptions::default() };
    let corpus = load(&options, &folder()).unwrap();
    assert_as_numpy_has_it("compressed", &corpus, &oracle["compressed"]);
    let reversed: Vec<f32> =
        (0..6).rev().flat_map(|row| corpus.train.row(row).unwrap().to_vec()).collect();
    assert_eq!(corpus.test.values.in_memory().unwrap(), reversed);
    assert_eq!(corpus.sources.len(), 1);
    // Of both splits, `predict` and `evaluate` take the test split.
    let rows = corpus.preprocessing.read_rows(&folder().join("compressed.npz")).unwrap();
    assert_eq!(rows.samples, corpus.test);
    let error = load(&DataOptions { source: "stored.npz:z".into(), ..options }, &folder());
    let error = error.unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("stored.npz: there is no array `z`; the arrays are `x`, `y`, `more`"),
        "{error}"
    );
}

#[test]
fn rows_to_predict_are_read_as_in_training_and_tables_by_value_names() {
    let corpus = load(&options("f4-little"), &folder()).unwrap();
    let stored = serde_json::to_string(&corpus.preprocessing).unwrap();
    let stored: Preprocessing = serde_json::from_str(&stored).unwrap();
    let rows = stored.read_rows(&folder().join("f4-big.npy")).unwrap();
    assert_eq!(rows.samples.values, corpus.train.values);
    assert_eq!(rows.samples.labels, [None; 6]);
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("rows.csv");
    std::fs::write(&path, "value_3,value_2,value_1,value_0,class\n0,0,0,0,2\n").unwrap();
    let rows = stored.read_rows(&path).unwrap();
    let Preprocessing::Vector(scale) = &stored else { panic!("{stored:?}") };
    let expected: Vec<f32> =
        scale.mean.iter().zip(&scale.deviation).map(|(m, d)| (-m / d) as f32).collect();
    assert_eq!((rows.samples.values, rows.samples.labels), (expected.into(), vec![Some(2)]));
    let error = stored.read_rows(&folder().join("images-last.npy")).unwrap_err();
    assert!(error.to_string().ends_with("expected rows of 4 numbers, found images of 3x2x4"));
    let images = load(&options("images-last"), &folder()).unwrap().preprocessing;
    let error = images.read_rows(&folder().join("images-float.npy")).unwrap_err();
    let message = "expected images of 3x2x4, found images of 3x2x4 of numbers, not bytes";
    assert!(error.to_string().ends_with(message), "{error}");
}

/// An NPY file of version 1 with this header.
fn npy(header: &str, content: &[u8]) -> Vec<u8> {
    let size = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &size[..], header.as_bytes(), content].concat()
}

fn load_bytes(name: &str, bytes: &[u8]) -> Result<Corpus, DataError> {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join(name), bytes).unwrap();
    std::fs::copy(folder().join("labels.npy"), place.path().join("labels.npy")).unwrap();
    let options = DataOptions {
        source: name.into(),
        labels: name.ends_with("npy").then(|| "labels.npy".into()),
        test: 0.4,
        validation: 0.0,
        ..DataOptions::default()
    };
    load(&options, place.path())
}

#[test]
fn headers_that_lie_are_refused_with_what_was_expected_and_found() {
    let dictionary = |descr: &str, shape: &str| {
        format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}")
    };
    let header = "a header with `descr`, `fortran_order` and `shape`";
    let types = "integers, booleans, float32 or float64";
    let cases = [
        (dictionary("'<f4'", "(6, 5)"), "is truncated: expected 189 bytes, found 165".to_owned()),
        (dictionary("'<f4'", "(6, 3)"), "expected 141 bytes, found more".to_owned()),
        (
            dictionary("'<f4'", "(4294967295, 4294967295, 4294967295)"),
            "expected an array that a file can hold, found the shape (4294967295, 4294967295, \
             4294967295)"
                .to_owned(),
        ),
        (
            dictionary("'<f4'", "(1073741824, 4)"),
            "is truncated: expected 17179869262 bytes, found 174".to_owned(),
        ),
        (dictionary("'<f4'", "(6, -4)"), format!("expected {header}, found `")),
        (dictionary("'<f4'", "(6, 99999999999999999999)"), format!("expected {header}, found `")),
        (dictionary("'|O'", "(6, 4)"), format!("expected {types}, found the type `|O`")),
        (dictionary("'<f2'", "(6, 4)"), format!("expected {types}, found the type `<f2`")),
        (dictionary("[('a', '<f4')]", "(6, 4)"), format!("expected {types}, found the type `[('a'")),
        (dictionary("'<f4'", "(0, 4)"), "expected 69 bytes, found more".to_owned()),
        (
            dictionary("'<f4'", "(24,)"),
            "expected an array of samples in 2 dimensions (vectors), 3 (grey images) or 4 (images), \
             found the shape (24)"
                .to_owned(),
        ),
        ("{'descr': '<f4'}".to_owned(), format!("expected {header}, found `{{'descr': '<f4'}}`")),
        (String::new(), format!("expected {header}, found ``")),
    ];
    for (header, expected) in cases {
        let error = load_bytes("x.npy", &npy(&header, &[0; 96])).unwrap_err();
        let message = error.to_string();
        let found = &message[message.find("x.npy: ").unwrap() + 7..];
        assert!(found.starts_with(&expected), "{header}: {found}");
        assert!(error.hint().is_some(), "{found}");
    }
    let size = [b"\x93NUMPY\x02\x00".as_slice(), &[255; 4], &[0; 96]].concat();
    let error = load_bytes("x.npy", &size).unwrap_err().to_string();
    assert!(error.ends_with("a header of at most 10000 bytes, found 4294967295 bytes"), "{error}");
    let pickle = load_bytes("x.npy", b"\x80\x04\x95 a pickle").unwrap_err().to_string();
    assert!(pickle.ends_with("found the first bytes [80, 04, 95, 20, 61, 20]"), "{pickle}");
}

#[test]
fn numbers_that_are_not_finite_and_labels_that_are_none_are_refused() {
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (6, 1), }";
    let mut content = [0; 48];
    content[8..16].copy_from_slice(&f64::NAN.to_le_bytes());
    let error = load_bytes("x.npy", &npy(header, &content)).unwrap_err().to_string();
    let expected = "expected numbers that single precision can hold, found NaN in sample 1, at the \
                    index [1, 0]";
    assert!(error.ends_with(expected), "{error}");
    // The third number of a file of 2 samples with 3 places, row by row or column by column.
    let mut content = [0; 48];
    content[16..24].copy_from_slice(&f64::NAN.to_le_bytes());
    for (order, found) in [("False", "0, at the index [0, 2]"), ("True", "0, at the index [0, 1]")]
    {
        let header = format!("{{'descr': '<f8', 'fortran_order': {order}, 'shape': (2, 3), }}");
        let error = load_bytes("x.npy", &npy(&header, &content)).unwrap_err().to_string();
        assert!(error.ends_with(&format!("found NaN in sample {found}")), "{error}");
    }
    content[8..16].copy_from_slice(&1e39_f64.to_le_bytes());
    assert!(load_bytes("x.npy", &npy(header, &content)).is_err());
    let labels = |name: &str| {
        let options = DataOptions { labels: Some(name.into()), ..options("f4-little") };
        load(&options, &folder()).unwrap_err().to_string()
    };
    assert!(labels("f4-big.npy").ends_with("one for each sample, found the shape (6, 4)"));
    assert!(labels("f8-little.npy").ends_with("one for each sample, found the shape (6, 4)"));
    let place = tempfile::tempdir().unwrap();
    std::fs::copy(folder().join("f4-little.npy"), place.path().join("x.npy")).unwrap();
    let refused = |header: &str, content: &[u8]| {
        std::fs::write(place.path().join("y.npy"), npy(header, content)).unwrap();
        let labels = Some("y.npy".into());
        let options = DataOptions { source: "x.npy".into(), labels, ..DataOptions::default() };
        let message = load(&options, place.path()).unwrap_err().to_string();
        message[message.find("y.npy").unwrap()..].to_owned()
    };
    let header = |kind: &str, count: usize| {
        format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({count},), }}")
    };
    assert_eq!(
        refused(&header("|i1", 6), &[0, 1, 255, 1, 0, 1]),
        "y.npy: label -1 of sample 2 is out of range, expected 0 to 9999"
    );
    assert_eq!(
        refused(&header("<f4", 6), &[0; 24]),
        "y.npy: expected labels that are integers, found floating point numbers"
    );
    assert!(refused(&header("|i1", 3), &[0, 1, 2]).contains("expected 6 labels"));
}

#[test]
fn a_wrong_layout_is_told_from_its_many_channels() {
    let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (6, 3, 32, 32), }";
    let error = load_bytes("x.npy", &npy(header, &[0; 6 * 3072])).unwrap_err();
    assert!(error.to_string().ends_with("at most 16 channels in the last dimension, found 32"));
    assert_eq!(error.hint().unwrap(), "set layout = \"channels-first\" if they come first");
}

#[test]
fn square_images_with_their_channels_first_need_a_layout() {
    let place = tempfile::tempdir().unwrap();
    std::fs::copy(folder().join("labels.npy"), place.path().join("labels.npy")).unwrap();
    let read = |shape: &str, layout: Option<Layout>| {
        let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({shape}), }}");
        let size = shape.split(", ").map(|size| size.parse::<usize>().unwrap()).product();
        std::fs::write(place.path().join("x.npy"), npy(&header, &vec![7; size])).unwrap();
        let options = DataOptions {
            source: "x.npy".into(),
            labels: Some("labels.npy".into()),
            images: ImageReading { layout, ..ImageReading::default() },
            test: 0.4,
            validation: 0.0,
            ..DataOptions::default()
        };
        load(&options, place.path())
    };
    for (shape, channels) in [("6, 3, 8, 8", "3 channels"), ("6, 1, 16, 16", "1 channel")] {
        let error = read(shape, None).unwrap_err();
        let message = error.to_string();
        assert!(message.contains(&format!("found the shape ({shape}), as of ")), "{message}");
        assert!(message.ends_with(&format!(" pixels with {channels} first")), "{message}");
        assert!(error.hint().unwrap().starts_with("set layout = \"channels-first\""));
        for layout in [Layout::ChannelsFirst, Layout::ChannelsLast] {
            let corpus = read(shape, Some(layout)).unwrap();
            // A model keeps what it was trained on, and takes the same again.
            let Preprocessing::Image(image) = &corpus.preprocessing else { panic!("images") };
            assert_eq!(image.reading.layout, Some(layout));
            assert!(corpus.preprocessing.read_rows(&place.path().join("x.npy")).is_ok());
        }
    }
    // These are images with their channels last.
    for shape in ["6, 3, 8, 3", "6, 1, 9, 8", "6, 8, 8, 8", "6, 3, 3, 3", "6, 3, 4, 4"] {
        assert!(read(shape, None).is_ok(), "{shape}");
    }
}

#[test]
fn a_file_cut_at_any_byte_is_refused() {
    for name in ["f8-fortran.npy", "images-last.npy", "f4-version-2.npy", "stored.npz"] {
        let whole = std::fs::read(folder().join(name)).unwrap();
        assert!(load_bytes(name, &whole).is_ok(), "{name}");
        for length in 0..whole.len() {
            assert!(load_bytes(name, &whole[..length]).is_err(), "{name} {length}");
        }
    }
}

#[test]
fn a_flipped_bit_is_refused_or_gives_whole_samples() {
    for name in ["f8-fortran.npy", "compressed.npz"] {
        let whole = std::fs::read(folder().join(name)).unwrap();
        // One bit of each byte, another one from byte to byte.
        for bit in (0..8 * whole.len()).step_by(7) {
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            match load_bytes(name, &damaged) {
                Ok(corpus) => {
                    let values = corpus.train.len() * corpus.train.shape.len();
                    assert_eq!(corpus.train.values.len(), values, "{name}, bit {bit}");
                    assert!(
                        corpus
                            .train
                            .values
                            .in_memory()
                            .unwrap()
                            .iter()
                            .all(|value| value.is_finite())
                    );
                }
                Err(error) => assert!(!error.to_string().contains('\n'), "bit {bit}: {error}"),
            }
        }
    }
}

#[test]
fn an_archive_whose_checksum_is_wrong_is_to_be_got_again() {
    let mut bytes = std::fs::read(folder().join("stored.npz")).unwrap();
    // The last number of the first array: its entry ends where that of the next one begins.
    let next = bytes.windows(4).skip(1).position(|four| four == b"PK\x03\x04").unwrap();
    bytes[next] ^= 1;
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("x.npz"), bytes).unwrap();
    let options = DataOptions { source: "x.npz".into(), validation: 0.0, ..DataOptions::default() };
    let error = load(&options, place.path()).unwrap_err();
    assert!(error.to_string().to_lowercase().contains("checksum"), "{error}");
    let hint = error.hint().unwrap_or_default();
    assert!(hint.starts_with("get the file again"), "{error}: {hint}");
}
