//! The labels of a transfer set: from the store where they are whole, and from the teacher where not.

use std::collections::BTreeMap;
use std::path::Path;

use data::Samples;
use labels::{Found, Identity, Keeping, LabelError, LabelSet, LabelStore, Shard, shards};
use nn::Tap;
use ops::Level;
use store::{Disk, hash_bytes};
use teacher::LogitSource;
use words::{counted, verb};

use crate::JobError;
use crate::event::{Event, Observer};
use crate::prepared::Prepared;

/// Rows that a teacher is asked about at once. Between two such questions progress is told.
const PIECE: usize = 256;
/// The fact that is the teacher.
const TEACHER: &str = "teacher";

/// The label store of a job, and what is known of its labels before there is a teacher.
#[derive(Clone, Debug)]
pub(crate) struct Shelf {
    store: LabelStore,
    facts: BTreeMap<String, String>,
    outputs: Vec<String>,
}

impl Shelf {
    /// The store that the recipe names; where it names none, one in the folder of the run.
    pub(crate) fn new(prepared: &Prepared, disk: &Disk, run: &Path) -> Result<Self, JobError> {
        let root = prepared.recipe.run.labels.clone().unwrap_or_else(|| run.join("labels"));
        let corpus = &prepared.corpus;
        let preprocessing = serde_json::to_vec(&corpus.preprocessing)
            .map_err(|error| crate::archive::unreadable(&root, &error.to_string()))?;
        let facts = [
            ("instruction set", Level::best().name().to_owned()),
            (
                "kind of output",
                format!("logits at temperature 1 of {}", corpus.preprocessing.task().name()),
            ),
            ("preprocessing", hash_bytes(&preprocessing)),
            ("version of potstill", env!("CARGO_PKG_VERSION").to_owned()),
        ];
        let facts = facts.map(|(name, text)| (name.to_owned(), text)).into();
        let store = LabelStore::new(disk.clone(), root);
        Ok(Self { store, facts, outputs: corpus.classes.clone() })
    }

    /// Opens the labels of a teacher.
    pub(crate) fn open(&self, labelling: &Labelling<'_>) -> Result<LabelSet, JobError> {
        let mut facts = self.facts.clone();
        let Labelling { samples, views, keeping, .. } = labelling;
        facts.insert(TEACHER.to_owned(), labelling.fingerprint.clone());
        facts.insert("transfer set".to_owned(), samples.fingerprint()?);
        facts.insert("views".to_owned(), views.description());
        let (rows, views) = (samples.len(), views.count());
        let identity = match labelling.tap {
            None => Identity::new(facts, rows, views, self.outputs.clone(), *keeping),
            Some(tap) => {
                let Tap { name, shape, kind } = tap;
                facts.insert("kind of output".to_owned(), format!("{shape}, {kind:?}"));
                let places = (0..shape.len()).map(|place| place.to_string()).collect();
                Identity::new(facts, rows, views, places, *keeping).of_tap(name.clone())
            }
        };
        Ok(self.store.open(identity)?)
    }

    /// What changed since the most similar labels were made, in words.
    fn changes(&self, identity: &Identity, is_trained: bool) -> Vec<String> {
        let changes = self.store.nearest_differences(identity).unwrap_or_default();
        // Each seed and each run trains another one, which is no news.
        if is_trained && changes.iter().any(|change| change == TEACHER) {
            return Vec::new();
        }
        changes
    }
}

/// What is labelled, and by whom.
pub(crate) struct Labelling<'a> {
    pub(crate) seed: u64,
    pub(crate) samples: &'a Samples,
    pub(crate) views: &'a data::Views,
    pub(crate) keeping: Keeping,
    /// A text that is another one when the teacher is.
    pub(crate) fingerprint: String,
    /// Whether the teacher was trained in this run.
    pub(crate) is_trained: bool,
    pub(crate) teacher: &'a dyn LogitSource,
    /// The tap whose values it gives; none for what it says at its end.
    pub(crate) tap: Option<&'a Tap>,
}

/// Whose part of the shards is labelled: those whose number leaves `index` when divided by `count`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    pub(crate) index: usize,
    pub(crate) count: usize,
}

impl Share {
    /// All of them.
    pub(crate) const WHOLE: Self = Self { index: 0, count: 1 };

    pub(crate) fn has(self, shard: &Shard) -> bool {
        shard.number % self.count.max(1) == self.index
    }
}

/// How far it is, in rows of all views.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) done: usize,
    /// Of these those that the teacher was asked about.
    pub(crate) asked: usize,
    pub(crate) total: usize,
}

/// Takes the labels of a shard, as numbers one behind the other.
pub(crate) type TakeShard<'a> = dyn FnMut(&Shard, &[f32]) -> Result<(), JobError> + 'a;

