//! One owner for each folder.
//!
//! The operating system locks the file `LOCK` for as long as its owner holds it open, so a lock ends with its process and
//! is never stale. The file itself stays; its content only says who took the lock last. On network file systems the lock
//! holds between machines only where the system supports it.

use crate::disk::Disk;
use crate::error::StoreError;
use crate::links::refuse_links;
use crate::log::check_own_file;
use crate::read::read_limited;
use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

const LOCK: &str = "LOCK";
const LARGEST_LOCK: u64 = 64 * 1024;

/// The ownership of a folder and all in it, given up when dropped.
#[derive(Debug)]
pub struct Lock {
    folder: PathBuf,
    file: File,
}

/// Who took the lock, as it stands in the file.
#[derive(Serialize, Deserialize)]
struct Owner {
    process: u32,
    command: String,
}

impl Lock {
    /// Takes the lock of a folder that exists; `command` tells others what its owner is doing.
    ///
    /// A folder with a symbolic link anywhere in it cannot be locked: what its owner writes would land elsewhere.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when it is taken, by another process or this one; [`StoreError::WrongKind`] when `LOCK` is
    /// not a file, or for a link in the folder; [`StoreError::Full`] and [`StoreError::Io`] when the operating system refuses a call.
    pub fn take(disk: &Disk, folder: &Path, command: &str) -> Result<Self, StoreError> {
        let path = folder.join(LOCK);
        check_own_file(&path)?;
        let mut file = disk.open_to_change(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::InUse {
                    folder: folder.to_owned(),
                    owner: describe_owner(&path),
                });
            }
            Err(TryLockError::Error(cause)) => return Err(StoreError::io("lock", &path, cause)),
        }
        refuse_links(folder)?;
        let owner = Owner { process: std::process::id(), command: command.to_owned() };
        let text = serde_json::to_vec(&owner)
            .map_err(|cause| StoreError::io("write", &path, cause.into()))?;
        disk.set_length(&file, &path, 0)?;
        disk.write(&mut file, &path, &text)?;
        let folder = folder.canonicalize().map_err(|cause| StoreError::reading(folder, cause))?;
        Ok(Self { folder, file })
    }

    /// Takes a share in a folder that several processes write into at once, each of them whole files whose content
    /// does not depend on who writes. Waits while someone is alone in it. Who comes when nobody else is there removes
    /// what dead processes left in the `swept` folders, which are inside.
    ///
    /// # Errors
    /// As [`take`](Self::take), without [`StoreError::InUse`].
    pub fn share(disk: &Disk, folder: &Path, swept: &[&Path]) -> Result<Self, StoreError> {
        let path = folder.join(LOCK);
        check_own_file(&path)?;
        let file = disk.open_to_change(&path)?;
        let refused = |cause| StoreError::io("lock", &path, cause);
        let alone = match file.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => false,
            Err(TryLockError::Error(cause)) => return Err(refused(cause)),
        };
        refuse_links(folder)?;
        let real = folder.canonicalize().map_err(|cause| StoreError::reading(folder, cause))?;
        let lock = Self { folder: real, file };
        if alone {
            for folder in swept {
                disk.sweep(&lock, folder)?;
            }
            // Nothing is being written yet, so whoever is alone in between does no harm.
            lock.file.unlock().map_err(refused)?;
        }
        lock.file.lock_shared().map_err(refused)?;
        Ok(lock)
    }

    /// Lets a path through that is the locked folder or inside it, or does not exist.
    pub(crate) fn check_covers(&self, path: &Path) -> Result<(), StoreError> {
        match path.canonicalize() {
            Ok(real) if !real.starts_with(&self.folder) => {
                Err(StoreError::NotOwned { path: path.to_owned(), folder: self.folder.clone() })
            }
            _ => Ok(()),
        }
    }
}

/// The owner as noted in the file, which some platforms do not let others read while it is locked.
fn describe_owner(path: &Path) -> String {
    let owner = read_limited(path, LARGEST_LOCK)
        .ok()
        .and_then(|text| serde_json::from_slice::<Owner>(&text).ok());
    match owner {
        Some(Owner { process, command }) => {
            format!("process {process} (`{}`)", command.escape_debug())
        }
        None => "another process".to_owned(),
    }
}
