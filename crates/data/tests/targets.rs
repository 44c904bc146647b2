//! Tables whose targets are labels or numbers.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;

use potstill_data::{
    Corpus, DataError, DataOptions, Preprocessing, Samples, TableOptions, Targets, Task, load,
};

fn options(task: Task, targets: &[&str]) -> DataOptions {
    let targets = targets.iter().map(|name| (*name).to_owned()).collect();
    let table = TableOptions { targets, ..TableOptions::default() };
    DataOptions { source: "table.csv".into(), task, table, ..DataOptions::default() }
}

/// 100 rows whose price is 10 times their size, with two labels.
fn table() -> String {
    let row = |row: usize| format!("{row},{},{},{}\n", 10 * row, row % 2, usize::from(row > 70));
    format!("size,price,odd,large\n{}", (0..100).map(row).collect::<String>())
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn read(table: &str, options: &DataOptions) -> Result<Corpus, DataError> {
    load(options, folder(&[("table.csv", table)]).path())
}

/// The targets of each sample, where it has some.
fn targets(samples: &Samples) -> Vec<Option<Vec<f32>>> {
    let rows = samples.targets.rows().unwrap();
    samples
        .labels
        .iter()
        .map(|label| label.map(|label| rows.row(label).unwrap().to_vec()))
        .collect()
}

/// The numbers of a part in the unit of the file.
fn restored(corpus: &Corpus, samples: &Samples) -> Vec<f64> {
    let scale = corpus.preprocessing.target_scales()[0];
    let known = targets(samples).into_iter().flatten();
    known.map(|row| scale.restored(f64::from(row[0])).round()).collect()
}

#[test]
fn numbers_are_standardised_by_the_training_rows_and_belong_to_their_samples() {
    let mut options = options(Task::Numbers, &["price"]);
    options.table.ignore = vec!["odd".into(), "large".into()];
    let corpus = read(&table(), &options).unwrap();
    assert_eq!(corpus.preprocessing.task(), Task::Numbers);
    assert_eq!(corpus.classes, ["price"]);
    assert_eq!(corpus.train.shape.len(), 1);
    assert_eq!((corpus.test.len(), corpus.validation.len(), corpus.train.len()), (20, 8, 72));
    let scaled: Vec<f64> =
        targets(&corpus.train).into_iter().flatten().map(|row| f64::from(row[0])).collect();
    let mean = scaled.iter().sum::<f64>() / scaled.len() as f64;
    let variance = scaled.iter().map(|value| value * value).sum::<f64>() / scaled.len() as f64;
    assert!(mean.abs() < 1e-6 && (variance - 1.0).abs() < 1e-6, "{mean} {variance}");
    // Size and price are one another's multiple, so their standardised values are equal.
    for part in [&corpus.train, &corpus.validation, &corpus.test] {
        for (row, target) in targets(part).iter().enumerate() {
            let target = target.as_ref().unwrap()[0];
            assert!((part.row(row).unwrap()[0] - target).abs() < 1e-5);
        }
    }
    let mut all: Vec<f64> = [&corpus.train, &corpus.validation, &corpus.test]
        .into_iter()
        .flat_map(|part| restored(&corpus, part))
        .collect();
    all.sort_by(f64::total_cmp);
    assert_eq!(all, (0..100).map(|row| 10.0 * f64::from(row)).collect::<Vec<_>>());
}

#[test]
fn hidden_targets_are_nowhere_and_move_no_scale() {
    let mut options = options(Task::Numbers, &["price"]);
    options.table.ignore = vec!["odd".into(), "large".into()];
    options.labelled = 0.25;
    let corpus = read(&table(), &options).unwrap();
    assert_eq!(corpus.train.labelled_rows().len(), 18);
    assert_eq!(corpus.train.targets.rows().unwrap().len(), 18);
    // Other prices in the rows without a visible one change nothing but the hash of the file.
    let shown: Vec<f64> = [&corpus.train, &corpus.validation, &corpus.test]
        .into_iter()
        .flat_map(|part| restored(&corpus, part))
        .collect();
    let changed: String = table()
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            match cells[1].parse::<f64>() {
                Ok(price) if !shown.contains(&price) => {
                    format!("{},123456,{},{}\n", cells[0], cells[2], cells[3])
                }
                _ => format!("{line}\n"),
            }
        })
        .collect();
    let other = read(&changed, &options).unwrap();
    assert_ne!(table(), changed);
    assert_eq!(other.train, corpus.train);
    assert_eq!(other.preprocessing, corpus.preprocessing);
}

