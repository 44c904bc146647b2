//! Rows that occur more than once, in one part or in two, and images without content.

use std::collections::BTreeMap;
use words::{counted, verb};

use super::survey::{Part, Survey};
use super::{Defect, Finding};
use crate::task::Task;

/// The share of a part that may occur elsewhere before the result is not to be trusted.
const LEAK: f64 = 0.01;

/// Rows that chance repeats more often than this are no copies: tables of few columns of few values
/// are full of them.
const CHANCE: f64 = 1e-3;

/// How many rows there are of a kind, and the first of them with the row that it repeats.
#[derive(Default)]
struct Repeated<'a> {
    count: usize,
    first: Option<(usize, (&'a Part<'a>, usize))>,
}

impl<'a> Repeated<'a> {
    fn add(&mut self, row: usize, earlier: (&'a Part<'a>, usize)) {
        self.count += 1;
        self.first.get_or_insert((row, earlier));
    }

    /// The place of the first one and the place of the row it repeats.
    fn places(&self, part: &Part<'_>) -> Option<(String, String)> {
        self.first.map(|(row, (other, earlier))| (part.place(row), other.place(earlier)))
    }
}

pub(super) fn find(survey: &Survey<'_>, findings: &mut Vec<Finding>) {
    // The first row of each content, over all parts and within the part.
    let mut seen: BTreeMap<[u8; 32], (&Part<'_>, usize)> = BTreeMap::new();
    for part in &survey.parts {
        let mut own: BTreeMap<[u8; 32], usize> = BTreeMap::new();
        let [mut equal, mut contradictory] = [Repeated::default(), Repeated::default()];
        let mut shared: BTreeMap<&str, Repeated<'_>> = BTreeMap::new();
        let chances = survey.equal_by_chance(part);
        let rows = chances.iter().zip(&part.contents).enumerate();
        for (row, (_, content)) in rows.filter(|(_, (chance, _))| **chance <= CHANCE) {
            let content = content.hash;
            let (other, earlier) = *seen.entry(content).or_insert((part, row));
            if other.name != part.name {
                shared.entry(other.name).or_default().add(row, (other, earlier));
            }
            let earlier = *own.entry(content).or_insert(row);
            if contradicts(survey, part, [row, earlier]) {
                contradictory.add(row, (part, earlier));
            } else if earlier != row {
                equal.add(row, (part, earlier));
            }
        }
        let task = survey.corpus.preprocessing.task();
        repeated(part, &equal, &contradictory, task, findings);
        for (other, rows) in shared {
            shared_rows(part, other, &rows, findings);
        }
        constant_images(part, findings);
    }
}

/// Whether two rows of equal features have other labels, or a number that differs by more than its
/// standard deviation, which is more than a measurement made twice differs by.
fn contradicts(survey: &Survey<'_>, part: &Part<'_>, rows: [usize; 2]) -> bool {
    let preprocessing = &survey.corpus.preprocessing;
    if preprocessing.task().is_classes() {
        return matches!(rows.map(|row| part.label(row)), [Some(one), Some(other)] if one != other);
    }
    let [Some(one), Some(other)] = rows.map(|row| part.targets(row, survey)) else { return false };
    let scales = preprocessing.target_scales();
    one.iter().zip(other).enumerate().any(|(target, (one, other))| {
        (one - other).abs() > scales.get(target).map_or(0.0, |scale| scale.deviation)
    })
}

fn repeated(
    part: &Part<'_>,
    equal: &Repeated<'_>,
    contradictory: &Repeated<'_>,
    task: Task,
    findings: &mut Vec<Finding>,
) {
    let (name, size) = (part.name, counted(part.len(), "row"));
    if let Some((place, earlier)) = equal.places(part) {
        let verb = verb(equal.count, "repeats", "repeat");
        let message =
            format!("{} of {size} of {name} {verb} another, this one {earlier}", equal.count);
        findings.push(Finding::warning(Defect::DuplicateRows, place, message));
    }
    if let Some((place, earlier)) = contradictory.places(part) {
        let what = match task {
            Task::Classes => "another label",
            Task::Labels => "other labels",
            Task::Numbers => "a number more than a standard deviation away",
        };
        let message = format!(
            "{} of {size} of {name} {} the features of another and {what}, this one those of \
             {earlier}",
            contradictory.count,
            verb(contradictory.count, "has", "have")
        );
        findings.push(Finding::warning(Defect::ContradictoryLabels, place, message));
    }
}

fn shared_rows(part: &Part<'_>, other: &str, rows: &Repeated<'_>, findings: &mut Vec<Finding>) {
    let Some((place, earlier)) = rows.places(part) else { return };
    let message = format!(
        "{} of {} of {} also {} in {other}, this one as {earlier}",
        rows.count,
        counted(part.len(), "row"),
        part.name,
        verb(rows.count, "occurs", "occur")
    );
    // Rows that are learned from twice flatter no score.
    let held_out = part.name != "transfer";
    findings.push(if held_out && rows.count as f64 > LEAK * part.len() as f64 {
        Finding::error(Defect::SharedRows, place, message)
    } else {
        Finding::warning(Defect::SharedRows, place, message)
    });
}

fn constant_images(part: &Part<'_>, findings: &mut Vec<Finding>) {
    let contents = part.contents.iter().enumerate();
    let mut constant = contents.filter(|(_, content)| content.is_constant_image);
    let Some((first, _)) = constant.next() else { return };
    let count = 1 + constant.count();
    let message = format!(
        "{count} of {} of {} {} of one colour",
        counted(part.len(), "image"),
        part.name,
        verb(count, "is", "are")
    );
    findings.push(Finding::warning(Defect::ConstantImage, part.place(first), message));
}
