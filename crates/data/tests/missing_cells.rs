//! Missing cells and categories: the values that scikit-learn makes of them, and what is told.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it cannot go on")]

use potstill_data::{
    ColumnScale, Corpus, DataOptions, Defect, Preprocessing, RowKey, RowKeys, Samples,
    TableOptions, check, load,
};
use serde_json::Value;

fn oracle() -> Value {
    serde_json::from_str(include_str!("oracle/tables.json")).unwrap()
}

fn options(table: TableOptions) -> DataOptions {
    DataOptions {
        source: "train.csv".into(),
        label: Some("class".into()),
        test_source: Some("more.csv".into()),
        validation: 0.0,
        table,
        ..DataOptions::default()
    }
}

fn load_both(train: &str, more: &str, table: TableOptions) -> (Corpus, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("train.csv"), train).unwrap();
    std::fs::write(folder.path().join("more.csv"), more).unwrap();
    (load(&options(table), folder.path()).unwrap(), folder)
}

fn oracle_corpus() -> (Corpus, tempfile::TempDir) {
    let oracle = oracle();
    let table = TableOptions {
        missing: Some(vec!["NA".into(), "?".into()]),
        categorical: vec!["area".into()],
        rare: Some(5),
        ..TableOptions::default()
    };
    let text = |key: &str| oracle[key].as_str().unwrap().to_owned();
    load_both(&text("train_csv"), &text("more_csv"), table)
}

fn assert_values(samples: &Samples, expected: &Value) {
    let rows = expected.as_array().unwrap();
    assert_eq!(samples.len(), rows.len());
    for (row, expected) in rows.iter().enumerate() {
        let expected = expected.as_array().unwrap();
        assert_eq!(samples.row(row).unwrap().len(), expected.len());
        for (found, expected) in samples.row(row).unwrap().iter().zip(expected) {
            let expected = expected.as_f64().unwrap();
            let error = (f64::from(*found) - expected).abs();
            // Half a unit of single precision.
            assert!(error <= 6e-8 * expected.abs().max(1e-3), "row {row}: {found} {expected}");
        }
    }
}

#[test]
fn values_are_those_of_scikit_learn() {
    let (corpus, folder) = oracle_corpus();
    let oracle = oracle();
    assert_eq!(serde_json::to_value(corpus.preprocessing.value_names()).unwrap(), oracle["names"]);
    assert_values(&corpus.train, &oracle["train"]);
    assert_values(&corpus.test, &oracle["more"]);
    let Preprocessing::Table(table) = &corpus.preprocessing else { panic!("expected a table") };
    for column in &table.columns[..3] {
        let ColumnScale::Standardised { mean, deviation, fill } = &column.scale else {
            panic!("expected numbers")
        };
        let found = [fill.unwrap().median, *mean, *deviation];
        for (found, expected) in
            found.iter().zip(oracle["statistics"][&column.name].as_array().unwrap())
        {
            let expected = expected.as_f64().unwrap();
            assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{found} {expected}");
        }
    }
    // What was stored does the same with raw rows.
    let stored = serde_json::to_string(&corpus.preprocessing).unwrap();
    let stored: Preprocessing = serde_json::from_str(&stored).unwrap();
    let rows = stored.read_rows(&folder.path().join("more.csv")).unwrap();
    assert_eq!(rows.samples.values, corpus.test.values);
    assert_eq!(rows.cells, corpus.cells["test"]);
}

#[test]
fn every_filled_cell_and_every_unseen_word_is_counted_with_its_first_line() {
    let (corpus, _) = oracle_corpus();
    let oracle = oracle();
    let lines: Vec<Vec<String>> = oracle["more_csv"]
        .as_str()
        .unwrap()
        .lines()
        .map(|line| line.split(',').map(str::to_owned).collect())
        .collect();
    let missing = |column: usize| {
        lines.iter().filter(|cells| ["", "NA", "?"].contains(&cells[column].as_str())).count()
    };
    let counted = |name: &str| corpus.cells["test"].iter().find(|count| count.column == name);
    for (column, name) in ["age", "income", "height", "colour"].iter().enumerate() {
        assert_eq!(counted(name).unwrap().missing, missing(column), "{name}");
    }
    let words =
        |word: &str, column: usize| lines.iter().filter(|cells| cells[column] == word).count();
    let colour = counted("colour").unwrap();
    assert_eq!(colour.unseen, words("mauve", 3));
    let (place, word) = colour.first_unseen.as_ref().unwrap();
    assert_eq!((place.to_string().as_str(), word.as_str()), ("line 2", "mauve"));
    let area = counted("area").unwrap();
    assert_eq!(area.unseen, words("999", 4) + words("4000", 4) + words("77", 4));
    assert_eq!(
        counted("height").unwrap().to_string(),
        "column `height`: 1 of 40 cells is missing, the first in line 5, and counts as the median 171"
    );
    // In training, rare words are no surprise, and the height is never missing.
    let columns: Vec<&str> =
        corpus.cells["train"].iter().map(|count| count.column.as_str()).collect();
    assert_eq!(columns, ["age", "income", "colour"]);
    assert!(corpus.cells["train"].iter().all(|count| count.unseen == 0));
}

