//! What a run keeps while it goes on: states of its trainings, and metrics.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use export::{decode_tensors, encode_tensors};
use nn::{Parameter, Weights};
use report::summary::Role;
use serde::{Deserialize, Serialize};
use store::{Disk, Lock, Log, newest_committed, read_limited};
use train::{Progress, State};

use crate::JobError;
use crate::labelling::Shelf;
use crate::training::MetricsLine;

pub(crate) const METRICS: &str = "metrics.jsonl";
/// The largest metrics log that is read.
pub(crate) const LARGEST_METRICS: u64 = 1 << 32;
const MODEL: &str = "model.safetensors";
const STATE: &str = "state.safetensors";
const STEP: &str = "step-";
/// States of a training that are kept: the newest, and one to fall back on.
const KEPT: usize = 2;

/// The memory of a run: everything in its folder that lets it continue.
///
/// A state is a folder `ROLE/seed-N/checkpoints/step-M` that is committed as a whole, after the
/// metrics log was synced; it holds the length of the log up to that step. Lines beyond it stay
/// until other ones take their place: steps that are made again make the same lines again, and
/// behind them may stand lines of a later training whose states are whole.
#[derive(Debug)]
pub(crate) struct Archive {
    disk: Disk,
    root: PathBuf,
    lock: Lock,
    metrics: Log,
    /// What stood in the log when the archive was opened.
    logged_before: Vec<u8>,
    /// Length of the log that the states and steps so far account for.
    accounted: u64,
    /// Steps between two states; none saves at the end of every epoch.
    pub(crate) checkpoint_steps: Option<u64>,
    donor: Option<Donor>,
    shelf: Shelf,
}

/// A finished run whose trainings are taken over where they are the same.
#[derive(Clone, Debug)]
pub(crate) struct Donor {
    /// Its folder.
    pub(crate) root: PathBuf,
    /// Whose trainings.
    pub(crate) roles: Vec<Role>,
}

/// What is saved beside the tensors of a state.
#[derive(Serialize, Deserialize)]
struct Description {
    metrics_bytes: u64,
    progress: Progress,
}

/// A state that was found, and what had to be passed over to find it.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) state: Option<State>,
    pub(crate) warnings: Vec<String>,
}

impl Archive {
    pub(crate) fn open(
        disk: Disk,
        root: &Path,
        lock: Lock,
        checkpoint_steps: Option<u64>,
        shelf: Shelf,
    ) -> Result<Self, JobError> {
        sweep(&disk, &lock, root)?;
        let path = root.join(METRICS);
        let metrics = Log::open(&disk, &path)?;
        let logged_before = read_limited(&path, LARGEST_METRICS)?;
        let root = root.to_owned();
        let (accounted, donor) = (0, None);
        Ok(Self {
            disk,
            root,
            lock,
            metrics,
            logged_before,
            accounted,
            checkpoint_steps,
            donor,
            shelf,
        })
    }

    /// Where labels are kept.
    pub(crate) fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// Takes over the trainings of another run.
    pub(crate) fn with_donor(mut self, donor: Option<Donor>) -> Self {
        self.donor = donor;
        self
    }

    /// The newest whole state of a training.
    pub(crate) fn restore(&mut self, role: Role, seed: u64) -> Result<Found, JobError> {
        if let Some(donor) = self.donor.clone().filter(|donor| donor.roles.contains(&role)) {
            return self.take_over(&donor.root, role, seed);
        }
        let folder = checkpoints(&self.root, role, seed);
        if !folder.is_dir() {
            return Ok(Found { state: None, warnings: Vec::new() });
        }
        self.disk.sweep(&self.lock, &folder)?;
        let (found, metrics_bytes) = read_newest(&folder)?;
        if found.state.is_some() {
            let length = self.metrics.length();
            if length < metrics_bytes {
                let reason = format!("expected at least {metrics_bytes} bytes, found {length}");
                return Err(unreadable(&self.root.join(METRICS), &reason));
            }
            self.accounted = metrics_bytes;
        }
        Ok(found)
    }

    /// The state of a training of another run, whose lines of the log become lines of this one.
    fn take_over(&mut self, root: &Path, role: Role, seed: u64) -> Result<Found, JobError> {
        let (found, _) = read_newest(&checkpoints(root, role, seed))?;
        let last = found.state.as_ref().map_or(0, |state| state.progress.step);
        let metrics = read_limited(&root.join(METRICS), LARGEST_METRICS)?;
        for line in String::from_utf8_lossy(&metrics).lines() {
            let belongs = serde_json::from_str::<MetricsLine>(line).is_ok_and(|line| {
                // What lies behind the state is trained again, and told again.
                line.role == role && line.seed == seed && line.record.step <= last
            });
            if belongs {
                self.log(line)?;
            }
        }
        Ok(found)
    }

