//! A file for numbers that do not fit in memory, which has no name and goes with its owner.

use crate::disk::Disk;
use crate::error::StoreError;
use std::fs::File;
use std::path::{Path, PathBuf};

/// A file that is written once from its beginning and then read anywhere.
///
/// It is no part of what is saved: it is never synchronised. On Unix it loses its name as soon as it is open, so that
/// nothing of it stays whatever happens to the process; elsewhere the name goes when the value is dropped, and after a
/// death of the process [`Disk::sweep`] removes it.
#[derive(Debug)]
pub struct Scratch {
    disk: Disk,
    /// The folder, for messages.
    folder: PathBuf,
    file: File,
    length: u64,
    /// What is still to be removed.
    #[cfg(not(unix))]
    temporary: crate::temporary::Temporary,
}

impl Scratch {
    /// An empty file in a folder, which is made where it is absent.
    ///
    /// # Errors
    /// As [`Disk::create_folder`]; [`StoreError::Full`] and [`StoreError::Io`] when the operating system refuses a call.
    pub fn create(disk: &Disk, folder: &Path) -> Result<Self, StoreError> {
        disk.create_folder(folder)?;
        let (temporary, file) = disk.create_temporary_file(folder, "scratch")?;
        #[cfg(unix)]
        disk.remove_file(temporary.path())?;
        Ok(Self {
            disk: disk.clone(),
            folder: folder.to_owned(),
            file,
            length: 0,
            #[cfg(not(unix))]
            temporary,
        })
    }

    /// Adds bytes at the end.
    ///
    /// # Errors
    /// [`StoreError::Full`] and [`StoreError::Io`] when the operating system refuses the call; the file is of no use
    /// then.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.disk.write(&mut self.file, &self.folder, bytes)?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Fills `bytes` from a place on.
    ///
    /// # Errors
    /// [`StoreError::Io`] when the file ends before, or the operating system refuses the call.
    pub fn read(&self, start: u64, bytes: &mut [u8]) -> Result<(), StoreError> {
        let read = read_exact_at(&self.file, start, bytes);
        read.map_err(|cause| StoreError::io("read a scratch file in", &self.folder, cause))
    }

    /// The length in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, start: u64, bytes: &mut [u8]) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, start)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut start: u64, mut bytes: &mut [u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        let count = std::os::windows::fs::FileExt::seek_read(file, bytes, start)?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        start += count as u64;
        bytes = bytes.get_mut(count..).unwrap_or_default();
    }
    Ok(())
}

#[cfg(not(unix))]
impl Drop for Scratch {
    fn drop(&mut self) {
        // What an open file does not let go here, a sweep removes.
        let _ = self.disk.remove_file(self.temporary.path());
    }
}
