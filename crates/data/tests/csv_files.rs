//! CSV files: what is read, and the text of every refusal.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::path::Path;

use potstill_data::{
    Column, ColumnScale, Corpus, DataError, DataOptions, Defect, Fill, Preprocessing, Severity,
    TableOptions, check, load,
};

fn options() -> DataOptions {
    DataOptions {
        source: "rows.csv".into(),
        label: Some("class".into()),
        test: 0.25,
        validation: 0.25,
        ..DataOptions::default()
    }
}

fn load_text(text: impl AsRef<[u8]>) -> Result<Corpus, DataError> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rows.csv"), text).unwrap();
    load(&options(), folder.path())
}

/// The message without the folder, and the hint.
fn refusal(text: impl AsRef<[u8]>) -> (String, String) {
    described(load_text(text).unwrap_err())
}

fn described(error: DataError) -> (String, String) {
    let message = error.to_string();
    let start = message.find("rows.csv").unwrap_or(0);
    (message[start..].to_owned(), error.hint().unwrap_or_default())
}

/// Two classes of four rows each; `cell` stands in line 4.
fn with_cell(cell: &str) -> String {
    format!("size,class\n1,a\n2,a\n{cell},a\n4,a\n5,b\n6,b\n7,b\n8,b\n")
}

#[test]
fn quoted_fields_bom_blank_lines_and_windows_line_ends_are_read() {
    let text = "\u{feff}size,kind,class\r\n1,\"red, dark\",a\r\n\r\n2,\"a \"\"b\"\"\",a\r\n\
                3, red ,a\r\n4,\"two\nlines\",b\r\n5,red,b\r\n6,red,b\r\n";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rows.csv"), text).unwrap();
    let corpus = load(&options(), folder.path()).unwrap();
    let rows = corpus.preprocessing.read_rows(&folder.path().join("rows.csv")).unwrap();
    assert_eq!(rows.header, ["size", "kind", "class"]);
    let kinds: Vec<&str> = rows.records.iter().map(|record| record[1].as_str()).collect();
    assert_eq!(kinds, ["red, dark", "a \"b\"", "red", "two\nlines", "red", "red"]);
    let labels: Vec<u32> = rows.samples.labels.into_iter().flatten().collect();
    assert_eq!(labels, [0, 0, 0, 1, 1, 1]);
}

#[test]
fn a_ragged_row_is_named_by_its_line() {
    let expected = (
        "rows.csv:3: expected 2 fields, found 3".into(),
        "give every row one field for each column; quote fields that hold a comma".into(),
    );
    assert_eq!(refusal("size,class\n1,a\n2,a,b\n"), expected);
    let (message, _) = refusal("size,class\r\n1,a\r\n\r\n\"2\n2\",a\r\n3\r\n");
    assert_eq!(message, "rows.csv:6: expected 2 fields, found 1");
    for (text, line) in [
        ("\u{feff}a,class\n1,a\n2", 3),
        ("a,class\r1,a\r\r2\r", 4),
        ("a,class\r\n1,a\r\n2\r\n", 3),
        ("\n\na,class\n1,a\n\n\n2", 7),
    ] {
        let (message, _) = refusal(text);
        assert_eq!(message, format!("rows.csv:{line}: expected 2 fields, found 1"), "{text:?}");
    }
    let long = format!("a,class\n{}2\n", "1,\"a\nb\"\n\n".repeat(40_000));
    assert_eq!(refusal(long).0, "rows.csv:120002: expected 2 fields, found 1");
}

#[test]
fn an_empty_file_and_one_without_rows_are_refused() {
    let hint = "give the file a header line that names each column";
    assert_eq!(refusal(""), ("rows.csv: the file is empty".into(), hint.into()));
    assert_eq!(refusal("\n\n"), ("rows.csv: the file is empty".into(), hint.into()));
    assert_eq!(
        refusal("size,class\n"),
        (
            "rows.csv: there are no rows".into(),
            "give the file at least one row for every class".into()
        )
    );
}

#[test]
fn a_missing_label_column_lists_the_columns_and_suggests_one() {
    let text = with_cell("3").replace("class", "Clas");
    assert_eq!(
        refusal(text),
        (
            "rows.csv: there is no column `class`; the columns are `size`, `Clas`".into(),
            "did you mean `Clas`?".into()
        )
    );
}

