//! The handle through which every change of the disk goes, one counted storage call at a time.
//!
//! This is the one file of potstill that calls the writing functions of `std::fs`. What is built from the calls stands in
//! the files named after it: `write`, `commit`, `prune`, `log`, `lock`, `scratch`.
#![allow(
    clippy::disallowed_methods,
    reason = "this file is the gate that the lint leads every other file to"
)]

use crate::error::StoreError;
use crate::fault::{Doom, Faults, KILL_VARIABLE, Plan, Verdict};
use std::fs::{self, File, OpenOptions};
use std::io::{Error, ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;

/// The handle through which every write goes; clones share one count of storage calls.
///
/// A storage call is one creation, write, synchronisation, change of length, rename or removal. Tests ask it to fail or
/// to end the process at the k-th of them, for every k in turn.
#[derive(Debug, Clone)]
pub struct Disk {
    faults: Arc<Faults>,
}

impl Default for Disk {
    fn default() -> Self {
        Self::new()
    }
}

impl Disk {
    /// The real disk, on which nothing goes wrong by plan.
    #[must_use]
    pub fn new() -> Self {
        Self::planned(Plan::Sound)
    }

    /// A testing aid: the storage call with this number, counted from 1, fails with an error of this kind, once. A write
    /// that fails has written half of its bytes, as on a disk that fills up.
    #[must_use]
    pub fn failing_at(call: u64, kind: ErrorKind) -> Self {
        Self::planned(Plan::FailOnce(call, kind))
    }

    /// The real disk, unless the testing aid [`KILL_VARIABLE`] is set: then the process ends abruptly before the storage
    /// call of that number, and for a write when half of its bytes are written, as `kill -9` would end it.
    ///
    /// # Errors
    /// [`StoreError::KillRequest`] when the variable is set to something else than a whole number from 1, since a test
    /// that kills nothing by mistake would pass.
    pub fn from_environment() -> Result<Self, StoreError> {
        let Some(value) = std::env::var_os(KILL_VARIABLE) else { return Ok(Self::new()) };
        match value.to_str().and_then(|text| text.parse().ok()) {
            Some(call) if call > 0 => Ok(Self::planned(Plan::Kill(call))),
            _ => {
                let found = value.to_string_lossy().into_owned();
                Err(StoreError::KillRequest { variable: KILL_VARIABLE, found })
            }
        }
    }

    /// How many storage calls were made so far through this handle and its clones.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.faults.calls()
    }

    fn planned(plan: Plan) -> Self {
        Self { faults: Arc::new(Faults::new(plan)) }
    }

    /// Counts a call and makes it, or lets it go wrong before it does anything.
    fn call<T>(
        &self,
        action: &'static str,
        path: &Path,
        make: impl FnOnce() -> Result<T, Error>,
    ) -> Result<T, StoreError> {
        let outcome = match self.faults.next() {
            Verdict::Proceed => make(),
            Verdict::GoWrong(doom) => Err(doom.strike()),
        };
        outcome.map_err(|cause| StoreError::io(action, path, cause))
    }

    /// Creates a file that must not exist yet; a symbolic link in its place is not followed but refused.
    pub(crate) fn create_file(&self, path: &Path) -> Result<File, StoreError> {
        self.call("create", path, || {
            OpenOptions::new().read(true).write(true).create_new(true).open(path)
        })
    }

    /// Opens a file for reading and changing in place, and creates it where it is absent.
    pub(crate) fn open_to_change(&self, path: &Path) -> Result<File, StoreError> {
        self.call("open", path, || {
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
        })
    }

    pub(crate) fn write(
        &self,
        file: &mut File,
        path: &Path,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        let outcome = match self.faults.next() {
            Verdict::Proceed => file.write_all(bytes),
            Verdict::GoWrong(doom) => Err(write_half(file, bytes, doom)),
        };
        outcome.map_err(|cause| StoreError::io("write", path, cause))
    }

    pub(crate) fn sync_file(&self, file: &File, path: &Path) -> Result<(), StoreError> {
        self.call("synchronise", path, || file.sync_all())
    }

    pub(crate) fn set_length(
        &self,
        file: &File,
        path: &Path,
        bytes: u64,
    ) -> Result<(), StoreError> {
        self.call("set the length of", path, || file.set_len(bytes))
    }

    /// Makes the entries of a folder durable. A file system that cannot do so for folders says that the request is not
    /// valid or not supported; there is nothing better to be had from it, so this is no failure.
    pub(crate) fn sync_folder(&self, folder: &Path) -> Result<(), StoreError> {
        self.call("synchronise", folder, || match synchronise_folder(folder) {
            Err(cause)
                if matches!(cause.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) =>
            {
                Ok(())
            }
            outcome => outcome,
        })
    }

    pub(crate) fn create_one_folder(&self, path: &Path) -> Result<(), StoreError> {
        self.call("create", path, || fs::create_dir(path))
    }

    /// Gives something finished its final name; a file of that name is replaced.
    pub(crate) fn put_in_place(&self, temporary: &Path, last: &Path) -> Result<(), StoreError> {
        self.call("create or replace", last, || fs::rename(temporary, last))
    }

    /// Takes the final name from something that is to be removed.
    pub(crate) fn put_away(&self, last: &Path, temporary: &Path) -> Result<(), StoreError> {
        self.call("remove", last, || fs::rename(last, temporary))
    }

    /// Removes a file. It may come back when power fails soon after.
    ///
    /// # Errors
    /// [`StoreError::Io`] when the operating system refuses the call.
    pub fn remove_file(&self, path: &Path) -> Result<(), StoreError> {
        self.call("remove", path, || fs::remove_file(path))
    }

    /// Removes a folder, but fails when anything is in it.
    pub(crate) fn remove_empty_folder(&self, path: &Path) -> Result<(), StoreError> {
        self.call("remove", path, || fs::remove_dir(path))
    }

    /// Removes a folder and all in it; symbolic links inside are removed, never followed.
    pub(crate) fn remove_folder(&self, path: &Path) -> Result<(), StoreError> {
        self.call("remove", path, || fs::remove_dir_all(path))
    }
}

/// Leaves what a write that was cut off leaves.
fn write_half(file: &mut File, bytes: &[u8], doom: Doom) -> Error {
    let half = bytes.get(..bytes.len() / 2).unwrap_or_default();
    match file.write_all(half) {
        Ok(()) => doom.strike(),
        Err(real) => real,
    }
}

#[cfg(unix)]
fn synchronise_folder(folder: &Path) -> Result<(), Error> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn synchronise_folder(_folder: &Path) -> Result<(), Error> {
    Ok(())
}
