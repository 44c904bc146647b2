//! The folder of all labels, and the sets of labels in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use store::{Disk, Lock, StoreError, hash_bytes, read_limited};

use crate::manifest::{Entry, Manifest};
use crate::shard::{decode, encode};
use crate::{Identity, LabelError, Shard};

const MANIFEST: &str = "manifest.json";
const SHARDS: &str = "shards";
/// The largest manifest that is read: more than a million shards.
const LARGEST_MANIFEST: u64 = 1 << 28;
/// The largest shard that is read.
pub(crate) const LARGEST_SHARD: u64 = 1 << 32;

/// A folder with labels of any teachers and transfer sets.
#[derive(Clone, Debug)]
pub struct LabelStore {
    disk: Disk,
    root: PathBuf,
}

/// What a store has of a shard.
#[derive(Debug)]
pub enum Found {
    /// Its labels, `[rows, outputs]` row by row.
    Whole(Vec<f32>),
    /// Nothing.
    Absent,
    /// Something else than what was written, with the reason.
    Damaged(LabelError),
}

impl LabelStore {
    /// The store in a folder, which need not exist.
    pub fn new(disk: Disk, root: PathBuf) -> Self {
        Self { disk, root }
    }

    /// Opens the labels of an identity, whether or not there are any. Nothing is written.
    ///
    /// # Errors
    /// [`LabelError::Store`] when the manifest cannot be read.
    pub fn open(&self, identity: Identity) -> Result<LabelSet, LabelError> {
        let folder = self.root.join(identity.name());
        let path = folder.join(MANIFEST);
        let (listed, damage) = match read_limited(&path, LARGEST_MANIFEST) {
            Err(StoreError::Missing { .. }) => (None, None),
            Err(StoreError::TooLarge { found, limit, .. }) => {
                let (expected, found) = (format!("at most {limit} bytes"), found.to_string());
                (None, Some(LabelError::damaged(&path, expected, found)))
            }
            Err(error) => return Err(error.into()),
            Ok(bytes) => match Manifest::decode(&bytes).filter(|found| found.labels == identity) {
                Some(manifest) => (Some(manifest), None),
                None => {
                    let expected = "the manifest of these labels, with its seal";
                    (None, Some(LabelError::damaged(&path, expected, "other text")))
                }
            },
        };
        let listed = listed.map(|manifest| manifest.shards);
        let disk = self.disk.clone();
        let known = BTreeMap::new();
        Ok(LabelSet { disk, folder, identity, listed, damage, known, lock: None })
    }

    /// What differs from the labels in the store that differ least, by the names of their facts; none where
    /// there are no others.
    pub fn nearest_differences(&self, identity: &Identity) -> Option<Vec<String>> {
        let folders = std::fs::read_dir(&self.root).ok()?;
        let mut paths: Vec<PathBuf> =
            folders.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort_unstable();
        let manifest = |path: PathBuf| {
            Manifest::decode(&read_limited(&path.join(MANIFEST), LARGEST_MANIFEST).ok()?)
        };
        let others = paths.into_iter().filter_map(manifest);
        // Other taps, and what the teacher says at its end, are no news.
        let others = others.filter(|other| other.labels.tap == identity.tap);
        let differences = others.map(|other| identity.differences(&other.labels));
        differences.filter(|names| !names.is_empty()).min_by_key(Vec::len)
    }
}

/// The labels of one identity.
#[derive(Debug)]
pub struct LabelSet {
    disk: Disk,
    folder: PathBuf,
    identity: Identity,
    /// The files as the manifest has them, once all were there.
    listed: Option<Vec<Entry>>,
    damage: Option<LabelError>,
    /// Files that were read or written, by number.
    known: BTreeMap<usize, Entry>,
    /// The share in the folder, from the first writing on.
    lock: Option<Lock>,
}

impl LabelSet {
    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the labels are of.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Bytes of the files that were read or written.
    pub fn bytes(&self) -> u64 {
        self.known.values().map(|entry| entry.bytes).sum()
    }

    /// What is wrong with the manifest, if something is. It is written again with the last shard.
    pub fn damage(&self) -> Option<&LabelError> {
        self.damage.as_ref()
    }

    /// Whether all shards were there once.
    pub fn is_listed(&self) -> bool {
        self.listed.is_some()
    }