#[test]
fn a_label_that_is_not_named_lists_the_columns() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rows.csv"), with_cell("3")).unwrap();
    let error = load(&DataOptions { label: None, ..options() }, folder.path()).unwrap_err();
    assert_eq!(
        described(error),
        (
            "rows.csv: `label` does not say which column is the class; the columns are `size`, \
             `class`"
                .into(),
            "name the column of the class, for example label = \"class\"".into()
        )
    );
}

#[test]
fn two_columns_of_one_name_are_refused() {
    assert_eq!(
        refusal("size,class,size\n1,a,2\n"),
        (
            "rows.csv: columns 1 and 3 are both named `size`".into(),
            "rename one of the two columns in the header line".into()
        )
    );
}

#[test]
fn a_table_of_labels_alone_is_refused() {
    let (message, _) = refusal("class\na\na\na\nb\nb\nb\n");
    assert_eq!(message, "rows.csv: there is no column beside the label `class`");
}

#[test]
fn numbers_that_are_not_finite_are_refused() {
    for cell in ["NaN", "nan", "inf", "-Infinity", "1e999", "1e39"] {
        assert_eq!(
            refusal(with_cell(cell)),
            (
                format!("rows.csv:4: column `size` holds `{cell}`, expected a finite number"),
                "replace the value, remove the row, or name its text in `missing`".into()
            )
        );
    }
}

#[test]
fn cells_without_a_value_are_refused_in_labels_and_where_completeness_is_asked_for() {
    let hint = "fill in the cell or remove the row; only features may lack a value, and only where \
                `missing` is not \"refuse\"";
    assert_eq!(
        refusal(with_cell("3").replace("3,a", "3,")),
        ("rows.csv:4: column `class` has no value".into(), hint.into())
    );
    let folder = tempfile::tempdir().unwrap();
    let load_with = |text: &str, missing: Option<&str>| {
        std::fs::write(folder.path().join("rows.csv"), text).unwrap();
        let missing = missing.map(|text| vec![text.to_owned()]);
        let table = TableOptions { missing, ..TableOptions::default() };
        load(&DataOptions { table, ..options() }, folder.path()).map_err(described)
    };
    let refused =
        |column| Err((format!("rows.csv:4: column `{column}` has no value"), hint.into()));
    // In the training part or not: the fourth row is wherever the seed puts it.
    for line in [2, 3, 4, 5] {
        let text = with_cell("3").replace(&format!("{},", line - 1), ",");
        let (message, _) = load_with(&text, None).unwrap_err();
        assert_eq!(message, format!("rows.csv:{line}: column `size` has no value"));
    }
    assert_eq!(load_with(&with_cell("3").replace("3,a", "3,?"), Some("?")), refused("class"));
    assert!(load_with(&with_cell("?"), Some("?")).is_ok());
    assert!(load_with(&with_cell(""), Some("?")).is_ok());
}

#[test]
fn bytes_that_are_not_utf8_are_refused() {
    assert_eq!(
        refusal(b"size,class\n1,a\n2,\xe9\n"),
        (
            "rows.csv:3: is not UTF-8 text".into(),
            "convert the file, for example with iconv -t UTF-8".into()
        )
    );
}

#[test]
fn a_cell_beyond_the_limit_is_refused() {
    let fits = with_cell(&"0".repeat(1 << 20));
    assert!(load_text(fits).is_ok());
    let (message, _) = refusal(with_cell(&"0".repeat((1 << 20) + 1)));
    assert_eq!(message, "rows.csv:4: column 1 holds 1048577 bytes, the limit is 1048576");
}

#[test]
fn one_class_is_not_enough() {
    let (message, hint) = refusal("size,class\n1,a\n2,a\n");
    assert_eq!(message, "rows.csv: expected at least 2 classes, found 1");
    assert!(hint.ends_with("or add rows of another class"), "{hint}");
}

