//! Parquet files: what every writer and encoding gives, what damage and lies become.
//! `oracles/parquet_files.py` writes the files and their cells.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::path::{Path, PathBuf};

use potstill_data::{
    ColumnScale, Corpus, DataError, DataOptions, Preprocessing, RecordedRows, TableOptions, load,
};
use random::Stream;
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parquet")
}

fn options(source: &str) -> DataOptions {
    DataOptions {
        source: source.into(),
        label: Some("kind".into()),
        validation: 0.0,
        ..DataOptions::default()
    }
}

fn corpus(source: &str) -> Corpus {
    load(&options(source), &folder()).unwrap()
}

/// Equal as text or as numbers.
fn same(found: &str, expected: &str) -> bool {
    let number = |text: &str| text.parse::<f64>().ok();
    found == expected || (number(found).is_some() && number(found) == number(expected))
}

#[test]
fn every_writer_and_encoding_gives_the_cells_of_the_oracle() {
    let expected: Value =
        serde_json::from_slice(&std::fs::read(folder().join("cells.json")).unwrap()).unwrap();
    let expected = expected.as_object().unwrap();
    assert_eq!(expected.len(), 8);
    let preprocessing = corpus("snappy.parquet").preprocessing;
    for (name, expected) in expected {
        let file = folder().join(format!("{name}.parquet"));
        let rows = preprocessing.read_rows(&file).unwrap();
        let texts = |list: &Value| -> Vec<String> {
            list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().into()).collect()
        };
        assert_eq!(rows.header, texts(&expected["header"]), "{name}");
        let records: Vec<Vec<String>> =
            expected["rows"].as_array().unwrap().iter().map(texts).collect();
        assert_eq!(rows.records.len(), records.len(), "{name}");
        for (row, (found, expected)) in rows.records.iter().zip(&records).enumerate() {
            for (column, (found, expected)) in found.iter().zip(expected).enumerate() {
                let place = format!("{name}, row {row}, `{}`", rows.header[column]);
                assert!(same(found, expected), "{place}: {found}, expected {expected}");
            }
        }
    }
}

#[test]
fn a_parquet_file_gives_the_samples_of_the_same_table_as_csv() {
    let table = TableOptions { categorical: vec!["code".into()], ..TableOptions::default() };
    let csv = load(&DataOptions { table, ..options("same.csv") }, &folder()).unwrap();
    for name in ["snappy", "gzip-second-form", "zstd-deltas", "plain", "small-pages", "polars"] {
        let found = corpus(&format!("{name}.parquet"));
        assert_eq!(found.preprocessing, csv.preprocessing, "{name}");
        assert!(found.train == csv.train && found.test == csv.test, "{name}");
        assert_eq!(found.sources[0].name, format!("{name}.parquet"));
    }
}

#[test]
fn text_is_words_even_where_it_looks_like_numbers() {
    let Preprocessing::Table(table) = corpus("snappy.parquet").preprocessing else {
        panic!("a table")
    };
    let scale =
        |name: &str| &table.columns.iter().find(|column| column.name == name).unwrap().scale;
    let ColumnScale::OneHot { levels } = scale("code") else { panic!("words") };
    assert_eq!(levels[..2], ["00000", "00001"]);
    assert!(matches!(scale("price"), ColumnScale::Standardised { .. }));
    assert!(matches!(scale("flag"), ColumnScale::OneHot { .. }));
}

