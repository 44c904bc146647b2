/*!
Dividing rows by whole groups, with the shares of the classes as even as the groups allow.

Rows of one patient, device or document resemble each other, so a part that shares a group with
training tells too good a number. Finding the best division is a packing problem; this takes groups
in a random order as long as each brings the shares nearer to what was asked for, and keeps the
best of several orders. The order is a function of the seed, so the division is too.
*/

use std::collections::BTreeMap;

use random::Stream;

use crate::error::DataError;
use crate::split::Cut;

/// The number of orders that are tried.
const ORDERS: u64 = 64;

/// The rows of a group, and how many of each of its classes it has.
struct Group {
    rows: Vec<usize>,
    counts: BTreeMap<usize, f64>,
}

/// A choice of groups, by position, and how many rows of each class they have.
struct Choice {
    taken: Vec<bool>,
    counts: Vec<f64>,
}

/// Takes about a share of each class from `rows`, whole groups only; returns what stays and what is
/// taken, both ascending. At least one row of each class is taken, and `cut.leave` rows stay.
///
/// `labels` and `groups` hold class and group of every row that can occur in `rows`.
pub(crate) fn grouped(
    rows: &[usize],
    labels: &[Option<u32>],
    groups: &[usize],
    classes: &[String],
    cut: &Cut,
    stream: &Stream,
) -> Result<(Vec<usize>, Vec<usize>), DataError> {
    let groups = gathered(rows, labels, groups);
    let mut totals = vec![0.0; classes.len()];
    for group in &groups {
        add(&mut totals, group);
    }
    let mut best: Option<(f64, Choice)> = None;
    for attempt in 0..ORDERS {
        let mut order: Vec<usize> = (0..groups.len()).collect();
        stream.at(attempt).generator().shuffle(&mut order);
        let choice = choose(&groups, &order, &totals, cut.share);
        let distance = distance(&choice.counts, &totals, cut.share);
        let better = best.as_ref().is_none_or(|(least, _)| distance < *least);
        if better && lacking(&choice.counts, &totals, cut.leave).is_none() {
            best = Some((distance, choice));
        }
    }
    let Some((_, choice)) = best else { return Err(too_few(&groups, &totals, classes, cut)) };
    let (mut stay, mut taken) = (Vec::new(), Vec::new());
    for (group, is_taken) in groups.into_iter().zip(choice.taken) {
        if is_taken { &mut taken } else { &mut stay }.extend(group.rows);
    }
    stay.sort_unstable();
    taken.sort_unstable();
    Ok((stay, taken))
}

fn gathered(rows: &[usize], labels: &[Option<u32>], groups: &[usize]) -> Vec<Group> {
    let mut gathered: BTreeMap<usize, Group> = BTreeMap::new();
    for &row in rows {
        let Some(&number) = groups.get(row) else { continue };
        let new = || Group { rows: Vec::new(), counts: BTreeMap::new() };
        let group = gathered.entry(number).or_insert_with(new);
        group.rows.push(row);
        if let Some(class) = labels.get(row).copied().flatten() {
            *group.counts.entry(class as usize).or_default() += 1.0;
        }
    }
    gathered.into_values().collect()
}

/// Takes each group of the order that brings the shares nearer, then one for each class that is
/// still without a row.
fn choose(groups: &[Group], order: &[usize], totals: &[f64], share: f64) -> Choice {
    let mut choice = Choice { taken: vec![false; groups.len()], counts: vec![0.0; totals.len()] };
    for &position in order {
        let Some(group) = groups.get(position) else { continue };
        let change: f64 = group
            .counts
            .iter()
            .map(|(&class, count)| {
                let total = totals.get(class).copied().unwrap_or(1.0);
                let before = choice.counts.get(class).copied().unwrap_or(0.0) / total - share;
                (before + count / total).powi(2) - before.powi(2)
            })
            .sum();
        if change < 0.0 {
            choice.take(position, group);
        }
    }
    for class in 0..totals.len() {
        if choice.counts.get(class).is_some_and(|&count| count == 0.0) {
            let with_class = order.iter().filter_map(|&position| {
                let group = groups.get(position)?;
                group.counts.contains_key(&class).then_some((position, group))
            });
            if let Some((position, group)) = with_class.min_by_key(|(_, group)| group.rows.len()) {
                choice.take(position, group);
            }
        }
    }
    choice
}

impl Choice {
    fn take(&mut self, position: usize, group: &Group) {
        if let Some(taken) = self.taken.get_mut(position) {
            *taken = true;
        }
        add(&mut self.counts, group);
    }
}

fn add(counts: &mut [f64], group: &Group) {
    for (&class, count) in &group.counts {
        if let Some(sum) = counts.get_mut(class) {
            *sum += count;
        }
    }
}

/// The squared differences between the shares taken and the share asked for, over all classes.
fn distance(counts: &[f64], totals: &[f64], share: f64) -> f64 {
    counts.iter().zip(totals).map(|(count, total)| (count / total.max(1.0) - share).powi(2)).sum()
}

/// The first class that has no row among those taken, or too few among those that stay.
fn lacking(counts: &[f64], totals: &[f64], leave: usize) -> Option<usize> {
    let lacks = |(count, total): (&f64, &f64)| *count < 1.0 || total - count < leave as f64;
    counts.iter().zip(totals).position(lacks)
}

/// The error names the class in the fewest groups.
fn too_few(groups: &[Group], totals: &[f64], classes: &[String], cut: &Cut) -> DataError {
    let with =
        |class: usize| groups.iter().filter(|group| group.counts.contains_key(&class)).count();
    let class = (0..totals.len()).min_by_key(|&class| with(class)).unwrap_or_default();
    DataError::GroupsTooFew {
        part: cut.part,
        class: classes.get(class).cloned().unwrap_or_default(),
        found: with(class),
    }
}