#[test]
fn more_distinct_words_than_the_limit_are_refused_with_the_first_that_is_no_number() {
    let rows = |count: usize| {
        let mut text = String::from("name,class\n");
        for row in 0..count {
            // Some in training rows, wherever the seed puts them.
            let word = if (5..25).contains(&row) { "n" } else { "" };
            let name = format!("{word}{row}");
            text.push_str(&format!("{name},{}\n", row % 2));
        }
        text
    };
    // 4,000 rows without a fourth for test and a fourth of the others for validation.
    assert_eq!(
        refusal(rows(4000)),
        (
            "rows.csv: column `name` has 2250 distinct words, the limit is 1000; the first that is \
             no number is `n5` in line 7"
                .into(),
            "set `rare`, for example rare = 10, to make words of few rows one level, or leave the \
             column out with ignore = [\"name\"]; correct the cell if `name` is meant to be numbers"
                .into()
        )
    );
    assert!(load_text(rows(1000)).is_ok());
}

#[test]
fn classes_are_sorted_by_number_or_by_bytes() {
    let text = |names: [&str; 3]| {
        let mut text = String::from("size,class\n");
        for row in 0..9 {
            text.push_str(&format!("{row},{}\n", names[row % 3]));
        }
        text
    };
    assert_eq!(load_text(text(["10", "9", "-1"])).unwrap().classes, ["-1", "9", "10"]);
    assert_eq!(load_text(text(["10", "9", "B"])).unwrap().classes, ["10", "9", "B"]);
}

#[test]
fn columns_are_scaled_with_the_training_rows_alone() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("rows.csv", "size,kind,same,class\n1,red,7,a\n2,blue,7,b\n3,red,7,a\n6,red,7,b\n");
    write("test.csv", "class,kind,more,same,size\na,green,x,8,5\nb,blue,x,7,3\n");
    write("more.csv", "kind,same,size\nred,7,1000\n");
    let options = DataOptions {
        test_source: Some("test.csv".into()),
        validation: 0.0,
        transfer: Some("more.csv".into()),
        ..options()
    };
    let corpus = load(&options, folder.path()).unwrap();
    // Mean 3, squared distances 4 + 1 + 0 + 9 = 14, so the deviation is the root of 3.5.
    let deviation = 3.5_f64.sqrt();
    let scale = |size: f64| ((size - 3.0) / deviation) as f32;
    assert_eq!(corpus.train.row(0).unwrap().to_vec(), [scale(1.0), 0.0, 1.0, 0.0]);
    assert_eq!(corpus.train.row(3).unwrap().to_vec(), [scale(6.0), 0.0, 1.0, 0.0]);
    // The transfer row moved no mean; a level that training does not know gives zeros.
    assert_eq!(corpus.train.row(4).unwrap().to_vec(), [scale(1000.0), 0.0, 1.0, 0.0]);
    assert_eq!(corpus.train.labels, [Some(0), Some(1), Some(0), Some(1), None]);
    assert_eq!(corpus.test.row(0).unwrap().to_vec(), [scale(5.0), 0.0, 0.0, 1.0]);
    assert_eq!(corpus.test.row(1).unwrap().to_vec(), [scale(3.0), 1.0, 0.0, 0.0]);
    let Preprocessing::Table(table) = &corpus.preprocessing else { panic!("expected a table") };
    assert_eq!(
        table.columns,
        [
            Column {
                name: "size".into(),
                scale: ColumnScale::Standardised {
                    mean: 3.0,
                    deviation,
                    fill: Some(Fill { median: 2.5, indicator: false })
                }
            },
            Column {
                name: "kind".into(),
                scale: ColumnScale::OneHot { levels: vec!["blue".into(), "red".into()] }
            },
            Column {
                name: "same".into(),
                scale: ColumnScale::Standardised {
                    mean: 7.0,
                    deviation: 1.0,
                    fill: Some(Fill { median: 7.0, indicator: false })
                }
            },
        ]
    );
}

#[test]
fn a_transfer_file_may_have_labels_in_some_rows() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("train.csv"), with_cell("3")).unwrap();
    let options =
        DataOptions { source: "train.csv".into(), transfer: Some("rows.csv".into()), ..options() };
    let load_with = |transfer: &str| {
        std::fs::write(folder.path().join("rows.csv"), transfer).unwrap();
        load(&options, folder.path())
    };
    let corpus = load_with("class,size\nb,1\n,2\na,3\n").unwrap();
    assert_eq!(corpus.train.labels[4..], [Some(1), None, Some(0)]);
    let error = load_with("class,size\nb,1\nc,2\n").unwrap_err();
    assert_eq!(described(error).0, "rows.csv:3: label `c` is not among the 2 classes `a`, `b`");
    assert_eq!(load_with("class,size\nb,\n").unwrap().cells["transfer"][0].missing, 1);
}

