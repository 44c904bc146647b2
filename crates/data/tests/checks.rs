//! Findings about data that loads and is still suspicious. `crates/cli/tests/checks.rs` plants each
//! kind; here are the list of kinds, sound data that is known, and what must not be looked at.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::collections::BTreeSet;
use std::path::Path;

use potstill_data::{DataOptions, Defect, Severity, check};

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