fn message(result: Result<Corpus, DataError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn columns_that_no_cell_can_hold_are_named_and_can_be_left_out() {
    let all = ["wide", "raw", "pair", "list", "day", "when"];
    let said = message(load(&options("others.parquet"), &folder()));
    assert!(said.ends_with(
        "others.parquet: column `day` holds dates, expected numbers, truth values or text"
    ));
    for (name, held) in [
        ("wide", "decimals of more than 38 digits"),
        ("raw", "bytes that are no text"),
        ("pair", "lists or structures"),
        ("list", "lists or structures"),
        ("when", "points in time"),
    ] {
        let ignore = all.iter().filter(|other| **other != name).map(ToString::to_string).collect();
        let table = TableOptions { ignore, ..TableOptions::default() };
        let error = load(&DataOptions { table, ..options("others.parquet") }, &folder());
        let error = error.unwrap_err();
        assert!(error.to_string().contains(&format!("column `{name}` holds {held}, ")), "{error}");
        assert!(error.hint().unwrap().contains(&format!("ignore = [\"{name}\"]")));
    }
    let ignore = all.map(str::to_owned).to_vec();
    let table = TableOptions { ignore, ..TableOptions::default() };
    let found = load(&DataOptions { table, ..options("others.parquet") }, &folder()).unwrap();
    assert_eq!(found.preprocessing.value_names(), ["count"]);
    let label = DataOptions { label: Some("when".into()), ..options("others.parquet") };
    assert!(message(load(&label, &folder())).contains("column `when` holds points in time"));
}

#[test]
fn numbers_in_half_precision_are_numbers() {
    let preprocessing = corpus("halves.parquet").preprocessing;
    let rows = preprocessing.read_rows(&folder().join("halves.parquet")).unwrap();
    for (number, row) in rows.records.iter().enumerate() {
        assert_eq!(row[0].parse(), Ok(number as f32 / 8.0 - 3.0), "{number}");
    }
}

#[test]
fn pages_are_held_against_their_checksums() {
    let whole = std::fs::read(folder().join("checksums.parquet")).unwrap();
    let place = tempfile::tempdir().unwrap();
    let read = |bytes: &[u8]| {
        std::fs::write(place.path().join("checksums.parquet"), bytes).unwrap();
        let held = load(&options("checksums.parquet"), place.path());
        let scratch = Some("scratch".into());
        let stored = DataOptions { scratch, ..options("checksums.parquet") };
        let stored = load(&stored, place.path()).map_err(|error| error.to_string());
        let held = held.map_err(|error| error.to_string());
        assert_eq!(held.as_ref().err(), stored.as_ref().err());
        held
    };
    assert!(read(&whole).is_ok());
    let footer = columnar::footer(&whole).unwrap();
    for (column, chunk) in footer.columns.iter().zip(&footer.groups[0].chunks) {
        // The last byte of a chunk is one of its last page, which any reader would take as it is.
        let mut damaged = whole.clone();
        damaged[chunk.start + chunk.length - 1] ^= 1;
        let error = read(&damaged).unwrap_err();
        let start =
            format!("column `{}` cannot be read from row 1 on: the page at byte ", column.name);
        assert!(error.contains(&start) && error.ends_with(" does not fit its checksum"), "{error}");
        let (_, rest) = error.split_once("the page at byte ").unwrap();
        let byte: usize = rest.split(' ').next().unwrap().parse().unwrap();
        assert!((chunk.start..chunk.start + chunk.length).contains(&byte), "{error}");
    }
}

#[test]
fn columns_that_changed_since_training_are_named() {
    let preprocessing = corpus("snappy.parquet").preprocessing;
    let error = preprocessing.read_rows(&folder().join("others.parquet")).unwrap_err();
    assert!(error.to_string().contains("others.parquet: there is no column `whole`"), "{error}");
    // In the place of a number, words: the first of them is named by its row.
    let place = tempfile::tempdir().unwrap();
    let csv = std::fs::read_to_string(folder().join("same.csv")).unwrap();
    let changed = csv.replacen("whole,small", "small,whole", 1).replacen("flag", "size2", 1);
    std::fs::write(place.path().join("new.csv"), changed.replacen("size2", "flag", 1)).unwrap();
    assert!(preprocessing.read_rows(&place.path().join("new.csv")).is_ok());
    std::fs::write(place.path().join("new.csv"), csv.replacen("price", "cost", 1)).unwrap();
    let error = preprocessing.read_rows(&place.path().join("new.csv")).unwrap_err();
    assert!(error.to_string().contains("there is no column `price`"), "{error}");
}

#[test]
fn another_codec_or_another_file_is_named() {
    let error = load(&options("brotli.parquet"), &folder()).unwrap_err();
    let (said, hint) = (error.to_string(), error.hint().unwrap());
    assert!(
        said.contains("column `count` is compressed with Brotli, expected Zstandard"),
        "{said}"
    );
    assert!(hint.contains("compression=\"zstd\""), "{hint}");
    let place = tempfile::tempdir().unwrap();
    let refused = |content: &[u8]| {
        std::fs::write(place.path().join("x.parquet"), content).unwrap();
        message(load(&options("x.parquet"), place.path()))
    };
    assert!(refused(b"a,b\n1,2\n").contains("expected a Parquet file, found the first bytes [61"));
    assert!(refused(b"PA").ends_with("expected a Parquet file, found fewer than four bytes"));
    assert!(refused(b"PAR1PAR1").ends_with("found a file that is cut off"));
    assert!(refused(b"PAR1\xff\xff\xff\xffPAR1").contains("found a length beyond it"));
    assert!(refused(b"PAR1\x00\x00\x00\x00PAR1").contains("found damaged or impossible ones"));
    assert!(refused(b"PAR1\x00\x00\x00\x00PARE").contains("encrypted"));
}

/// Also where its cells stay in the file.
#[test]
fn a_file_without_rows_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for groups in [true, false] {
        let mut writer = columnar::Writer::new(0);
        if groups {
            writer.column("share", &columnar::Values::Floats(&[]));
            writer.column("kind", &columnar::Values::Integers(&[]));
        }
        std::fs::write(folder.path().join("rows.parquet"), writer.finish(&[])).unwrap();
        for scratch in [None, Some("scratch".into())] {
            let options = DataOptions { scratch, ..options("rows.parquet") };
            let error = load(&options, folder.path()).unwrap_err();
            let text = error.to_string();
            assert!(text.ends_with("rows.parquet: there are no rows"), "{text}");
            assert!(error.hint().is_some_and(|hint| hint.contains("at least one row")));
        }
        let classes = ["a", "b"].map(str::to_owned);
        let recorded = RecordedRows::read(folder.path(), "rows.parquet", &classes, None);
        let text = recorded.unwrap_err().to_string();
        assert!(text.ends_with("rows.parquet: there are no rows"), "{text}");
    }
    // As pyarrow writes it, with a group that has no rows.
    let text = message(load(&options("rowless.parquet"), &self::folder()));
    assert!(text.ends_with("rowless.parquet: there are no rows"), "{text}");
}