#[test]
fn digits_are_predicted_from_a_file_with_their_columns() {
    let folder = tempfile::tempdir().unwrap();
    let preprocessing = load(&DataOptions::default(), folder.path()).unwrap().preprocessing;
    let names: Vec<String> = (0..64).map(|pixel| format!("pixel_{pixel}")).collect();
    let cells: Vec<String> = (0..64).map(|pixel| (pixel % 17).to_string()).collect();
    let path = folder.path().join("rows.csv");
    std::fs::write(&path, format!("{}\n{}\n", names.join(","), cells.join(","))).unwrap();
    let rows = preprocessing.read_rows(&path).unwrap();
    let expected: Vec<f32> = (0..64).map(|pixel| (pixel % 17) as f32 / 16.0).collect();
    assert_eq!(rows.samples.row(0).unwrap(), expected);
}

#[test]
fn held_out_rows_do_not_move_the_mean() {
    // The rows held out are the same whatever their values are, so changing a value there must
    // leave the preprocessing as it is, and changing one in the training rows must not.
    let text = |changed: usize| {
        let mut text = String::from("size,class\n");
        for row in 0..40 {
            let size = if row == changed { 1000 } else { row };
            text.push_str(&format!("{size},{}\n", row % 2));
        }
        text
    };
    let fitted = |changed| load_text(text(changed)).unwrap().preprocessing;
    let plain = fitted(usize::MAX);
    let unmoved = (0..40).filter(|&row| fitted(row) == plain).count();
    // Per class of 20: 5 for test, 4 of the other 15 for validation (3.75 rounded).
    assert_eq!(unmoved, 2 * (5 + 4));
}

#[test]
fn a_word_in_a_numeric_column_of_another_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("train.csv"), with_cell("3")).unwrap();
    std::fs::write(folder.path().join("rows.csv"), "size,class\n1,a\nbig,b\n").unwrap();
    let options = DataOptions {
        source: "train.csv".into(),
        test_source: Some("rows.csv".into()),
        ..options()
    };
    assert_eq!(
        described(load(&options, folder.path()).unwrap_err()).0,
        "rows.csv:3: column `size` holds `big`, expected a number"
    );
}

#[test]
fn a_class_that_training_does_not_know_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("train.csv"), with_cell("3")).unwrap();
    std::fs::write(folder.path().join("rows.csv"), "size,class\n1,a\n2,c\n").unwrap();
    let options = DataOptions {
        source: "train.csv".into(),
        test_source: Some("rows.csv".into()),
        ..options()
    };
    assert_eq!(
        described(load(&options, folder.path()).unwrap_err()),
        (
            "rows.csv:3: label `c` is not among the 2 classes `a`, `b`".into(),
            "correct the label, or give the training source rows of this class".into()
        )
    );
}

#[test]
fn rows_to_predict_may_have_other_orders_more_columns_and_no_label() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.csv");
    std::fs::write(&path, "size,kind,class\n1,x,a\n2,y,b\n3,x,a\n4,y,b\n5,x,a\n6,y,b\n").unwrap();
    let preprocessing = load(&options(), folder.path()).unwrap().preprocessing;
    let known = preprocessing.read_rows(&path).unwrap();
    let stored = serde_json::to_string(&preprocessing).unwrap();
    let stored: Preprocessing = serde_json::from_str(&stored).unwrap();
    assert_eq!(stored, preprocessing);

    std::fs::write(&path, "id,kind,size\n17,x,1\n18,y,2\n").unwrap();
    let rows = stored.read_rows(&path).unwrap();
    assert_eq!(rows.samples.row(0).unwrap(), known.samples.row(0).unwrap());
    assert_eq!(rows.samples.row(1).unwrap(), known.samples.row(1).unwrap());
    assert_eq!(rows.samples.labels, [None, None]);
    assert_eq!(rows.records[1], ["18", "y", "2"]);

    std::fs::write(&path, "kind,class\nx,a\n").unwrap();
    assert_eq!(
        described(stored.read_rows(&path).unwrap_err()).0,
        "rows.csv: there is no column `size`; the columns are `kind`, `class`"
    );
}

