//! Values on disk are the values in memory, whatever they are made from.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use std::path::Path;

use potstill_data::{
    Corpus, DataError, DataOptions, ImageReading, Room, Samples, Source, check, load,
};

fn picture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures").join(name)).unwrap()
}

/// Images of two sizes in two folders, `first` and `second`, each with two classes.
fn pets() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    for (folder, count) in [("first", 5), ("second", 3)] {
        for class in ["cat", "dog"] {
            let path = place.path().join(folder).join(class);
            std::fs::create_dir_all(&path).unwrap();
            for number in 0..count {
                let name = if class == "dog" { "rgb.png" } else { "photo.jpg" };
                let end = name.rsplit('.').next().unwrap();
                std::fs::write(path.join(format!("{number}.{end}")), picture(name)).unwrap();
            }
        }
    }
    place
}

/// The same data in memory and on disk.
fn both(options: DataOptions, base: &Path) -> [Corpus; 2] {
    let folder = tempfile::tempdir().unwrap();
    let scratch = Some(folder.path().join("made when needed"));
    let held = load(&options, base).unwrap();
    let stored = load(&DataOptions { scratch: scratch.clone(), ..options.clone() }, base).unwrap();
    assert!(!cfg!(unix) || std::fs::read_dir(scratch.clone().unwrap()).unwrap().next().is_none());
    let findings = |scratch| check(&DataOptions { scratch, ..options.clone() }, base).unwrap();
    assert_eq!(findings(scratch), findings(None));
    [held, stored]
}

fn assert_equal(held: &Samples, stored: &Samples) {
    assert!(held.values.in_memory().is_some());
    assert!(stored.is_empty() || stored.values.in_memory().is_none());
    assert_eq!((held.shape, &held.labels), (stored.shape, &stored.labels));
    assert_eq!(held.values.len(), stored.values.len());
    assert_eq!(held.fingerprint().unwrap(), stored.fingerprint().unwrap());
    for row in 0..held.len() + 1 {
        assert_eq!(held.row(row).unwrap(), stored.row(row).unwrap());
    }
    for rows in [0..0, 0..2, 1..held.len(), 3..held.len() + 5, 1000..1001] {
        assert_eq!(held.rows(rows.clone()).unwrap(), stored.rows(rows).unwrap());
    }
}

#[test]
fn values_on_disk_are_those_in_memory() {
    let pets = pets();
    let small = ImageReading { size: Some(8), ..ImageReading::default() };
    let halves = DataOptions { test: 0.25, validation: 0.25, ..DataOptions::default() };
    let folders = ["first", "second"].map(str::to_owned).to_vec();
    let cases = [
        DataOptions { rows: Some(400), labelled: 0.5, ..DataOptions::default() },
        DataOptions { source: "first".into(), images: small, ..halves.clone() },
        DataOptions { source: Source::of(folders), images: small, ..halves.clone() },
        DataOptions {
            source: "first".into(),
            transfer: Some("second".into()),
            images: small,
            ..halves
        },
    ];
    for options in cases {
        let [held, stored] = both(options, pets.path());
        assert_equal(&held.train, &stored.train);
        assert_equal(&held.validation, &stored.validation);
        assert_equal(&held.test, &stored.test);
        assert_eq!(held.preprocessing, stored.preprocessing);
        assert_eq!((&held.sources, &held.cells), (&stored.sources, &stored.cells));
        // What is stored is equal to itself alone, without being read.
        assert_eq!(stored, stored.clone());
        assert_ne!(held.train, stored.train);
    }
}

#[test]
fn arrays_of_bytes_and_of_numbers_go_to_disk_as_well() {
    let place = tempfile::tempdir().unwrap();
    let header = |kind: &str, shape: &str| {
        let text = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        let length = 128 - 10;
        bytes.extend((length as u16).to_le_bytes());
        bytes.extend(format!("{text:<117}\n").into_bytes());
        bytes
    };
    let count = 24_usize;
    let write = |name: &str, header: Vec<u8>, body: Vec<u8>| {
        std::fs::write(place.path().join(name), [header, body].concat()).unwrap();
    };
    let labels = (0..count).flat_map(|row| (row as i64 % 2).to_le_bytes()).collect();
    write("y.npy", header("<i8", "(24,)"), labels);
    let pixels = (0..count * 2 * 3 * 4).map(|place| (place * 37 % 251) as u8).collect();
    write("bytes.npy", header("|u1", "(24, 2, 3, 4)"), pixels);
    let numbers = |size| {
        let number = |place| ((place * 29 % 97) as f32 / 7.0 - 3.0).to_le_bytes();
        (0..count * size).flat_map(number).collect()
    };
    write("numbers.npy", header("<f4", "(24, 1, 3, 4)"), numbers(12));
    write("rows.npy", header("<f4", "(24, 5)"), numbers(5));
    for name in ["bytes.npy", "numbers.npy", "rows.npy"] {
        let options = DataOptions {
            source: name.into(),
            labels: Some("y.npy".into()),
            test: 0.25,
            ..DataOptions::default()
        };
        let [held, stored] = both(options, place.path());
        assert_equal(&held.train, &stored.train);
        assert_equal(&held.test, &stored.test);
        assert_eq!(held.preprocessing, stored.preprocessing);
    }
}

#[test]
fn a_folder_that_cannot_be_used_is_an_error_with_its_name() {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("taken"), b"a file").unwrap();
    let options = DataOptions { scratch: Some("taken".into()), ..DataOptions::default() };
    let error = load(&options, place.path()).unwrap_err();
    assert!(matches!(error, DataError::Scratch(_)), "{error}");
    assert!(error.to_string().contains("taken"), "{error}");
    assert!(error.hint().is_some());
}

#[test]
fn rows_are_written_in_any_pieces() {
    let place = tempfile::tempdir().unwrap();
    for room in [Room::MEMORY, Room::folder(place.path().to_owned())] {
        let mut writer = room.writer(3, 2).unwrap();
        let numbers = [0.5, -1.0, f32::MIN_POSITIVE, f32::MAX, 1e-40, -0.0, 9.0];
        for piece in [&numbers[..1], &[], &numbers[1..6], &numbers[6..]] {
            writer.push(piece).unwrap();
        }
        assert_eq!((writer.len(), writer.is_empty()), (7, false));
        let values = writer.finish().unwrap();
        for (row, expected) in numbers.chunks_exact(2).enumerate() {
            let found: Vec<u32> =
                values.row(row, 2).unwrap().iter().map(|value| value.to_bits()).collect();
            assert_eq!(found, expected.iter().map(|value| value.to_bits()).collect::<Vec<_>>());
        }
        assert!(values.row(3, 2).unwrap().is_empty());
    }
    // More than is gathered before it is written.
    let mut writer = Room::folder(place.path().to_owned()).writer(0, 1000).unwrap();
    let many: Vec<f32> = (0..1_000_000).map(|place| place as f32).collect();
    many.chunks(333_333).for_each(|piece| writer.push(piece).unwrap());
    let values = writer.finish().unwrap();
    for row in [0, 1, 262, 263, 524, 999] {
        assert_eq!(values.row(row, 1000).unwrap().to_vec(), many[row * 1000..(row + 1) * 1000]);
    }
}