#[test]
fn labels_are_zeros_and_ones_and_may_be_absent_in_a_transfer_file() {
    let mut options = options(Task::Labels, &["odd", "large"]);
    options.table.ignore = vec!["price".into()];
    options.transfer = Some("more.csv".into());
    let more = "size,odd,large\n1,1,0\n2,,\n3,1,1\n";
    let folder = folder(&[("table.csv", &table()), ("more.csv", more)]);
    let corpus = load(&options, folder.path()).unwrap();
    assert!(matches!(corpus.train.targets, Targets::Labels(_)));
    let rows = targets(&corpus.train);
    let last: Vec<_> = rows[rows.len() - 3..].to_vec();
    assert_eq!(last, [Some(vec![1.0, 0.0]), None, Some(vec![1.0, 1.0])]);
    let known: Vec<Vec<f32>> = rows.into_iter().flatten().collect();
    assert!(known.iter().flatten().all(|value| *value == 0.0 || *value == 1.0));

    // What the model keeps reads rows with the columns in any order, with targets or without.
    let read = |text: &str| {
        let path = folder.path().join("new.csv");
        std::fs::write(&path, text).unwrap();
        corpus.preprocessing.read_rows(&path)
    };
    let rows = read("large,size,odd\n1,5,0\n").unwrap();
    assert_eq!(targets(&rows.samples), [Some(vec![0.0, 1.0])]);
    assert_eq!(read("size\n5\n").unwrap().samples.labels, [None]);
    let error = read("size,odd\n5,1\n").unwrap_err().to_string();
    assert!(error.contains("there is no column `large`"), "{error}");
}

#[test]
fn truth_values_are_labels_in_csv_and_parquet() {
    let mut options = options(Task::Labels, &["odd"]);
    options.table.ignore = vec!["price".into(), "large".into()];
    let words = table().replace("0,1,", "0,True,").replace("0,0,", "0,false,");
    assert!(words.contains(",True,") && words.contains(",false,"));
    let (numbers, words) = (read(&table(), &options).unwrap(), read(&words, &options).unwrap());
    assert_eq!(numbers.train, words.train);
    options.source = "halves.parquet".into();
    options.table.targets = vec!["third".into()];
    options.table.ignore = vec!["kind".into()];
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parquet");
    let corpus = load(&options, &place).unwrap();
    let parts = [&corpus.train, &corpus.validation, &corpus.test];
    let all: Vec<f32> = parts.into_iter().flat_map(targets).map(|row| row.unwrap()[0]).collect();
    assert_eq!((all.len(), all.iter().sum()), (48, 16.0_f32));
}

#[test]
fn cells_that_are_no_targets_are_named_by_line_and_column() {
    let numbers = options(Task::Numbers, &["price"]);
    let labels = options(Task::Labels, &["odd", "large"]);
    let with = |line: &str| table().replacen("5,50,1,0\n", line, 1);
    let cases = [
        (&numbers, with("5,dear,1,0\n"), "table.csv:7: column `price` holds `dear`"),
        (&numbers, with("5,,1,0\n"), "table.csv:7: column `price` has no value"),
        (&numbers, with("5,1e300,1,0\n"), "table.csv:7: column `price` holds `1e300`"),
        (&labels, with("5,50,2,0\n"), "expected 0 or 1 in column `odd`, found `2` in line 7"),
        (&labels, with("5,50,yes,0\n"), "expected 0 or 1 in column `odd`, found `yes` in line 7"),
        (
            &labels,
            with("5,50,1e300,0\n"),
            "expected 0 or 1 in column `odd`, found `1e300` in line 7",
        ),
        (&labels, with("5,50,1,\n"), "table.csv:7: column `large` has no value"),
    ];
    for (options, text, expected) in cases {
        let error = read(&text, options).unwrap_err();
        assert!(error.to_string().contains(expected), "{expected}: {error}");
        let hint = error.hint().unwrap();
        let of_labels = expected.contains("0 or 1");
        assert_eq!(hint.starts_with("write 1 (or true) where"), of_labels, "{hint}");
    }
}

#[test]
fn targets_need_a_table_and_the_right_keys() {
    let mut options = options(Task::Numbers, &["price"]);
    options.source = "digits".into();
    let error = load(&options, Path::new(".")).unwrap_err().to_string();
    assert!(error.contains("`task` is numbers, expected classes"), "{error}");
    options.table.targets.clear();
    assert!(load(&options, Path::new(".")).is_err());
    options.task = Task::Classes;
    assert!(load(&options, Path::new(".")).is_ok());
}

#[test]
fn a_number_that_never_changes_keeps_its_value() {
    let text =
        format!("size,price\n{}", (0..50).map(|row| format!("{row},0.1\n")).collect::<String>());
    let corpus = read(&text, &options(Task::Numbers, &["price"])).unwrap();
    let Preprocessing::Table(table) = &corpus.preprocessing else { panic!("a table") };
    assert_eq!(table.target_scales[0].deviation, 1.0);
    assert!(targets(&corpus.test).into_iter().flatten().all(|row| row[0].abs() < 1e-6));
}
