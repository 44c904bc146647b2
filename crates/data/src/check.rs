/*!
What is suspicious in a corpus, found before any training.

What makes a corpus impossible is an error of [`load`](crate::load); here are the things that load
and may still spoil a result.
*/

use std::collections::BTreeMap;
use std::fmt;

use crate::load::Corpus;
use crate::sample::{SampleShape, Samples, hash_values};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; results may still be right.
    Warning,
    /// Results cannot be trusted.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One thing that is suspicious.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Where: a part, and a class, column or row of it.
    pub place: String,
    /// What was found and what was expected.
    pub message: String,
}

/// A part with fewer rows gives a shaky number.
const FEW_ROWS: usize = 30;
/// A class with fewer labelled rows in a part is rare.
const FEW_OF_A_CLASS: usize = 5;
/// The share of a part that may occur elsewhere before the result is not to be trusted.
const LEAK: f64 = 0.01;

/// Looks through a corpus: sizes of parts and classes, constant columns, rows in two parts.
pub fn check(corpus: &Corpus) -> Vec<Finding> {
    let parts =
        [("train", &corpus.train), ("validation", &corpus.validation), ("test", &corpus.test)];
    let mut findings = Vec::new();
    for (name, samples) in parts {
        // Validation may be switched off, and then it lacks nothing.
        if !samples.is_empty() {
            sizes(name, samples, &corpus.classes, &mut findings);
        }
    }
    skipped(corpus, &mut findings);
    constant_columns(corpus, &mut findings);
    duplicates(&parts, &mut findings);
    findings
}

fn skipped(corpus: &Corpus, findings: &mut Vec<Finding>) {
    findings.extend(corpus.skipped.iter().zip(1..).map(|(file, number)| Finding {
        severity: Severity::Warning,
        place: file.name.clone(),
        message: format!("skipped, {number} of {}: {}", corpus.skipped.len(), file.reason),
    }));
}

fn sizes(part: &str, samples: &Samples, classes: &[String], findings: &mut Vec<Finding>) {
    if samples.len() < FEW_ROWS {
        findings.push(Finding {
            severity: Severity::Warning,
            place: part.into(),
            message: format!("expected at least {FEW_ROWS} rows, found {}", samples.len()),
        });
    }
    let counts = samples.class_counts(classes.len());
    for (class, count) in classes.iter().zip(counts).filter(|(_, count)| *count < FEW_OF_A_CLASS) {
        findings.push(Finding {
            severity: if count == 0 { Severity::Error } else { Severity::Warning },
            place: format!("{part}, class `{class}`"),
            message: format!("expected at least {FEW_OF_A_CLASS} labelled rows, found {count}"),
        });
    }
}

/// Constant columns of a table; pixels that are always dark are normal.
fn constant_columns(corpus: &Corpus, findings: &mut Vec<Finding>) {
    let SampleShape::Vector(width) = corpus.train.shape else { return };
    let Some(first) = (!corpus.train.is_empty()).then(|| corpus.train.row(0)) else { return };
    let mut constant = vec![true; width];
    for row in 1..corpus.train.len() {
        for ((constant, value), first) in constant.iter_mut().zip(corpus.train.row(row)).zip(first)
        {
            *constant &= value == first;
        }
    }
    let names = corpus.preprocessing.value_names();
    let names: Vec<String> = names
        .into_iter()
        .zip(constant)
        .filter(|(_, constant)| *constant)
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    if !names.is_empty() {
        findings.push(Finding {
            severity: Severity::Warning,
            place: "train".into(),
            message: format!("the same value in every row: {}", names.join(", ")),
        });
    }
}

fn duplicates(parts: &[(&str, &Samples)], findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<[u8; 32], (&str, usize)> = BTreeMap::new();
    // Per pair of parts: how many rows, and the first example in each.
    let mut shared: BTreeMap<(&str, &str), (usize, usize, usize)> = BTreeMap::new();
    for &(part, samples) in parts {
        for row in 0..samples.len() {
            let mut hasher = blake3::Hasher::new();
            hash_values(&mut hasher, samples.row(row));
            let (first_part, first_row) =
                *seen.entry(hasher.finalize().into()).or_insert((part, row));
            if first_part != part {
                shared.entry((part, first_part)).or_insert((0, row, first_row)).0 += 1;
            }
        }
    }
    for ((part, other), (count, row, other_row)) in shared {
        let size = parts.iter().find(|(name, _)| *name == part).map_or(0, |(_, part)| part.len());
        let leaks = count as f64 > LEAK * size as f64;
        findings.push(Finding {
            severity: if leaks { Severity::Error } else { Severity::Warning },
            place: format!("{part}, row {row}"),
            message: format!(
                "{count} of {size} rows also occur in {other}, the first one as row {other_row}"
            ),
        });
    }
}
