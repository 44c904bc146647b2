//! Parquet files that stay where they are (`scratch`): the same samples and the same errors as in memory.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::path::{Path, PathBuf};

use columnar::{Values, Writer, footer};
use potstill_data::{
    Corpus, DataOptions, RowKeys, Source, Synthesis, TableOptions, Task, TestRows, check, load,
    synthesise, test_rows,
};
use random::Stream;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parquet")
}

fn options(source: impl Into<Source>) -> DataOptions {
    DataOptions { source: source.into(), label: Some("kind".into()), ..DataOptions::default() }
}

fn files(names: &[&str]) -> Source {
    Source::of(names.iter().map(|name| format!("{name}.parquet")).collect())
}

/// The same, with tables that stay in their files, and values in files of a folder for all tests.
fn stored(options: &DataOptions) -> DataOptions {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scratch of stored tables");
    DataOptions { scratch: Some(scratch), ..options.clone() }
}

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Loads both ways and says what is wrong, if anything is.
fn both(options: &DataOptions, place: &Path) -> [Result<Corpus, String>; 2] {
    [options, &stored(options)]
        .map(|options| load(options, place).map_err(|error| error.to_string()))
}

fn assert_same(held: &Corpus, found: &Corpus) {
    let parts = [
        (&held.train, &found.train),
        (&held.validation, &found.validation),
        (&held.test, &found.test),
    ];
    for (held, found) in parts {
        assert!(found.is_empty() || found.values.in_memory().is_none());
        assert_eq!((&held.labels, &held.targets), (&found.labels, &found.targets));
        assert_eq!(held.fingerprint().unwrap(), found.fingerprint().unwrap());
    }
    assert_eq!((&held.weights, &held.omitted), (&found.weights, &found.omitted));
    assert_eq!((&held.classes, &held.preprocessing), (&found.classes, &found.preprocessing));
    assert_eq!((&held.cells, &held.sources), (&found.cells, &found.sources));
}

#[test]
fn a_table_that_stays_in_its_file_gives_the_same_bits() {
    let roles = TableOptions {
        id: Some("long".into()),
        group: Some("code".into()),
        weight: Some("share".into()),
        ignore: texts(&["price"]),
        ..TableOptions::default()
    };
    let words = TableOptions {
        categorical: texts(&["byte", "count"]),
        rare: Some(3),
        missing: Some(texts(&["red", "00003"])),
        ..TableOptions::default()
    };
    let numbers = TableOptions { targets: texts(&["price", "share"]), ..TableOptions::default() };
    let parts = files(&["plain", "snappy", "gzip-second-form"]);
    // Three groups of 20, 20 and 8 rows in the first two.
    let cases = [
        options("snappy.parquet"),
        options("gzip-second-form.parquet"),
        DataOptions { table: roles.clone(), labelled: 0.5, ..options("snappy.parquet") },
        DataOptions { table: words, rows: Some(31), split_seed: 4, ..options(parts.clone()) },
        DataOptions {
            table: numbers,
            label: None,
            task: Task::Numbers,
            ..options("snappy.parquet")
        },
        DataOptions {
            test_source: Some("zstd-deltas.parquet".into()),
            transfer: Some(files(&["small-pages", "polars"])),
            validation: 0.3,
            ..options(parts)
        },
        DataOptions {
            labelled: 0.0,
            classes: texts(&["one", "two"]),
            label: None,
            ..options("*-*.parquet")
        },
    ];
    for options in cases {
        let [held, found] = both(&options, &folder()).map(Result::unwrap);
        assert_same(&held, &found);
        assert!(found.train.len() > 20);
        let keys = RowKeys::read(&options, &folder()).unwrap();
        assert_eq!(RowKeys::read(&stored(&options), &folder()).unwrap(), keys);
    }
    // What needs the whole table reads it.
    let options = DataOptions { table: roles, ..options("snappy.parquet") };
    let found = [&options, &stored(&options)].map(|options| check(options, &folder()).unwrap());
    assert_eq!(found[0], found[1]);
    let synthesis = Synthesis::Munge { share: 0.5, locality: 1.0 };
    let made = [&options, &stored(&options)]
        .map(|options| synthesise(options, &folder(), synthesis, 60, 3).unwrap());
    assert_eq!(made[0], made[1]);
}