    /// Adds one line to the metrics log, unless it stands there already.
    pub(crate) fn log(&mut self, line: &str) -> Result<(), JobError> {
        let line = format!("{line}\n");
        let place = usize::try_from(self.accounted).unwrap_or(usize::MAX);
        let rest = self.logged_before.get(place..).unwrap_or_default();
        if !rest.starts_with(line.as_bytes()) {
            self.logged_before.clear();
            if self.metrics.length() > self.accounted {
                self.metrics.truncate_to(self.accounted)?;
            }
            self.metrics.append(line.as_bytes())?;
        }
        self.accounted += line.len() as u64;
        Ok(())
    }

    /// Commits the state of a training.
    pub(crate) fn save(&mut self, role: Role, seed: u64, state: &State) -> Result<(), JobError> {
        self.metrics.sync()?;
        let folder = checkpoints(&self.root, role, seed);
        self.disk.create_folder(&folder)?;
        let description =
            Description { metrics_bytes: self.accounted, progress: state.progress.clone() };
        let in_folder = |source| JobError::Model { path: folder.clone(), source };
        let description = serde_json::to_string(&description)
            .map_err(|error| unreadable(&folder, &error.to_string()))?;
        let model = encode_tensors(&state.weights, "").map_err(in_folder)?;
        let rest = encode_tensors(&joined_state(state), &description).map_err(in_folder)?;
        let name = format!("{STEP}{:09}", state.progress.step);
        let files: [(&str, &[u8]); 2] = [(MODEL, &model), (STATE, &rest)];
        self.disk.commit_folder(&folder, &name, &files, &BTreeMap::new())?;
        self.disk.prune(&self.lock, &folder, STEP, KEPT)?;
        Ok(())
    }
}

fn checkpoints(root: &Path, role: Role, seed: u64) -> PathBuf {
    root.join(role.to_string()).join(format!("seed-{seed}")).join("checkpoints")
}

/// The newest whole state in a folder of states, and the length of the metrics log that belongs to it.
fn read_newest(folder: &Path) -> Result<(Found, u64), JobError> {
    let newest = newest_committed(folder, STEP)?;
    let passed = newest.passed_over.iter();
    let warnings =
        passed.map(|bad| format!("passed over the saved state `{}`: {}", bad.name, bad.reason));
    let warnings = warnings.collect();
    let Some(numbered) = newest.state else { return Ok((Found { state: None, warnings }, 0)) };
    let path = |file: &str| numbered.folder.join(file);
    let file = |name: &str| {
        let bytes = numbered.committed.files.get(name);
        bytes.ok_or_else(|| unreadable(&path(name), "expected it, found no such file"))
    };
    let decoded = |name: &str| {
        decode_tensors(file(name)?).map_err(|source| JobError::Model { path: path(name), source })
    };
    let (weights, _) = decoded(MODEL)?;
    let (tensors, description) = decoded(STATE)?;
    let description: Description = serde_json::from_str(&description.unwrap_or_default())
        .map_err(|error| unreadable(&path(STATE), &error.to_string()))?;
    let state = split_state(weights, tensors, description.progress);
    Ok((Found { state: Some(state), warnings }, description.metrics_bytes))
}

/// Removes what a killed process left half-written in the folders that are written file by file. Those
/// of the states are swept when a training is taken up.
pub(crate) fn sweep(disk: &Disk, lock: &Lock, root: &Path) -> Result<(), JobError> {
    let parts = ["export", "plots"].map(|part| root.join(part));
    let curves = std::fs::read_dir(root.join("tensorboard")).into_iter().flatten();
    let curves = curves.filter_map(|entry| Some(entry.ok()?.path()));
    let folders = std::iter::once(root.to_owned()).chain(parts).chain(curves);
    for folder in folders.filter(|path| path.is_dir()) {
        disk.sweep(lock, &folder)?;
    }
    Ok(())
}

/// Buffers and best weights as one set of named tensors.
fn joined_state(state: &State) -> Weights {
    let buffers = state.buffers.iter().map(|(name, values)| {
        let tensor = Parameter { shape: vec![values.len()], values: values.clone() };
        (format!("buffer/{name}"), tensor)
    });
    let best = state.best_weights.iter().flatten();
    let best = best.map(|(path, weight)| (format!("best/{path}"), weight.clone()));
    buffers.chain(best).collect()
}

fn split_state(weights: Weights, tensors: Weights, progress: Progress) -> State {
    let mut buffers = BTreeMap::new();
    let mut best = Weights::new();
    for (name, tensor) in tensors {
        if let Some(name) = name.strip_prefix("buffer/") {
            buffers.insert(name.to_owned(), tensor.values);
        } else if let Some(path) = name.strip_prefix("best/") {
            best.insert(path.to_owned(), tensor);
        }
    }
    let best_weights = (!best.is_empty()).then_some(best);
    State { weights, best_weights, buffers, progress }
}

pub(crate) fn unreadable(path: &Path, reason: &str) -> JobError {
    JobError::Unreadable { path: path.to_owned(), reason: reason.to_owned() }
}
