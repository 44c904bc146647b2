//! Findings about data that loads and is still suspicious. `crates/cli/tests/checks.rs` plants each
//! kind; here are the list of kinds, sound data that is known, and what must not be looked at.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::collections::BTreeSet;
use std::path::Path;

use potstill_data::{
    DataOptions, Defect, FirstColumns, RowKeys, Severity, TableOptions, check, first_columns,
};

#[test]
fn the_page_lists_every_kind_as_the_program_knows_it() {
    let page = include_str!("../../../docs/checks.md");
    let listed: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    let known: Vec<String> = Defect::ALL
        .iter()
        .map(|defect| format!("| `{}` | {} |", defect.name(), defect.meaning()))
        .collect();
    assert_eq!(listed, known);
    let names: BTreeSet<&str> = Defect::ALL.iter().map(|defect| defect.name()).collect();
    assert_eq!(names.len(), Defect::ALL.len());
}

#[test]
fn the_embedded_digits_have_only_their_known_faults() {
    let findings = check(&DataOptions::default(), Path::new("")).unwrap();
    assert!(findings.iter().all(|finding| finding.severity == Severity::Warning), "{findings:?}");
    let of = |defect| findings.iter().find(|finding| finding.defect == defect);
    // The first and the fortieth pixel are dark in every digit.
    let constant = of(Defect::ConstantColumn).unwrap();
    assert_eq!(constant.place, "digits, column `pixel_0`, `pixel_39`");
    let kinds: BTreeSet<Defect> = findings.iter().map(|finding| finding.defect).collect();
    let expected = [Defect::ConstantColumn, Defect::NearConstantColumn];
    assert_eq!(kinds, expected.into_iter().collect(), "{findings:#?}");
}

#[test]
fn hidden_labels_are_not_looked_at() {
    // The column is the label, but in the few rows that show theirs this is no rule yet.
    let folder = tempfile::tempdir().unwrap();
    let rows = (0..200).map(|row| format!("{}.{row},{},{}\n", row % 7, row % 2, row % 2));
    let text = format!("size,copy,class\n{}", rows.collect::<String>());
    std::fs::write(folder.path().join("rows.csv"), text).unwrap();
    let leaks = |labelled| {
        let options = DataOptions {
            source: "rows.csv".into(),
            label: Some("class".into()),
            labelled,
            ..DataOptions::default()
        };
        let findings = check(&options, folder.path()).unwrap();
        findings.iter().any(|finding| finding.defect == Defect::LabelCopy)
    };
    assert!(leaks(1.0));
    assert!(!leaks(0.1));
}

/// Findings of a table with the class `b` for every `every`-th of its rows, a number that says nothing, and what
/// a function of the row makes a column of.
fn findings(rows: usize, every: usize, column: impl Fn(usize) -> String) -> Vec<[String; 3]> {
    findings_of(rows, |row| if row % every == 0 { "b" } else { "a" }.to_owned(), None, column)
}

fn findings_of(
    rows: usize,
    class: impl Fn(usize) -> String,
    rare: Option<usize>,
    column: impl Fn(usize) -> String,
) -> Vec<[String; 3]> {
    let folder = tempfile::tempdir().unwrap();
    let size = |row: usize| 1.0 + ((row * 7919) % 1009) as f64 / 64.0;
    let line = |row| format!("{:.6},\"{}\",{}\n", size(row), column(row), class(row));
    let text = (0..rows).map(line).collect::<String>();
    std::fs::write(folder.path().join("rows.csv"), format!("size,more,class\n{text}")).unwrap();
    let options = DataOptions {
        source: "rows.csv".into(),
        label: Some("class".into()),
        table: TableOptions { rare, ..TableOptions::default() },
        ..DataOptions::default()
    };
    let folder_name = format!("{}/", folder.path().display());
    let told = check(&options, folder.path()).unwrap().into_iter().map(|finding| {
        let place = finding.place.replace(&folder_name, "");
        [finding.defect.name().to_owned(), place, finding.message]
    });
    told.collect()
}

fn of(defect: Defect, findings: &[[String; 3]]) -> Vec<[String; 2]> {
    let found = findings.iter().filter(|[name, ..]| name == defect.name());
    found.map(|[_, place, message]| [place.clone(), message.clone()]).collect()
}

#[test]
fn a_column_that_is_nearly_the_label_is_told_with_its_rate() {
    let wrong = |row: usize| row % 100 == 7;
    let copy = |row: usize| u8::from(row.is_multiple_of(2) != wrong(row)).to_string();
    let told = of(Defect::LabelNearCopy, &findings(1000, 2, copy));
    assert_eq!(told[0][0], "rows.csv, column `more`");
    assert!(told[0][1].starts_with("the column alone tells the class of 9"), "{told:?}");
    assert!(told[0][1].contains("the largest class has 50.0 %"), "{told:?}");
    let word = |row: usize| {
        format!("{}{}", if row.is_multiple_of(2) != wrong(row) { "yes" } else { "no" }, row % 5)
    };
    assert_eq!(of(Defect::LabelNearCopy, &findings(1000, 2, word)).len(), 1);
    // Too few rows; not often enough; no better than the largest class; a value for each few rows.
    assert!(of(Defect::LabelNearCopy, &findings(200, 2, copy)).is_empty());
    let often = |row: usize| u8::from(row.is_multiple_of(2) != (row % 33 == 7)).to_string();
    assert!(of(Defect::LabelNearCopy, &findings(1000, 2, often)).is_empty());
    let share = |row: usize| u8::from(row.is_multiple_of(50)).to_string();
    assert!(of(Defect::LabelNearCopy, &findings(1000, 100, share)).is_empty());
    let fine = |row: usize| format!("{:.3}", (row / 2) as f64);
    assert!(of(Defect::LabelNearCopy, &findings(1000, 2, fine)).is_empty());
}

