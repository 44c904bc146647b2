//! Labels without a training: made, joined from several processes, or verified.

use std::path::PathBuf;

use data::ViewCount;
use labels::{Found, LabelError, LabelSet};
use nn::AnyNetwork;
use serde::Serialize;
use store::Disk;

use crate::JobError;
use crate::contest::Contest;
use crate::distill::Request;
use crate::event::{Event, Observer};
use crate::labelling::{Labelling, Share, Shelf};
use crate::prepared::{Prepared, with_contest};
use crate::tutor::Taught;

/// What is done about the labels of a recipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelTask {
    /// The teacher is asked about all rows that have no labels yet.
    Label,
    /// The same for the part of a process among several, from 1.
    Shard {
        /// Which part, from 1 to `count`.
        part: usize,
        /// How many there are.
        count: usize,
    },
    /// Labels that several processes made become one whole set; the teacher is not asked.
    Merge,
    /// Everything is read and held against its hashes; nothing is written.
    Verify,
}

impl LabelTask {
    /// Whether the teacher is not asked.
    fn only_looks(self) -> bool {
        matches!(self, Self::Merge | Self::Verify)
    }
}

/// A set of labels.
#[derive(Clone, Debug, Serialize)]
pub struct LabelledSet {
    /// Its folder.
    pub folder: PathBuf,
    /// The seed whose views it holds.
    pub seed: u64,
    /// Samples of the transfer set.
    pub samples: usize,
    /// Views of each.
    pub views: usize,
    /// Numbers for each of them.
    pub outputs: usize,
    /// The tap whose values they are, where they are not what the teacher says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tap: Option<String>,
    /// How a number is kept.
    pub precision: String,
    /// Files.
    pub shards: usize,
    /// Bytes of the files that were read or written.
    pub bytes: u64,
    /// Rows that the teacher was asked about, those of all views together.
    pub asked: usize,
    /// Whether all labels are there.
    pub complete: bool,
}

/// Labels the transfer set of a recipe, as [`LabelTask`] says, for every seed that has views of its own. None
/// when the observer stopped it; what the teacher said by then stays, and the next call goes on behind it.
///
/// # Errors
/// [`JobError::NoTeacherYet`] for a teacher that is trained in the run, [`JobError::TeachesItself`] for none,
/// [`JobError::OnlineViews`] where each epoch has a view of its own, [`JobError::MixedSamples`] where each step has
/// samples of its own, [`JobError::NoLabelStore`] where the
/// recipe has none, [`JobError::Labels`] for labels that are damaged or not complete; and as
/// [`distill`](crate::distill) before it begins.
pub fn label(
    request: &Request,
    task: LabelTask,
    observer: &mut dyn Observer,
) -> Result<Option<Vec<LabelledSet>>, JobError> {
    let recipe = request.begin()?;
    let root = recipe.run.labels.clone().ok_or(JobError::NoLabelStore)?;
    let prepared = Prepared::new(recipe, &request.base)?;
    let nobody = match prepared.recipe.teacher.own() {
        Some(_) => JobError::TeachesItself,
        None => JobError::NoTeacherYet,
    };
    let ready = prepared.ready.as_ref().ok_or(nobody)?;
    if prepared.recipe.data.views_of_students() == ViewCount::Online {
        return Err(JobError::OnlineViews);
    }
    if let Some(mixing) = prepared.recipe.distill.settings.mixing {
        return Err(JobError::MixedSamples { key: mixing.key() });
    }
    let shelf = Shelf::new(&prepared, &Disk::from_environment()?, &root)?;
    let taught = Taught::Ready(ready.lessons(&prepared.corpus));
    with_contest(&prepared, |contest: &Contest<'_, AnyNetwork, AnyNetwork>| {
        let mut sets = Vec::new();
        let mut first = None;
        for &seed in &contest.seeds {
            let views = (contest.views)(seed)?.of_students();
            let mut carry_out = |labelling: &Labelling<'_>| {
                match (Labels { labelling, shelf: &shelf }).carry_out(task, observer) {
                    Ok(Some(set)) => sets.push(set),
                    Ok(None) => return Ok(false),
                    // The other sets are looked at too, and joined where they are whole.
                    Err(JobError::Labels(fault)) if task.only_looks() => match first {
                        None => first = Some(fault),
                        Some(_) => observer.event(&Event::Warning(fault.to_string())),
                    },
                    Err(error) => return Err(error),
                }
                Ok(true)
            };
            let done = contest.labelling(&taught, &views, seed, &mut carry_out)?
                && contest.tap_labellings(&taught, (seed, &views), &mut carry_out)?;
            if !done {
                return Ok(None);
            }
            if views.count() == 1 {
                // The samples as they are, whatever the seed.
                break;
            }
        }
        first.map_or(Ok(Some(sets)), |fault| Err(JobError::Labels(fault)))
    })
}

/// The labels of one seed.
struct Labels<'a, 'b> {
    labelling: &'a Labelling<'b>,
    shelf: &'a Shelf,
}

impl Labels<'_, '_> {
    fn carry_out(
        &self,
        task: LabelTask,
        observer: &mut dyn Observer,
    ) -> Result<Option<LabelledSet>, JobError> {
        let share = match task {
            LabelTask::Label => Share::WHOLE,
            LabelTask::Shard { part, count } => Share { index: part.saturating_sub(1), count },
            LabelTask::Merge | LabelTask::Verify => return self.look_at(task, observer).map(Some),
        };
        let tally = self.labelling.run(Some(self.shelf), share, observer, &mut |_, _| Ok(()))?;
        let Some(tally) = tally else { return Ok(None) };
        let mut set = self.shelf.open(self.labelling)?;
        let complete = set.is_listed();
        let shards: Vec<_> = set.identity().shards().filter(|shard| share.has(shard)).collect();
        for shard in &shards {
            set.read(shard)?;
        }
        Ok(Some(self.described(&set, tally.asked, complete)))
    }

    fn look_at(
        &self,
        task: LabelTask,
        observer: &mut dyn Observer,
    ) -> Result<LabelledSet, JobError> {
        let mut set = self.shelf.open(self.labelling)?;
        if task == LabelTask::Merge {
            self.join(&mut set)?;
        }
        let mut faults = set.faults()?.into_iter();
        let first = faults.next();
        for fault in faults {
            observer.event(&Event::Warning(fault.to_string()));
        }
        match first {
            Some(fault) => Err(fault.into()),
            None => Ok(self.described(&set, 0, true)),
        }
    }

    /// Writes the manifest over shards that are all there and whole.
    fn join(&self, set: &mut LabelSet) -> Result<(), LabelError> {
        let shards: Vec<_> = set.identity().shards().collect();
        for shard in &shards {
            if let Found::Damaged(damage) = set.read(shard)? {
                return Err(damage);
            }
        }
        // Where some are absent, there is none, and the faults name them.
        set.finish().map(|_| ())
    }

    fn described(&self, set: &LabelSet, asked: usize, complete: bool) -> LabelledSet {
        let identity = set.identity();
        LabelledSet {
            folder: set.folder().to_owned(),
            seed: self.labelling.seed,
            samples: identity.rows,
            views: identity.views,
            outputs: identity.outputs.len(),
            tap: identity.tap.clone(),
            precision: identity.keeping().in_words(),
            shards: identity.shards().count(),
            bytes: set.bytes(),
            asked,
            complete,
        }
    }
}
