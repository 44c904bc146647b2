//! What labels are of, and how they are divided into files.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use store::hash_bytes;

use crate::{Keeping, Precision};

/// Version of the files, a part of every name.
const FORMAT: u32 = 1;
/// Most rows of a shard: so much is lost when a process that labels is killed without a word.
const MOST_ROWS: usize = 4096;
/// Rows of a shard are a multiple of this, so that a teacher that is asked about so many at once meets the
/// same batches whatever else is labelled.
pub(crate) const STEP: usize = 256;
/// Numbers in a shard, about.
const NUMBERS: usize = 1 << 22;
/// Digits of the hash that name a set of labels: 128 bits.
const DIGITS: usize = 32;

/// All that decides labels. Equal identities have equal labels, to the bit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    format: u32,
    /// What the labels depend on, by name: hashes of teacher and transfer set, views, versions.
    pub facts: BTreeMap<String, String>,
    /// Samples of the transfer set.
    pub rows: usize,
    /// Views of each.
    pub views: usize,
    /// Names of the outputs: those of the classes, labels or numbers.
    pub outputs: Vec<String>,
    /// How they are kept.
    pub precision: Precision,
    /// How many of a sample, where not all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_k: Option<usize>,
    /// The tap whose values they are, where they are not what a teacher says at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tap: Option<String>,
}

impl Identity {
    /// The identity of labels of so many rows and views.
    pub fn new(
        facts: BTreeMap<String, String>,
        rows: usize,
        views: usize,
        outputs: Vec<String>,
        keeping: impl Into<Keeping>,
    ) -> Self {
        let Keeping { precision, top_k, .. } = keeping.into();
        Self { format: FORMAT, facts, rows, views, outputs, precision, top_k, tap: None }
    }

    /// The same of the values of a tap, all of each sample; `outputs` number them.
    #[must_use]
    pub fn of_tap(self, name: String) -> Self {
        Self { tap: Some(name), top_k: None, ..self }
    }

    /// What the name of the column of an output begins with.
    pub(crate) fn prefix(&self) -> &'static str {
        if self.tap.is_some() { "value_" } else { "logit_" }
    }

    /// The name of the folder: a hash of everything.
    pub fn name(&self) -> String {
        // Maps with text keys, texts and numbers always have a JSON form.
        let text = serde_json::to_string(self).unwrap_or_default();
        hash_bytes(text.as_bytes()).chars().take(DIGITS).collect()
    }

    /// How they are kept.
    pub fn keeping(&self) -> Keeping {
        Keeping { precision: self.precision, top_k: self.top_k, taps: false }
    }

    /// The files, in order.
    pub fn shards(&self) -> impl Iterator<Item = Shard> + use<> {
        shards(self.rows, self.views, self.outputs.len())
    }

    /// What differs from another identity, by name, in order.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let names = self.facts.keys().chain(other.facts.keys().filter(|name| {
            // Those of both stand among the first.
            !self.facts.contains_key(*name)
        }));
        let differing = names.filter(|name| self.facts.get(*name) != other.facts.get(*name));
        let mut differing: Vec<String> = differing.cloned().collect();
        let others = [
            ("format", self.format != other.format),
            ("outputs", self.outputs != other.outputs),
            ("precision", self.precision != other.precision),
            ("rows", self.rows != other.rows),
            ("tap", self.tap != other.tap),
            ("top_k", self.top_k != other.top_k),
            ("views", self.views != other.views),
        ];
        for (name, differs) in others {
            if differs && !differing.iter().any(|known| known == name) {
                differing.push(name.to_owned());
            }
        }
        differing
    }
}

/// Labels of some rows in one view: a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Its number, from 0.
    pub number: usize,
    /// The view.
    pub view: usize,
    /// The rows of the transfer set.
    pub rows: Range<usize>,
}

impl Shard {
    /// The name of the file.
    pub fn file(&self) -> String {
        format!("part-{:05}.parquet", self.number)
    }
}

/// The shards of so many rows with so many outputs, view after view.
pub fn shards(rows: usize, views: usize, width: usize) -> impl Iterator<Item = Shard> {
    let most = (NUMBERS / width.max(1)).clamp(STEP, MOST_ROWS) / STEP * STEP;
    let starts = move || (0..rows).step_by(most);
    let places = (0..views).flat_map(move |view| starts().map(move |start| (view, start)));
    places.enumerate().map(move |(number, (view, start))| {
        let end = start.saturating_add(most).min(rows);
        Shard { number, view, rows: start..end }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        let facts = [("teacher", "a"), ("transfer set", "b")];
        let facts = facts.map(|(name, text)| (name.to_owned(), text.to_owned()));
        Identity::new(facts.into(), 10, 2, vec!["x".into(), "y".into()], Precision::F32)
    }

    #[test]
    fn whatever_changes_the_name_is_another_one_and_the_change_is_named() {
        let first = identity();
        let change = |change: &dyn Fn(&mut Identity)| {
            let mut other = identity();
            change(&mut other);
            other
        };
        let others = [
            (change(&|one| drop(one.facts.insert("teacher".into(), "c".into()))), "teacher"),
            (change(&|one| drop(one.facts.insert("new".into(), "c".into()))), "new"),
            (change(&|one| drop(one.facts.remove("transfer set"))), "transfer set"),
            (change(&|one| one.rows = 11), "rows"),
            (change(&|one| one.views = 3), "views"),
            (change(&|one| one.outputs.swap(0, 1)), "outputs"),
            (change(&|one| one.precision = Precision::F16), "precision"),
            (change(&|one| one.top_k = Some(1)), "top_k"),
            (change(&|one| one.format += 1), "format"),
        ];
        for (other, name) in others {
            assert_ne!(other.name(), first.name(), "{name}");
            assert_eq!(first.differences(&other), [name]);
            assert_eq!(other.differences(&first), [name]);
        }
        assert_eq!(first.name(), identity().name());
        assert!(first.differences(&identity()).is_empty());
    }

    #[test]
    fn shards_hold_every_row_of_every_view_once() {
        for (rows, views, width) in [(0, 3, 10), (1, 1, 10), (10_000, 3, 10), (5000, 2, 9000)] {
            let mut expected = (0..views).flat_map(|view| (0..rows).map(move |row| (view, row)));
            for (number, shard) in shards(rows, views, width).enumerate() {
                assert_eq!(shard.number, number);
                assert!(shard.rows.start.is_multiple_of(STEP) && !shard.rows.is_empty());
                assert!(shard.rows.len() <= (NUMBERS / width).clamp(STEP, MOST_ROWS));
                for row in shard.rows {
                    assert_eq!(expected.next(), Some((shard.view, row)));
                }
            }
            assert_eq!(expected.next(), None);
        }
    }
}