#[test]
fn a_missing_file_a_folder_without_data_and_a_misspelt_name_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let source = |source: &str| DataOptions { source: source.into(), ..options() };
    let error = load(&source("digit"), folder.path()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "there is no built-in data set and no file `digit` (looked for {})",
            folder.path().join("digit").display()
        )
    );
    assert_eq!(error.hint().unwrap(), "did you mean `digits`?");
    let error = load(&source("elsewhere.csv"), folder.path()).unwrap_err();
    assert_eq!(error.hint().unwrap(), "give \"digits\", \"fashion-mnist\" or a path that exists");
    let error = load(&DataOptions { label: None, ..source(".") }, folder.path()).unwrap_err();
    assert!(
        error.to_string().ends_with("the folder holds no data set of a known layout"),
        "{error}"
    );
    let preprocessing = load(&DataOptions::default(), Path::new("")).unwrap().preprocessing;
    let error = preprocessing.read_rows(&folder.path().join("rows.csv")).unwrap_err();
    assert_eq!(described(error).0, "rows.csv: no such file");
    let error = preprocessing.read_rows(folder.path()).unwrap_err();
    assert!(
        error.to_string().ends_with("expected a table (.csv, .parquet or .pq), found a folder")
    );
}

#[test]
fn text_from_a_file_is_shown_on_one_line_without_control_characters_and_cut() {
    let text = with_cell("3").replace("8,b", "\"\u{1b}[2J\nx\",b");
    let rows: String = (0..2500).map(|row| format!("{row},a\n{row},b\n")).collect();
    let (message, _) = refusal(format!("{text}{rows}"));
    assert!(message.contains("no number is `\\u{1b}[2J\\nx` in line"), "{message}");
    let text = format!("{}{}", with_cell("3"), format_args!("1,{}\n", "c".repeat(100)));
    assert_eq!(
        refusal(text).0,
        format!(
            "the test split leaves class `{}...` empty: rows of the class: expected at least 2, \
             found 1",
            "c".repeat(60)
        )
    );
}

#[test]
fn a_flipped_bit_is_refused_with_a_message_or_gives_whole_samples() {
    let text = "size,kind,class\n1,\"x\",a\n2,y,a\n3,x,a\n4,y,b\n5,x,b\n6,y,b\n".as_bytes();
    for bit in 0..8 * text.len() {
        let mut damaged = text.to_vec();
        damaged[bit / 8] ^= 1 << (bit % 8);
        match load_text(damaged) {
            Ok(corpus) => {
                let values = corpus.train.len() * corpus.train.shape.len();
                assert_eq!(corpus.train.values.len(), values, "bit {bit}");
                assert!(
                    corpus.train.values.in_memory().unwrap().iter().all(|value| value.is_finite()),
                    "bit {bit}"
                );
            }
            Err(error) => assert!(!error.to_string().contains('\n'), "bit {bit}: {error}"),
        }
    }
}

#[test]
fn a_quote_that_is_never_closed_is_refused_with_its_line() {
    let sound = with_cell("3");
    for (text, line) in [
        (sound.replace("4,a", "\"4,a"), 5),
        (sound.replace("5,b", "5,\"b"), 6),
        (sound.replace("5,b", "\"5\n\",\"b"), 7),
        (sound.replace("8,b\n", "8,\"b"), 9),
        (format!("\u{feff}\"{sound}"), 1),
        // Rows enough to be read in several pieces.
        (format!("{sound}{}\"9,b\n", "8,b\n".repeat(40_000)), 40_010),
    ] {
        let (message, hint) = refusal(&text);
        let expected = format!("rows.csv:{line}: the quote that opens here is never closed");
        assert_eq!(message, expected);
        assert!(hint.starts_with("close it, or remove it"), "{hint}");
    }
    assert!(load_text(with_cell("\"3\"").replace("8,b\n", "8,\"b\"")).is_ok());
}

