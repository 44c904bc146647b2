//! What a run keeps while it goes on: states of its trainings, recorded soft targets, metrics.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use export::{decode_tensors, encode_tensors};
use nn::{Parameter, Weights};
use report::summary::Role;
use serde::{Deserialize, Serialize};
use store::{Disk, Lock, Log, newest_committed, read_committed};
use train::{Progress, State};

use crate::JobError;

const MODEL: &str = "model.safetensors";
const STATE: &str = "state.safetensors";
const SOFT_TARGETS: &str = "soft_targets.safetensors";
const STEP: &str = "step-";
/// States of a training that are kept: the newest, and one to fall back on.
const KEPT: usize = 2;

/// The memory of a run: everything in its folder that lets it continue.
///
/// A state is a folder `ROLE/seed-N/checkpoints/step-M` that is committed as a whole, after the
/// metrics log was synced; it holds the log's length, so that lines from steps that were lost are
/// cut off when the run continues.
#[derive(Debug)]
pub(crate) struct Archive {
    disk: Disk,
    root: PathBuf,
    lock: Lock,
    metrics: Log,
    /// Length of the log that the states found so far account for; none once the run goes on.
    accounted: Option<u64>,
    /// Steps between two states; none saves at the end of every epoch.
    pub(crate) checkpoint_steps: Option<u64>,
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
    ) -> Result<Self, JobError> {
        disk.sweep(&lock, root)?;
        let metrics = Log::open(&disk, &root.join("metrics.jsonl"))?;
        let root = root.to_owned();
        Ok(Self { disk, root, lock, metrics, accounted: Some(0), checkpoint_steps })
    }

    /// The newest whole state of a training.
    pub(crate) fn restore(&mut self, role: Role, seed: u64) -> Result<Found, JobError> {
        let folder = self.checkpoints(role, seed);
        if !folder.is_dir() {
            return Ok(Found { state: None, warnings: Vec::new() });
        }
        self.disk.sweep(&self.lock, &folder)?;
        let newest = newest_committed(&folder, STEP)?;
        let passed = newest.passed_over.iter();
        let warnings = passed
            .map(|bad| format!("passed over the saved state `{}`: {}", bad.name, bad.reason))
            .collect();
        let Some(numbered) = newest.state else { return Ok(Found { state: None, warnings }) };
        let path = |file: &str| numbered.folder.join(file);
        let file = |name: &str| {
            let bytes = numbered.committed.files.get(name);
            bytes.ok_or_else(|| unreadable(&path(name), "expected it, found no such file"))
        };
        let decoded = |name: &str| {
            decode_tensors(file(name)?)
                .map_err(|source| JobError::Model { path: path(name), source })
        };
        let (weights, _) = decoded(MODEL)?;
        let (tensors, description) = decoded(STATE)?;
        let description: Description = serde_json::from_str(&description.unwrap_or_default())
            .map_err(|error| unreadable(&path(STATE), &error.to_string()))?;
        self.accounted = self.accounted.map(|_| description.metrics_bytes);
        let state = split_state(weights, tensors, description.progress);
        Ok(Found { state: Some(state), warnings })
    }

    /// Cuts off metrics that no state accounts for; called before the first new step.
    pub(crate) fn go_on(&mut self) -> Result<(), JobError> {
        if let Some(length) = self.accounted.take() {
            self.metrics.truncate_to(length)?;
        }
        Ok(())
    }

    /// Adds one line to the metrics log.
    pub(crate) fn log(&mut self, line: &str) -> Result<(), JobError> {
        self.metrics.append(format!("{line}\n").as_bytes())?;
        Ok(())
    }

    /// Commits the state of a training.
    pub(crate) fn save(&mut self, role: Role, seed: u64, state: &State) -> Result<(), JobError> {
        self.metrics.sync()?;
        let folder = self.checkpoints(role, seed);
        self.disk.create_folder(&folder)?;
        let description =
            Description { metrics_bytes: self.metrics.length(), progress: state.progress.clone() };
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

    /// The recorded soft targets of a seed, if they are whole and belong to this teacher.
    pub(crate) fn soft_targets(
        &self,
        seed: u64,
        facts: &BTreeMap<String, String>,
    ) -> Result<Option<Weights>, JobError> {
        let folder = self.root.join("labels").join(format!("seed-{seed}"));
        if !folder.is_dir() {
            return Ok(None);
        }
        let committed = match read_committed(&folder) {
            Ok(committed) => committed,
            Err(error) if error.is_damage() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let Some(bytes) = committed.files.get(SOFT_TARGETS) else { return Ok(None) };
        if committed.facts != *facts {
            return Ok(None);
        }
        let path = folder.join(SOFT_TARGETS);
        let (tensors, _) =
            decode_tensors(bytes).map_err(|source| JobError::Model { path, source })?;
        Ok(Some(tensors))
    }

    /// Commits the soft targets of a seed.
    pub(crate) fn save_soft_targets(
        &self,
        seed: u64,
        facts: &BTreeMap<String, String>,
        tensors: &Weights,
    ) -> Result<(), JobError> {
        let folder = self.root.join("labels");
        self.disk.create_folder(&folder)?;
        self.disk.sweep(&self.lock, &folder)?;
        let bytes = encode_tensors(tensors, "")
            .map_err(|source| JobError::Model { path: folder.clone(), source })?;
        let files: [(&str, &[u8]); 1] = [(SOFT_TARGETS, &bytes)];
        self.disk.commit_folder(&folder, &format!("seed-{seed}"), &files, facts)?;
        Ok(())
    }

    fn checkpoints(&self, role: Role, seed: u64) -> PathBuf {
        self.root.join(role.key()).join(format!("seed-{seed}")).join("checkpoints")
    }
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