#[test]
fn held_out_cells_move_no_median() {
    let table = |third: &str| {
        let rows = (0..40).map(|row| {
            let size = if row % 4 == 1 { "".into() } else { row.to_string() };
            format!("{},{}\n", if row == 3 { third.into() } else { size }, row % 2)
        });
        format!("size,class\n{}", rows.collect::<String>())
    };
    let fitted = |train: &str, more: &str| {
        let (corpus, _) = load_both(train, more, TableOptions::default());
        corpus.preprocessing
    };
    let plain = fitted(&table("3"), &table("4"));
    assert_eq!(fitted(&table("3"), &table("1000")), plain);
    assert_ne!(fitted(&table("1000"), &table("3")), plain);
}

#[test]
fn a_preprocessing_of_before_refuses_missing_cells_as_it_did() {
    let stored = r#"{"kind":"table","label":"class","classes":["a","b"],"columns":[
        {"name":"size","scale":{"kind":"standardised","mean":1.0,"deviation":2.0}},
        {"name":"kind","scale":{"kind":"one-hot","levels":["x","y"]}}]}"#;
    let stored: Preprocessing = serde_json::from_str(stored).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.csv");
    std::fs::write(&path, "size,kind\n3,x\n5,z\n").unwrap();
    let rows = stored.read_rows(&path).unwrap();
    assert_eq!(rows.samples.values.in_memory().unwrap(), [1.0, 1.0, 0.0, 2.0, 0.0, 0.0]);
    let (place, word) = rows.cells[0].first_unseen.as_ref().unwrap();
    assert_eq!((place.number, word.as_str()), (3, "z"));
    for (text, column) in [("size,kind\n3,x\n,x\n", "size"), ("size,kind\n3,x\n1,\n", "kind")] {
        std::fs::write(&path, text).unwrap();
        let message = stored.read_rows(&path).unwrap_err().to_string();
        assert!(message.ends_with(&format!(":3: column `{column}` has no value")), "{message}");
    }
}

#[test]
fn a_column_without_any_value_and_one_that_is_not_there_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = "size,empty,class\n1,,a\n2,,b\n3,,a\n4,,b\n";
    std::fs::write(folder.path().join("train.csv"), text).unwrap();
    std::fs::write(folder.path().join("more.csv"), format!("{text}5,,a\n")).unwrap();
    let refused = |table| load(&options(table), folder.path()).unwrap_err();
    let error = refused(TableOptions::default());
    assert!(
        error.to_string().ends_with("train.csv: column `empty` has no value in any training row")
    );
    let error =
        refused(TableOptions { categorical: vec!["siz".into()], ..TableOptions::default() });
    assert_eq!(error.hint().unwrap(), "did you mean `size`?");
}

/// 100 rows whose first column is a number, but for a text in one line.
fn stray(line: usize, text: &str) -> String {
    let row = |line_of_row: usize| {
        let number =
            if line_of_row == line { text.to_owned() } else { format!("{}.5", line_of_row) };
        format!("{number},{}\n", ["a", "b"][line_of_row % 2])
    };
    format!("size,class\n{}", (2..102).map(row).collect::<String>())
}

#[test]
fn training_rows_alone_decide_whether_a_column_is_words() {
    let folder = tempfile::tempdir().unwrap();
    let one_source = |table: TableOptions| DataOptions {
        source: "train.csv".into(),
        label: Some("class".into()),
        table,
        ..DataOptions::default()
    };
    let plain = one_source(TableOptions::default());
    std::fs::write(folder.path().join("train.csv"), stray(0, "")).unwrap();
    let keys = RowKeys::read(&plain, folder.path()).unwrap();
    let line = |keys: &[RowKey]| keys[3].row + 2;
    for (part, line) in [("test", line(&keys.test)), ("validation", line(&keys.validation))] {
        std::fs::write(folder.path().join("train.csv"), stray(line, "NA")).unwrap();
        let error = load(&plain, folder.path()).unwrap_err();
        let expected = format!("train.csv:{line}: column `size` holds `NA`, expected a number");
        assert!(error.to_string().ends_with(&expected), "{part}: {error}");
        assert!(error.hint().unwrap().contains("name its text in `missing`"));
        assert_eq!(check(&plain, folder.path()).unwrap_err().to_string(), error.to_string());
        // Both ways that the hint names.
        let missing = Some(vec!["NA".into()]);
        let named = one_source(TableOptions { missing, ..TableOptions::default() });
        assert_eq!(load(&named, folder.path()).unwrap().cells[part][0].missing, 1);
        let categorical = vec!["size".into()];
        let words = one_source(TableOptions { categorical, ..TableOptions::default() });
        assert!(load(&words, folder.path()).unwrap().cells[part][0].unseen > 0);
    }
    // In training it makes words of all, which is told, and no id.
    std::fs::write(folder.path().join("train.csv"), stray(keys.train[3].row + 2, "NA")).unwrap();
    let findings = check(&plain, folder.path()).unwrap();
    let of = |defect| findings.iter().find(|finding| finding.defect == defect);
    let place = &of(Defect::MissingWord).unwrap().place;
    assert!(place.ends_with(&format!("train.csv:{}, column `size`", keys.train[3].row + 2)));
    assert_eq!(of(Defect::IdLikeColumn), None);
}
