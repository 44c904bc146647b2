//! Samples of classes that the students never see stay with the teacher, in validation and in test.
#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use potstill_data::{Corpus, DataError, DataOptions, load};

fn digits(names: &[&str], labelled: f64) -> Result<Corpus, DataError> {
    let omit_classes = names.iter().map(|name| (*name).to_owned()).collect();
    load(&DataOptions { omit_classes, labelled, ..DataOptions::default() }, ".".as_ref())
}

#[test]
fn omitted_samples_are_marked_and_nothing_else_changes() {
    let (whole, without) = (digits(&[], 1.0).unwrap(), digits(&["3", "7"], 1.0).unwrap());
    assert!(whole.omitted.is_empty());
    assert_eq!(whole.student_rows(), whole.train.len());
    assert_eq!((&whole.train, &whole.test), (&without.train, &without.test));
    assert_eq!(whole.validation, without.validation);
    let expected: Vec<bool> =
        whole.train.labels.iter().map(|label| matches!(label, Some(3 | 7))).collect();
    assert_eq!(without.omitted, expected);
    let count = expected.iter().filter(|omitted| **omitted).count();
    assert!(count > 500);
    assert_eq!(without.student_rows(), whole.train.len() - count);
}

#[test]
fn a_sample_with_a_hidden_label_is_omitted_too() {
    let (whole, hidden) = (digits(&["3"], 1.0).unwrap(), digits(&["3"], 0.1).unwrap());
    assert_eq!(whole.omitted, hidden.omitted);
    assert!(hidden.train.labels.iter().filter(|label| label.is_none()).count() > 3000);
}

#[test]
fn classes_that_are_not_there_and_all_of_them_are_refused() {
    let message = |names: &[&str]| digits(names, 1.0).unwrap_err().to_string();
    assert!(
        message(&["3", "x"])
            .starts_with("`omit_classes` is x, expected names of classes, which are")
    );
    let all = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    assert!(message(&all).ends_with("expected classes that leave a labelled sample"));
}