#[test]
fn cells_over_several_lines_are_counted_with_the_line_of_the_first() {
    let rows = |cell: &str| {
        let row = |row: usize| format!("{row},w{},{}\n", row % 3, ["a", "b"][row % 2]);
        let text: String = (0..40).map(row).collect();
        format!("size,kind,class\n{text}41,{cell},a\n42,{cell},b\n")
    };
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("rows.csv", &rows("\"x\n7,w1,a\ny\""));
    write("test.csv", &rows("w0"));
    let options =
        DataOptions { test_source: Some("test.csv".into()), validation: 0.0, ..options() };
    let corpus = load(&options, folder.path()).unwrap();
    let [kind] = &corpus.cells["train"][..] else { panic!("{:?}", corpus.cells) };
    assert_eq!((kind.column.as_str(), kind.broken, kind.unseen), ("kind", 2, 0));
    let said = "column `kind`: 2 of 42 cells go over several lines, the first in line 42";
    assert_eq!(kind.to_string(), said);
    assert!(!corpus.cells.contains_key("test"));
    let rows = corpus.preprocessing.read_rows(&folder.path().join("rows.csv")).unwrap();
    assert_eq!(rows.cells[0].to_string(), said);
}

#[test]
fn hints_name_the_likely_mistake() {
    let header = refusal("size;kind\n1;a\n2;b\n");
    assert_eq!(header.0, "rows.csv: there is no column `class`; the columns are `size;kind`");
    assert_eq!(header.1, "divide the cells of a row by commas");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rows.parquet"), "").unwrap();
    let options = DataOptions { source: "rows.parquet".into(), ..options() };
    let hint = load(&options, folder.path()).unwrap_err().hint().unwrap();
    assert_eq!(hint, "get the file again; nothing is in it");
    let empty = |class: &str| {
        let (class, part) = (class.to_owned(), "training");
        DataError::ClassEmpty { part, class, expected: 1, found: 0 }.hint().unwrap()
    };
    assert!(empty("0").starts_with("classes without names are counted from 0"));
    assert!(empty("1").starts_with("add rows of this class"));
}

#[test]
fn rows_to_predict_may_have_any_label() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.csv");
    std::fs::write(&path, with_cell("3")).unwrap();
    let preprocessing = load(&options(), folder.path()).unwrap().preprocessing;
    std::fs::write(&path, "size,class\n1,fox\n2,\n3,a\n").unwrap();
    let (message, _) = described(preprocessing.read_rows(&path).unwrap_err());
    assert_eq!(message, "rows.csv:2: label `fox` is not among the 2 classes `a`, `b`");
    let rows = preprocessing.read_unlabelled(&path).unwrap();
    assert_eq!(rows.samples.labels, [None; 3]);
    assert_eq!(rows.records[0], ["1", "fox"]);
    // What is no table is known before it is opened.
    let other = folder.path().join("rows.csv.gz");
    std::fs::create_dir_all(folder.path().join("images/fox")).unwrap();
    std::fs::write(&other, "no gzip").unwrap();
    for (path, found) in
        [(other, "a file of another kind"), (folder.path().join("images"), "a folder")]
    {
        let error = preprocessing.read_unlabelled(&path).unwrap_err().to_string();
        let expected = format!(": expected a table (.csv, .parquet or .pq), found {found}");
        assert!(error.ends_with(&expected), "{error}");
    }
}

#[test]
fn classes_that_are_named_need_no_rows() {
    let folder = tempfile::tempdir().unwrap();
    // One row of `rare` is in the test file, and none of `never` is anywhere.
    let row = |row: usize| format!("{row}.{},{}\n", row * 7 % 10, ["a", "b"][row % 2]);
    let text: String = (0..200).map(row).collect();
    std::fs::write(folder.path().join("rows.csv"), format!("size,class\n{text}")).unwrap();
    let text: String = (0..40).map(|row| format!("0.{row},{}\n", ["a", "b"][row % 2])).collect();
    let text = format!("size,class\n{text}7,rare\n");
    std::fs::write(folder.path().join("test.csv"), text).unwrap();
    let classes = ["a", "b", "rare", "never"].map(str::to_owned).to_vec();
    let options = DataOptions { classes, test_source: Some("test.csv".into()), ..options() };
    let findings = check(&options, folder.path()).unwrap();
    let absent: Vec<(Severity, &str)> = findings
        .iter()
        .filter(|finding| finding.defect == Defect::ClassAbsent)
        .map(|finding| (finding.severity, finding.place.rsplit('/').next().unwrap()))
        .collect();
    let expected = (Severity::Warning, "rows.csv, class `rare`");
    assert_eq!(absent, [expected; 2], "{findings:#?}");
}