impl Labelling<'_> {
    /// Gives the labels of every shard to `take`, in order, and keeps what the teacher was asked about on the
    /// shelf; none when the observer stopped it, with all kept that it said by then.
    pub(crate) fn run(
        &self,
        shelf: Option<&Shelf>,
        share: Share,
        observer: &mut dyn Observer,
        take: &mut TakeShard<'_>,
    ) -> Result<Option<Tally>, JobError> {
        let mut set = shelf.map(|shelf| shelf.open(self)).transpose()?;
        if let Some(damage) = set.as_ref().and_then(LabelSet::damage) {
            observer.event(&Event::Warning(format!("{damage}; it is made again")));
        }
        let shards = || shards(self.samples.len(), self.views.count(), self.teacher.outputs());
        let shards: Vec<Shard> = shards().filter(|shard| share.has(shard)).collect();
        let total = shards.iter().map(|shard| shard.rows.len()).sum();
        let mut tally = Tally { total, ..Tally::default() };
        let mut is_new = set.as_ref().is_some_and(|set| !set.is_listed());
        for shard in &shards {
            let found = set.as_mut().map(|set| set.read(shard)).transpose()?;
            if let Some(Found::Damaged(damage)) = &found {
                let rows = shard.rows.len();
                let (counted, verb) = (counted(rows, "row"), verb(rows, "is", "are"));
                let text = format!("{damage}; its {counted} {verb} labelled again");
                observer.event(&Event::Warning(text));
            }
            if let Some(Found::Whole(values)) = found {
                is_new = false;
                tally.done += shard.rows.len();
                take(shard, &values)?;
                continue;
            }
            let mut values = self.begun(set.as_ref(), shard, &mut tally, observer)?;
            is_new &= values.is_empty();
            let is_whole = self.ask_about(shard, &mut values, &mut tally, observer)?;
            match (&mut set, is_whole) {
                (Some(set), true) => set.write(shard, &values)?,
                (Some(set), false) if !values.is_empty() => set.write_begun(shard, &values)?,
                _ => {}
            }
            if !is_whole {
                return Ok(None);
            }
            take(shard, &values)?;
        }
        let changes = match (&set, shelf) {
            (Some(set), Some(shelf)) if is_new => shelf.changes(set.identity(), self.is_trained),
            _ => Vec::new(),
        };
        if let Some(set) = &mut set {
            set.finish()?;
        }
        let (seed, Tally { asked, total, .. }) = (self.seed, tally);
        let tap = self.tap.map(|tap| tap.name.as_str());
        observer.event(&Event::Labelled { seed, rows: total, asked, changes: &changes, tap });
        Ok(Some(tally))
    }

    /// What was kept of a shard when its labelling was stopped.
    fn begun(
        &self,
        set: Option<&LabelSet>,
        shard: &Shard,
        tally: &mut Tally,
        observer: &mut dyn Observer,
    ) -> Result<Vec<f32>, JobError> {
        match set.map(|set| set.read_begun(shard)).transpose()? {
            Some(Found::Whole(values)) => {
                tally.done += values.len() / self.teacher.outputs().max(1);
                Ok(values)
            }
            Some(Found::Damaged(damage)) => {
                let text = format!("{damage}; its rows are labelled again");
                observer.event(&Event::Warning(text));
                Ok(Vec::new())
            }
            Some(Found::Absent) | None => Ok(Vec::new()),
        }
    }

    /// Asks the teacher about the rows of a shard that have no values yet; whether it was asked about all, and not
    /// stopped by the observer.
    fn ask_about(
        &self,
        shard: &Shard,
        values: &mut Vec<f32>,
        tally: &mut Tally,
        observer: &mut dyn Observer,
    ) -> Result<bool, JobError> {
        let (view, rows) = (shard.view, shard.rows.clone());
        let outputs = self.teacher.outputs();
        values.reserve(rows.len().saturating_mul(outputs).saturating_sub(values.len()));
        let begun = values.len() / outputs.max(1);
        for first in rows.clone().skip(begun).step_by(PIECE) {
            if observer.should_stop() {
                return Ok(false);
            }
            let piece: Vec<usize> = (first..first.saturating_add(PIECE).min(rows.end)).collect();
            let count = piece.len();
            let mut logits = self.teacher.said(view, &piece, None)?;
            let keeping = match self.tap {
                None => self.keeping,
                Some(_) => Keeping { top_k: None, ..self.keeping },
            };
            keeping.round(&mut logits, view, first, outputs)?;
            values.extend(logits);
            tally.done += count;
            tally.asked += count;
            let Tally { done, asked, total } = *tally;
            observer.event(&Event::Labelling { seed: self.seed, done, asked, total });
        }
        Ok(true)
    }
}

impl From<LabelError> for JobError {
    fn from(error: LabelError) -> Self {
        match error {
            LabelError::Store(error) => Self::Store(error),
            error => Self::Labels(error),
        }
    }
}
