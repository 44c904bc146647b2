//! Each sample is found again in the user's files, whatever part it is in.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use std::path::Path;

use potstill_data::{DataOptions, SamplePlaces, load};

/// A table whose feature is the line that it stands in.
fn table(folder: &Path, name: &str, rows: usize) {
    let row = |row: usize| format!("{},{}\n", row + 2, ["a", "b"][row % 2]);
    let rows: String = (0..rows).map(row).collect();
    std::fs::write(folder.join(name), format!("line,kind\n{rows}")).unwrap();
}

#[test]
fn rows_of_tables_are_told_by_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    table(folder.path(), "table.csv", 40);
    table(folder.path(), "more.csv", 7);
    let options = DataOptions {
        source: "table.csv".into(),
        label: Some("kind".into()),
        transfer: Some("more.csv".into()),
        ..DataOptions::default()
    };
    let corpus = load(&options, folder.path()).unwrap();
    let places = SamplePlaces::read(&options, folder.path()).unwrap();
    let place =
        |file: &str, line: &str| Some(format!("{}:{line}", folder.path().join(file).display()));
    let potstill_data::Preprocessing::Table(scale) = &corpus.preprocessing else { unreachable!() };
    let potstill_data::ColumnScale::Standardised { mean, deviation, .. } = &scale.columns[0].scale
    else {
        unreachable!()
    };
    let line = |value: f32| (f64::from(value) * deviation + mean).round().to_string();
    let own = corpus.train.len() - 7;
    for sample in 0..corpus.train.len() {
        let file = if sample < own { "table.csv" } else { "more.csv" };
        let line = line(corpus.train.row(sample).unwrap()[0]);
        assert_eq!(places.train(sample).unwrap(), place(file, &line));
    }
    for sample in 0..corpus.test.len() {
        let line = line(corpus.test.row(sample).unwrap()[0]);
        assert_eq!(places.test(sample).unwrap(), place("table.csv", &line));
    }
    for sample in 0..corpus.validation.len() {
        let line = line(corpus.validation.row(sample).unwrap()[0]);
        assert_eq!(places.validation(sample).unwrap(), place("table.csv", &line));
    }
    assert_eq!(places.train(corpus.train.len()).unwrap(), None);
}

#[test]
fn images_are_told_by_their_file_and_arrays_by_their_row() {
    let folder = tempfile::tempdir().unwrap();
    let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures/rgb.png");
    for number in 0..8 {
        let class = folder.path().join("photos").join(["cat", "dog"][number % 2]);
        std::fs::create_dir_all(&class).unwrap();
        std::fs::copy(&picture, class.join(format!("{number}.png"))).unwrap();
    }
    let options = DataOptions {
        source: "photos".into(),
        test: 0.25,
        validation: 0.0,
        ..DataOptions::default()
    };
    let places = SamplePlaces::read(&options, folder.path()).unwrap();
    let mut found: Vec<String> = Vec::new();
    for sample in 0..8 {
        found.extend(places.train(sample).unwrap());
        found.extend(places.test(sample).unwrap());
    }
    assert_eq!(found.len(), 8);
    assert!(
        found.iter().all(|path| path.ends_with(".png") && Path::new(path).exists()),
        "{found:?}"
    );

    let idx = |magic: u8, dimensions: &[u32], content: &[u8]| {
        let mut bytes = vec![0, 0, 8, magic];
        bytes.extend(dimensions.iter().flat_map(|size| size.to_be_bytes()));
        bytes.extend(content);
        bytes
    };
    let pixels: Vec<u8> = (0..120).collect();
    let labels: Vec<u8> = (0..30).map(|row| row % 2).collect();
    std::fs::write(folder.path().join("images.idx"), idx(3, &[30, 2, 2], &pixels)).unwrap();
    std::fs::write(folder.path().join("labels.idx"), idx(1, &[30], &labels)).unwrap();
    let options = DataOptions {
        source: "images.idx".into(),
        labels: Some("labels.idx".into()),
        rows: Some(20),
        ..DataOptions::default()
    };
    let corpus = load(&options, folder.path()).unwrap();
    let places = SamplePlaces::read(&options, folder.path()).unwrap();
    let potstill_data::Preprocessing::Image(scale) = &corpus.preprocessing else { unreachable!() };
    for sample in 0..corpus.train.len() {
        let first = f64::from(corpus.train.row(sample).unwrap()[0]);
        let pixel = 255.0 * (first * scale.deviation[0] + scale.mean[0]);
        let row = (pixel.round() as usize) / 4 + 1;
        let path = folder.path().join("images.idx");
        assert_eq!(places.train(sample).unwrap(), Some(format!("{}, row {row}", path.display())));
    }
}