#[test]
fn what_is_wrong_is_named_by_the_same_file_and_row() {
    let table = |change: fn(&mut TableOptions)| {
        let mut table = TableOptions::default();
        change(&mut table);
        DataOptions { table, ..options(files(&["snappy", "plain"])) }
    };
    let label = |name: &str| DataOptions { label: Some(name.into()), ..options("snappy.parquet") };
    let numbers = |table| DataOptions { task: Task::Numbers, label: None, ..table };
    let unlike = Some("others.parquet".into());
    let cases = [
        (table(|table| table.id = Some("long".into())), "long"),
        (table(|table| table.weight = Some("count".into())), "count"),
        (table(|table| table.missing = None), "whole"),
        (table(|table| table.group = Some("colour".into())), "colour"),
        (table(|table| table.ignore = vec!["none".into()]), "none"),
        (numbers(table(|table| table.targets = vec!["share".into(), "size".into()])), "size"),
        (numbers(table(|table| table.targets = vec!["colour".into()])), "colour"),
        (label("colour"), "colour"),
        (label("absent"), "absent"),
        (DataOptions { test_source: unlike.clone(), ..options("snappy.parquet") }, "whole"),
        (DataOptions { transfer: unlike, ..options("snappy.parquet") }, "whole"),
        (options(files(&["others", "snappy"])), "others.parquet"),
    ];
    for (options, named) in cases {
        let [held, found] = both(&options, &folder()).map(Result::unwrap_err);
        assert_eq!(held, found);
        assert!(found.contains(named), "{found}");
    }
}

/// Numbers of which the second column has the class.
fn written(place: &Path, name: &str, rows: std::ops::Range<i32>) {
    let mut writer = Writer::new(rows.len());
    let sizes: Vec<f32> = rows.clone().map(|row| (row * 7 % 40) as f32 + 0.5).collect();
    let classes: Vec<i32> = rows.map(|row| row % 2).collect();
    writer.column("size", &Values::Floats(&sizes));
    writer.column("kind", &Values::Integers(&classes));
    std::fs::write(place.join(name), writer.finish(&[])).unwrap();
}

#[test]
fn files_that_stay_and_files_in_memory_are_one_source() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    written(place, "a.parquet", 0..30);
    written(place, "c.parquet", 60..90);
    let csv = |range: std::ops::Range<i32>| -> String {
        range.map(|row| format!("{},{}.5\n", row % 2, row * 7 % 40)).collect()
    };
    std::fs::write(place.join("b.csv"), format!("kind,size\n{}", csv(30..60))).unwrap();
    std::fs::write(place.join("d.csv"), format!("kind,size\n{}", csv(90..110))).unwrap();
    let list = |names: &[&str]| options(Source::of(texts(names)));
    for names in [&["a.parquet", "b.csv"][..], &["b.csv", "c.parquet", "d.csv"], &["*.*"]] {
        let [held, found] = both(&list(names), place).map(Result::unwrap);
        assert_same(&held, &found);
    }
    std::fs::write(place.join("b.csv"), "kind,size\n0,1\n1,x\n0,3\n".replace('x', "inf")).unwrap();
    let [held, found] = both(&list(&["*.*"]), place).map(Result::unwrap_err);
    assert_eq!(held, found);
    assert!(found.contains("b.csv:3: column `size` holds `inf`"), "{found}");
}

/// A CSV file says nothing of types, so that columns of both are what the Parquet file says.
#[test]
fn a_csv_file_and_a_parquet_file_with_words_are_one_source() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    std::fs::copy(folder().join("snappy.parquet"), place.join("b.parquet")).unwrap();
    std::fs::copy(folder().join("same.csv"), place.join("a.csv")).unwrap();
    std::fs::copy(folder().join("same.csv"), place.join("c.csv")).unwrap();
    let list = |names: &[&str]| options(Source::of(texts(names)));
    let same = |names: &[&str]| {
        let [held, found] = both(&list(names), place).map(Result::unwrap);
        assert_same(&held, &found);
        held
    };
    let found = same(&["a.csv", "b.parquet"]);
    std::fs::copy(folder().join("snappy.parquet"), place.join("a.parquet")).unwrap();
    let whole = same(&["a.parquet", "b.parquet"]);
    assert!(found.train == whole.train && found.test == whole.test);
    same(&["b.parquet", "c.csv"]);
    // Lines are lines and rows are rows: the first is a line behind its number.
    let text = std::fs::read_to_string(place.join("c.csv")).unwrap();
    let broken: Vec<&str> = text.lines().take(9).collect();
    std::fs::write(place.join("c.csv"), broken.join("\n") + "\n" + broken[8] + "\n").unwrap();
    let mut with_ids = list(&["b.parquet", "c.csv"]);
    with_ids.table.id = Some("count".into());
    let [held, found] = both(&with_ids, place).map(Result::unwrap_err);
    assert_eq!(held, found);
    assert!(found.contains("c.csv:2: ") && found.contains("as row 1 of "), "{found}");
}

