//! An append-only file whose length is part of the saved state.
//!
//! A log is not atomic: after a death of the process it may hold more than the last commit knows of, or end within a
//! record. So the owner notes [`Log::length`] in each commit, calls [`Log::sync`] before it, and on resuming calls
//! [`Log::truncate_to`] with the noted length.

use crate::disk::Disk;
use crate::error::StoreError;
use crate::read::kind_of;
use crate::write::folder_of;
use std::fs::File;
use std::io::{ErrorKind, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// A file that only grows, but for [`Log::truncate_to`].
#[derive(Debug)]
pub struct Log {
    disk: Disk,
    path: PathBuf,
    file: File,
    length: u64,
    torn: bool,
}

impl Log {
    /// Opens a log at its end, and creates it where it is absent. A symbolic link is refused.
    ///
    /// # Errors
    /// [`StoreError::WrongKind`] when the path names something else than a file; [`StoreError::Full`] and
    /// [`StoreError::Io`] when the operating system refuses a call.
    pub fn open(disk: &Disk, path: &Path) -> Result<Self, StoreError> {
        check_own_file(path)?;
        let file = disk.open_to_change(path)?;
        // Also for a log that exists: its maker may have died before this call.
        disk.sync_folder(folder_of(path))?;
        let length = file.metadata().map_err(|cause| StoreError::reading(path, cause))?.len();
        Ok(Self { disk: disk.clone(), path: path.to_owned(), file, length, torn: false })
    }

    /// Adds bytes at the end. After a failure the log has its old length, at the latest when the next append succeeds.
    ///
    /// # Errors
    /// [`StoreError::Full`] and [`StoreError::Io`] when the operating system refuses a call.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        if self.torn {
            self.disk.set_length(&self.file, &self.path, self.length)?;
            self.torn = false;
        }
        let seek = self.file.seek(SeekFrom::Start(self.length));
        seek.map_err(|cause| StoreError::io("write", &self.path, cause))?;
        self.torn = true;
        self.disk.write(&mut self.file, &self.path, bytes)?;
        self.torn = false;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Makes all that was appended durable.
    ///
    /// # Errors
    /// [`StoreError::Full`] and [`StoreError::Io`] when the operating system refuses the call.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.disk.sync_file(&self.file, &self.path)
    }

    /// The length in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Cuts off what was appended after the log had this length, durably.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the log is shorter, so that records are lost; [`StoreError::Io`] when the operating
    /// system refuses a call.
    pub fn truncate_to(&mut self, length: u64) -> Result<(), StoreError> {
        if length > self.length {
            let expected = format!("at least {length} bytes");
            return Err(StoreError::damaged(
                &self.path,
                expected,
                format!("{} bytes", self.length),
            ));
        }
        self.disk.set_length(&self.file, &self.path, length)?;
        self.length = length;
        self.torn = false;
        self.sync()
    }
}

/// Refuses to change anything but a plain file in place: in a run folder from a stranger, a link could lead anywhere.
pub(crate) fn check_own_file(path: &Path) -> Result<(), StoreError> {
    match path.symlink_metadata() {
        Ok(metadata) if !metadata.is_file() => {
            let found = kind_of(&metadata);
            Err(StoreError::WrongKind { path: path.to_owned(), expected: "a file", found })
        }
        Err(cause) if cause.kind() != ErrorKind::NotFound => Err(StoreError::reading(path, cause)),
        _ => Ok(()),
    }
}