#[test]
fn a_column_on_another_scale_is_equal() {
    let size = |row: usize| 1.0 + ((row * 7919) % 1009) as f64 / 64.0;
    let told = |column: &dyn Fn(usize) -> String| {
        let told = of(Defect::EqualColumns, &findings(500, 2, column));
        told.into_iter().map(|[_, message]| message).collect::<Vec<_>>()
    };
    let same = "says the same as column `size` in every training row";
    assert_eq!(told(&|row| format!("{:.3}", 2.54 * size(row))), [format!("{same}, times 2.54")]);
    let fahrenheit = |row| format!("{:.1}", 1.8 * size(row) - 1.0);
    assert!(told(&fahrenheit).is_empty(), "decimals that lose something");
    let away = |row| format!("{:.4}", 7.5 - 0.3 * size(row));
    assert_eq!(told(&away), [format!("{same}, times -0.3 plus 7.5")]);
    assert!(told(&|row| format!("{:.4}", size(row).powi(2))).is_empty());
    assert!(told(&|row| format!("{:.4}", size(row) + (row % 9) as f64 / 100.0)).is_empty());
}

#[test]
fn a_minus_is_no_spelling() {
    let told = |one: &str, other: &str| {
        let column = |row: usize| [one, other, "else"][row * 7 / 3 % 3].to_owned();
        of(Defect::SpellingVariants, &findings(300, 2, column)).len()
    };
    assert_eq!(told("-5 to 0", "5 to 0"), 0);
    assert_eq!(told("x46,33", "X 46,33"), 1);
    assert_eq!(told("46,33", "-46,33"), 0);
    assert_eq!(told("1-2", "12"), 0);
    assert_eq!(told("Covid-19", "covid19"), 1);
    assert_eq!(told("semi-skilled", "Semi skilled"), 1);
    let class = |row: usize| ["1", "-1"][row % 2].to_owned();
    let signs = findings_of(300, class, None, |row| (row % 7).to_string());
    assert!(of(Defect::ClassVariants, &signs).is_empty(), "{signs:?}");
}

#[test]
fn many_classes_of_few_rows_are_told_once_a_part_and_rare_ones_as_imbalance() {
    let class = |row: usize| format!("c{:02}", row % 40);
    let many = findings_of(240, class, None, |row| (row % 7).to_string());
    let told = of(Defect::FewOfClass, &many);
    assert_eq!(told.len(), 3, "{told:?}");
    let expected = "test: expected at least 5 labelled rows of each class, found fewer in 40 of 40 classes: \
                    `c00` (1), `c01` (1), `c02` (1), `c03` (1), `c04` (1) and 35 more";
    assert!(told.contains(&["rows.csv".to_owned(), expected.to_owned()]), "{told:#?}");
    let rare = findings(600, 100, |row| (row % 7).to_string());
    assert_eq!(of(Defect::FewOfClass, &rare).len(), 3, "{rare:?}");
    let told = of(Defect::ClassImbalance, &rare);
    assert!(told[0][1].starts_with("4 labelled training rows, and class `a` has"), "{told:?}");
}

#[test]
fn words_that_are_all_rare_are_constant() {
    let class = |row: usize| ["a", "b"][row % 2].to_owned();
    let word = |row: usize| format!("w{}", row % 100);
    let told = |rare| of(Defect::ConstantColumn, &findings_of(300, class, rare, word));
    assert!(told(None).is_empty() && told(Some(2)).is_empty());
    let [[place, message]] = told(Some(20)).try_into().unwrap();
    assert_eq!(place, "rows.csv, column `more`");
    assert!(message.contains("fewer training rows than `rare`"), "{message}");
}

#[test]
fn dates_with_names_of_months_are_dates() {
    let told =
        |date: &dyn Fn(usize) -> String| of(Defect::DateLikeWords, &findings(300, 2, date)).len();
    assert_eq!(told(&|row| format!("Jan {}, 2020", 1 + row * 7 % 30)), 1);
    assert_eq!(told(&|row| format!("{} september 2020 12:30", 1 + row * 7 % 30)), 1);
    assert_eq!(told(&|row| format!("{}-Mar-20", 1 + row * 7 % 30)), 1);
    assert_eq!(told(&|row| format!("Mary {}, 2020", 1 + row * 7 % 30)), 0);
    assert_eq!(told(&|row| format!("May {}", 1 + row * 7 % 30)), 0);
}

#[test]
fn a_first_recipe_names_missing_words_and_keeps_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let options = DataOptions {
        source: "rows.csv".into(),
        label: Some("class".into()),
        ..DataOptions::default()
    };
    let first = |odd: &str, rows: &[usize]| {
        let cell =
            |row: usize| if rows.contains(&row) { odd.to_owned() } else { format!("{row}.5") };
        let text = (0..100).map(|row| format!("{},{}\n", cell(row), ["a", "b"][row % 2]));
        let text = format!("size,class\n{}", text.collect::<String>());
        std::fs::write(folder.path().join("rows.csv"), text).unwrap();
        first_columns(&options, folder.path()).unwrap()
    };
    let every: Vec<usize> = (0..100).collect();
    let keys = {
        first("", &[]);
        RowKeys::read(&options, folder.path()).unwrap()
    };
    let [train, test] = [keys.train[0].row, keys.test[0].row];
    for row in [train, test] {
        let named = FirstColumns { missing: vec!["NA".into()], ..FirstColumns::default() };
        assert_eq!(first("NA", &[row]), named);
    }
    let words = FirstColumns { categorical: vec!["size".into()], ..FirstColumns::default() };
    assert_eq!(first("none so far", &[test]).categorical, words.categorical);
    assert_eq!(first("x", &every).unfit, []);
}