#[test]
fn damage_that_is_met_late_is_named_by_column_and_row() {
    let place = tempfile::tempdir().unwrap();
    let whole = std::fs::read(folder().join("snappy.parquet")).unwrap();
    let found = footer(&whole).unwrap();
    let column = found.columns.iter().find(|column| column.name == "size").unwrap();
    let chunk = &found.groups[1].chunks[column.leaf];
    let mut damaged = whole.clone();
    damaged[chunk.start..chunk.start + chunk.length].fill(0xff);
    std::fs::write(place.path().join("train.parquet"), &whole).unwrap();
    std::fs::write(place.path().join("test.parquet"), &damaged).unwrap();
    // The features of the test source are looked at last, when samples are made.
    let test = DataOptions { test_source: Some("test.parquet".into()), ..options("train.parquet") };
    for options in [test, options("test.parquet")] {
        let [held, found] = both(&options, place.path()).map(Result::unwrap_err);
        assert_eq!(held, found);
        assert!(found.contains("column `size` cannot be read from row 21 on"), "{found}");
    }
}

#[test]
fn a_file_that_is_cut_anywhere_is_an_error() {
    let place = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(folder().join("zstd-deltas.parquet")).unwrap();
    for length in 0..bytes.len() {
        std::fs::write(place.path().join("cut.parquet"), &bytes[..length]).unwrap();
        let error = load(&stored(&options("cut.parquet")), place.path()).unwrap_err();
        assert!(error.to_string().contains("cut.parquet: "), "{length}: {error}");
    }
}

#[test]
fn flipped_bits_do_the_same_in_a_file_and_in_memory() {
    let place = tempfile::tempdir().unwrap();
    let mut generator = Stream::new(22, "flips").generator();
    let (mut refused, mut read) = (0, 0);
    for name in ["snappy", "gzip-second-form", "zstd-deltas", "small-pages", "duckdb"] {
        let bytes = std::fs::read(folder().join(format!("{name}.parquet"))).unwrap();
        for _ in 0..300 {
            let mut damaged = bytes.clone();
            let bit = generator.below(8 * bytes.len() as u64) as usize;
            damaged[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(place.path().join("flipped.parquet"), damaged).unwrap();
            match both(&options("flipped.parquet"), place.path()) {
                [Ok(held), Ok(found)] => {
                    assert_same(&held, &found);
                    read += 1;
                }
                [Err(_), Err(_)] => refused += 1,
                [held, found] => panic!("{name}, bit {bit}: {held:?} and {found:?}"),
            }
        }
    }
    assert!(refused > 300 && read > 50, "{refused} refused, {read} read");
}

#[test]
fn of_several_bad_cells_the_first_of_the_first_row_is_told() {
    let place = tempfile::tempdir().unwrap();
    let good: String = (0..40).map(|row| format!("{row},{row},{row},{}\n", row % 2)).collect();
    let header = "a,b,c,kind\n";
    std::fs::write(place.path().join("train.csv"), format!("{header}{good}")).unwrap();
    let test = DataOptions { test_source: Some("test.csv".into()), ..options("train.csv") };
    for (bad, told) in [
        ("1,1,1,0\n2,2,inf,1\n3,NaN,3,0\ninf,4,4,1\n", "test.csv:3: column `c`"),
        ("1,1,1,0\n2,NaN,inf,1\ninf,3,3,0\n", "test.csv:3: column `b`"),
        ("inf,1,inf,0\n2,NaN,2,1\n", "test.csv:2: column `a`"),
    ] {
        std::fs::write(place.path().join("test.csv"), format!("{header}{bad}")).unwrap();
        for said in both(&test, place.path()).map(Result::unwrap_err) {
            assert!(said.contains(told), "{said}");
        }
    }
}

#[test]
fn test_samples_are_shown_as_the_file_has_them_from_memory_and_from_the_file() {
    let table = TableOptions { id: Some("long".into()), ..TableOptions::default() };
    let options = DataOptions { table, rows: Some(40), ..options("plain.parquet") };
    let place = folder();
    let [held, found] = [&options, &stored(&options)].map(|options| {
        let corpus = load(options, &place).unwrap();
        assert!(corpus.test.len() >= 4, "{:?}", corpus.test);
        test_rows(&corpus, options, &place, &[3, 0], 5).unwrap()
    });
    assert_eq!(held, found);
    let TestRows::Rows(rows) = held else { panic!("{held:?}") };
    assert_eq!(rows.len(), 2);
    for row in &rows {
        assert!(
            row.place.starts_with("row ") && row.place.ends_with(" of plain.parquet"),
            "{row:?}"
        );
        assert_eq!((row.cells.len(), row.cells[0].0.as_str()), (5, "long"));
        assert!(row.more > 0 && row.cells.iter().all(|(name, _)| name != "kind"));
    }
    assert_ne!(rows[0].place, rows[1].place);

    // Rows of another file are never shown in place of those that were learned from.
    let other = DataOptions { source: "snappy.parquet".into(), ..options.clone() };
    let corpus = load(&options, &place).unwrap();
    assert_eq!(test_rows(&corpus, &other, &place, &[0], 5).unwrap(), TestRows::Changed);
}