/// What a damaged file is read to.
fn read(place: &Path, bytes: &[u8]) -> Result<Corpus, String> {
    let file = place.join("damaged.parquet");
    std::fs::write(&file, bytes).unwrap();
    load(&options("damaged.parquet"), place).map_err(|error| error.to_string())
}

#[test]
fn a_file_that_is_cut_anywhere_is_an_error() {
    let place = tempfile::tempdir().unwrap();
    for name in ["snappy", "zstd-deltas"] {
        let bytes = std::fs::read(folder().join(format!("{name}.parquet"))).unwrap();
        for length in 0..bytes.len() {
            let error = read(place.path(), &bytes[..length]).unwrap_err();
            assert!(error.contains("damaged.parquet: "), "{name}, {length}: {error}");
        }
        // The beginning is missing, or something in the middle.
        for gap in (1..bytes.len() - 8).step_by(7) {
            let cut = [&bytes[..4], &bytes[4 + gap.min(bytes.len() - 12)..]].concat();
            let error = read(place.path(), &cut).unwrap_err();
            assert!(error.contains("damaged.parquet: "), "{name}, {gap}: {error}");
        }
    }
}

#[test]
fn flipped_bits_are_errors_or_other_cells_and_never_a_panic() {
    let place = tempfile::tempdir().unwrap();
    let names = ["snappy", "gzip-second-form", "zstd-deltas", "plain", "small-pages", "duckdb"];
    let mut generator = Stream::new(21, "flips").generator();
    let (mut refused, mut read_all) = (0, 0);
    for name in names {
        let bytes = std::fs::read(folder().join(format!("{name}.parquet"))).unwrap();
        for _ in 0..500 {
            let mut damaged = bytes.clone();
            for _ in 0..=generator.below(3) {
                let bit = generator.below(8 * bytes.len() as u64) as usize;
                damaged[bit / 8] ^= 1 << (bit % 8);
            }
            match read(place.path(), &damaged) {
                Ok(_) => read_all += 1,
                Err(_) => refused += 1,
            }
        }
    }
    // Both kinds occur, or the damage was not where anyone looks.
    assert!(refused > 500 && read_all > 50, "{refused} refused, {read_all} read");
}

#[test]
fn recorded_outputs_in_parquet_are_those_of_the_same_table_as_csv() {
    let read = |name: &str, columns: &[&str]| {
        let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
        RecordedRows::read(&folder(), name, &columns, None)
    };
    let expected = read("same.csv", &["share", "count"]).unwrap();
    assert_eq!((expected.rows(), expected.classes), (48, 2));
    for name in ["pandas.parquet", "polars.parquet", "duckdb.parquet", "zstd-deltas.parquet"] {
        assert_eq!(read(name, &["share", "count"]).unwrap().values, expected.values, "{name}");
    }
    let error = read("pandas.parquet", &["share", "absent"]).unwrap_err().to_string();
    assert!(error.contains("absent"), "{error}");
    // Names that cannot be read are not taken for rows without names.
    let columns = ["count".to_owned()];
    let error = RecordedRows::read(&folder(), "others.parquet", &columns, Some("when"));
    assert!(error.unwrap_err().to_string().contains("column `when` holds points in time"));
}