    /// Reads a shard, and verifies it.
    ///
    /// # Errors
    /// [`LabelError::Store`] when the operating system does not let it be read.
    pub fn read(&mut self, shard: &Shard) -> Result<Found, LabelError> {
        let path = self.path(shard);
        let damaged = |expected, found| LabelError::damaged(&path, expected, found);
        let bytes = match read_limited(&path, LARGEST_SHARD) {
            Ok(bytes) => bytes,
            Err(StoreError::Missing { .. }) => return Ok(Found::Absent),
            Err(StoreError::TooLarge { found, limit, .. }) => {
                let (expected, found) = (format!("at most {limit} bytes"), found.to_string());
                return Ok(Found::Damaged(damaged(expected, found)));
            }
            Err(error) => return Err(error.into()),
        };
        let listed = self.listed.as_ref().and_then(|listed| listed.get(shard.number));
        if let Some(listed) = listed {
            let found = hash_bytes(&bytes);
            if found != listed.blake3 {
                let expected = format!("BLAKE3 hash {}", listed.blake3);
                return Ok(Found::Damaged(damaged(expected, format!("hash {found}"))));
            }
        }
        match decode(&self.identity, shard, &bytes) {
            Err((expected, found)) => Ok(Found::Damaged(damaged(expected, found))),
            Ok(values) => {
                self.known.insert(shard.number, Entry::new(shard, &bytes));
                Ok(Found::Whole(values))
            }
        }
    }

    /// Writes a shard: labels as [`read`](Self::read) gives them, finite and rounded to the precision. One
    /// that is there is replaced.
    ///
    /// # Errors
    /// [`LabelError::Store`] when the operating system refuses a call.
    pub fn write(&mut self, shard: &Shard, values: &[f32]) -> Result<(), LabelError> {
        self.take_share()?;
        let bytes = encode(&self.identity, shard, values);
        self.disk.write_file(&self.path(shard), &bytes)?;
        self.known.insert(shard.number, Entry::new(shard, &bytes));
        self.remove_begun(shard)
    }

    /// Writes the manifest, if all shards were read or written and it is not there as it should be; says
    /// whether the labels are complete.
    ///
    /// # Errors
    /// [`LabelError::Store`] when the operating system refuses a call.
    pub fn finish(&mut self) -> Result<bool, LabelError> {
        if self.known.len() != self.identity.shards().count() {
            return Ok(false);
        }
        let entries: Vec<Entry> = self.known.values().cloned().collect();
        if self.listed.as_ref() != Some(&entries) {
            self.take_share()?;
            let manifest = Manifest::new(self.identity.clone(), entries.clone());
            self.disk.write_file(&self.folder.join(MANIFEST), &manifest.encode())?;
            self.listed = Some(entries);
            self.damage = None;
        }
        Ok(true)
    }

    /// Reads everything and gives what is wrong: each shard that is damaged or absent, and a manifest that is
    /// damaged or not there yet. Nothing is written.
    ///
    /// # Errors
    /// [`LabelError::Store`] when the operating system does not let something be read.
    pub fn faults(&mut self) -> Result<Vec<LabelError>, LabelError> {
        let absent = |expected: String| LabelError::Incomplete {
            path: self.folder.clone(),
            expected,
            found: "nothing".to_owned(),
        };
        let mut faults = Vec::new();
        let absent_manifest = absent(format!("`{MANIFEST}`"));
        let missing: Vec<_> = self
            .identity
            .shards()
            .map(|shard| (absent(format!("`{}`", shard.file())), shard))
            .collect();
        for (missing, shard) in missing {
            match self.read(&shard)? {
                Found::Whole(_) => {}
                Found::Absent => faults.push(missing),
                Found::Damaged(damage) => faults.push(damage),
            }
        }
        match (self.damage.take(), self.is_listed()) {
            (Some(damage), _) => faults.push(damage),
            (None, false) => faults.push(absent_manifest),
            (None, true) => {}
        }
        Ok(faults)
    }

    fn path(&self, shard: &Shard) -> PathBuf {
        self.folder.join(SHARDS).join(shard.file())
    }

    pub(crate) fn disk(&self) -> &Disk {
        &self.disk
    }

    pub(crate) fn take_share(&mut self) -> Result<(), LabelError> {
        if self.lock.is_none() {
            let shards = self.folder.join(SHARDS);
            self.disk.create_folder(&shards)?;
            self.lock = Some(Lock::share(&self.disk, &self.folder, &[&self.folder, &shards])?);
        }
        Ok(())
    }
}
