//! Findings about corpora that load and are still suspicious.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::path::Path;

use potstill_data::{Corpus, DataOptions, Finding, Severity, check, load};

fn corpus(train: &str, test: &str) -> Corpus {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("train.csv"), train).unwrap();
    std::fs::write(folder.path().join("test.csv"), test).unwrap();
    let options = DataOptions {
        source: "train.csv".into(),
        label: Some("class".into()),
        test_source: Some("test.csv".into()),
        validation: 0.0,
        ..DataOptions::default()
    };
    load(&options, folder.path()).unwrap()
}

/// Rows `from..to` of two classes, no two alike.
fn rows(from: usize, to: usize) -> String {
    let rows = (from..to).map(|row| format!("{row},{},{}\n", row * row, row % 2));
    std::iter::once("size,area,class\n".to_owned()).chain(rows).collect()
}

fn finding(severity: Severity, place: &str, message: &str) -> Finding {
    Finding { severity, place: place.into(), message: message.into() }
}

#[test]
fn a_sound_corpus_has_no_findings() {
    assert_eq!(check(&corpus(&rows(0, 60), &rows(60, 120))), []);
}

#[test]
fn small_parts_and_rare_classes_are_found() {
    let findings = check(&corpus(&rows(0, 60), "size,area,class\n70,1,0\n71,2,0\n"));
    assert_eq!(
        findings,
        [
            finding(Severity::Warning, "test", "expected at least 30 rows, found 2"),
            finding(
                Severity::Warning,
                "test, class `0`",
                "expected at least 5 labelled rows, found 2"
            ),
            finding(
                Severity::Error,
                "test, class `1`",
                "expected at least 5 labelled rows, found 0"
            ),
        ]
    );
}

#[test]
fn constant_columns_are_found() {
    let constant = |from, to| {
        let text: String = rows(from, to);
        text.lines()
            .map(|line| format!("{},{line}\n", if line.starts_with('s') { "unit" } else { "3" }))
            .collect::<String>()
    };
    assert_eq!(
        check(&corpus(&constant(0, 60), &constant(60, 120))),
        [finding(Severity::Warning, "train", "the same value in every row: `unit`")]
    );
}

#[test]
fn rows_in_two_parts_are_found() {
    let one = format!("{}7,49,1\n", rows(60, 160));
    assert_eq!(
        check(&corpus(&rows(0, 60), &one)),
        [finding(
            Severity::Warning,
            "test, row 100",
            "1 of 101 rows also occur in train, the first one as row 7"
        )]
    );
    assert_eq!(
        check(&corpus(&rows(0, 60), &rows(50, 90))),
        [finding(
            Severity::Error,
            "test, row 0",
            "10 of 40 rows also occur in train, the first one as row 50"
        )]
    );
}

#[test]
fn the_embedded_digits_have_only_their_known_faults() {
    let digits = load(&DataOptions::default(), Path::new("")).unwrap();
    let findings = check(&digits);
    assert!(findings.iter().all(|finding| finding.severity == Severity::Warning), "{findings:?}");
    // The first and the fortieth pixel are dark in every digit.
    let constant = &findings[0].message;
    assert_eq!(constant, "the same value in every row: `pixel_0`, `pixel_39`");
}
