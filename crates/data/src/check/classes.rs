//! Sizes of parts, and the classes of their rows.

use std::collections::BTreeMap;
use words::{counted, noun, verb};

use super::survey::{Part, Survey};
use super::words::plain;
use super::{Defect, Finding, Severity};
use crate::quote::shown;

/// A part with fewer rows gives a shaky number.
const FEW_ROWS: usize = 30;
/// A class with fewer labelled rows in a part is rare.
const FEW_OF_A_CLASS: usize = 5;
/// More classes than this that have few rows in a part are told together.
const FEW_CLASSES: usize = 5;
/// The largest class may have so many times the rows of the smallest.
const IMBALANCE: usize = 20;
/// More classes than this that are fractions are a quantity.
const MANY_CLASSES: usize = 20;

pub(super) fn find(survey: &Survey<'_>, findings: &mut Vec<Finding>) {
    // Labels and numbers have no classes to look at.
    let is_classes = survey.corpus.preprocessing.task().is_classes();
    let classes: &[String] = if is_classes { &survey.corpus.classes } else { &[] };
    let numeric = is_classes && numeric_label(survey, findings);
    let absent = absent(survey, classes.len());
    for part in &survey.parts {
        if part.name == "transfer" {
            unlabelled(survey, part, findings);
            continue;
        }
        if part.len() < FEW_ROWS {
            let message =
                format!("{}: expected at least {FEW_ROWS} rows, found {}", part.name, part.len());
            findings.push(Finding::warning(Defect::FewRows, part.file(), message));
        }
        let counts = counts(part, classes.len());
        if survey.corpus.is_unlabelled() {
            continue;
        }
        if !numeric {
            few_of_class(part, classes, &counts, &absent, findings);
        }
        if part.name == "train" {
            imbalance(part, classes, &counts, findings);
        }
    }
    if is_classes {
        variants(survey, findings);
    }
}

pub(super) fn counts(part: &Part<'_>, classes: usize) -> Vec<usize> {
    let mut counts = vec![0; classes];
    for label in part.piece.labels.iter().flatten() {
        if let Some(count) = counts.get_mut(*label as usize) {
            *count += 1;
        }
    }
    counts
}

/// What it means that a class has no row in a part.
enum Absent {
    /// It was found in the source, so it is there to be learned and judged.
    Refused,
    /// The recipe names it, and other parts have rows of it.
    Possible,
    /// The recipe names it, and nothing has a row of it.
    Meant,
}

/// The same for each class.
fn absent(survey: &Survey<'_>, classes: usize) -> Vec<Absent> {
    let mut rows = vec![0; classes];
    for part in &survey.parts {
        for (rows, count) in rows.iter_mut().zip(counts(part, classes)) {
            *rows += count;
        }
    }
    let of_class = |rows| match (survey.names_classes, rows) {
        (false, _) => Absent::Refused,
        (true, 0) => Absent::Meant,
        (true, _) => Absent::Possible,
    };
    rows.into_iter().map(of_class).collect()
}

fn few_of_class(
    part: &Part<'_>,
    classes: &[String],
    counts: &[usize],
    absent: &[Absent],
    findings: &mut Vec<Finding>,
) {
    let mut few: BTreeMap<(Defect, Severity), Vec<(&str, usize)>> = BTreeMap::new();
    for ((class, count), absent) in classes.iter().zip(counts).zip(absent) {
        let kind = match (count, absent) {
            (FEW_OF_A_CLASS.., _) | (0, Absent::Meant) => continue,
            (0, Absent::Possible) => (Defect::ClassAbsent, Severity::Warning),
            (0, Absent::Refused) => (Defect::ClassAbsent, Severity::Error),
            _ => (Defect::FewOfClass, Severity::Warning),
        };
        few.entry(kind).or_default().push((class, *count));
    }
    for ((defect, severity), few) in few {
        let expected = format!("{}: expected at least {FEW_OF_A_CLASS} labelled rows", part.name);
        let finding = |place, message| Finding { defect, severity, place, message };
        if few.len() > FEW_CLASSES {
            let first = few.iter().take(FEW_CLASSES);
            let first = first.map(|(class, count)| format!("`{}` ({count})", shown(class)));
            let first: Vec<String> = first.collect();
            let message = format!(
                "{expected} of each class, found fewer in {} of {}: {} and {} more",
                few.len(),
                counted(classes.len(), "class"),
                first.join(", "),
                few.len() - FEW_CLASSES
            );
            findings.push(finding(part.file(), message));
            continue;
        }
        findings.extend(few.into_iter().map(|(class, count)| {
            let place = format!("{}, class `{}`", part.file(), shown(class));
            finding(place, format!("{expected}, found {count}"))
        }));
    }
}

fn imbalance(part: &Part<'_>, classes: &[String], counts: &[usize], findings: &mut Vec<Finding>) {
    // A class without any rows is told as absent.
    let counted = || counts.iter().zip(classes).filter(|(count, _)| **count > 0);
    let (Some((least, rare)), Some((most, frequent))) = (counted().min(), counted().max()) else {
        return;
    };
    if *most > IMBALANCE * least {
        let place = format!("{}, class `{}`", part.file(), shown(rare));
        let message = format!(
            "{} labelled training {}, and class `{}` has {most}: expected at most \
             {IMBALANCE} to 1, because a model that never says `{}` looks right",
            least,
            noun(*least, "row"),
            shown(frequent),
            shown(rare)
        );
        findings.push(Finding::warning(Defect::ClassImbalance, place, message));
    }
}

/// Classes that were meant to be one.
fn variants(survey: &Survey<'_>, findings: &mut Vec<Finding>) {
    let Some(train) = survey.part("train") else { return };
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for class in &survey.corpus.classes {
        if let Some(other) = seen.insert(plain(class), class) {
            let place = format!("{}, class `{}`", train.file(), shown(class));
            let message = format!(
                "expected classes that differ in more than case, spaces and hyphens, found `{}` too",
                shown(other)
            );
            findings.push(Finding::warning(Defect::ClassVariants, place, message));
        }
    }
}

fn numeric_label(survey: &Survey<'_>, findings: &mut Vec<Finding>) -> bool {
    let classes = &survey.corpus.classes;
    let numbers: Option<Vec<f64>> = classes.iter().map(|class| class.parse().ok()).collect();
    let fractions =
        numbers.is_some_and(|numbers| numbers.iter().any(|number| number.fract() != 0.0));
    let (Some(train), Some(label)) = (survey.part("train"), survey.label) else { return false };
    let numeric = fractions && classes.len() > MANY_CLASSES;
    if numeric {
        let message = format!(
            "{} classes, all of them numbers: a quantity is no class; put it into a few ranges",
            classes.len()
        );
        findings.push(Finding::warning(Defect::NumericLabel, train.column_place(label), message));
    }
    numeric
}

fn unlabelled(survey: &Survey<'_>, part: &Part<'_>, findings: &mut Vec<Finding>) {
    let labelled = part.piece.labels.iter().flatten().count();
    let first = part.piece.labels.iter().position(Option::is_none);
    if let (Some(first), Some(label), true) = (first, survey.label, labelled > 0) {
        let without = part.len() - labelled;
        let message = format!(
            "{without} of {} {} no label; they are learned from through the teacher alone",
            counted(part.len(), "row"),
            verb(without, "has", "have")
        );
        findings.push(Finding::note(
            Defect::UnlabelledRows,
            part.cell_place(first, label),
            message,
        ));
    }
}
