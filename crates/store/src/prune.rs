//! The removal of what is no longer needed, by the owner of the run and no one else.

use crate::committed::verify_committed;
use crate::disk::Disk;
use crate::error::StoreError;
use crate::lock::Lock;
use crate::newest::{Kind, entries, numbered_folders};
use crate::temporary::is_leftover;
use std::path::Path;

impl Disk {
    /// Removes the folders `<prefix><digits>` in `parent` that are older than the newest `keep` whole ones, and then the
    /// leftovers, as [`Disk::sweep`] does. At least one whole folder always stays. The ones that stay are read and verified
    /// here; a damaged one does not count, and is removed only when it is older than all that stay.
    ///
    /// # Errors
    /// [`StoreError::NotOwned`] when the lock does not cover the parent, [`StoreError::NewerVersion`] when a newer version
    /// wrote one of the newest folders, [`StoreError::Full`] and [`StoreError::Io`] when the operating system refuses a
    /// call. Folders that could not be removed are whole or have a temporary name.
    pub fn prune(
        &self,
        lock: &Lock,
        parent: &Path,
        prefix: &str,
        keep: usize,
    ) -> Result<(), StoreError> {
        lock.check_covers(parent)?;
        let outdated = outdated_folders(parent, prefix, keep.max(1))?;
        for name in &outdated {
            self.move_away(parent, name)?;
        }
        if !outdated.is_empty() {
            // Before any file goes, so that a loss of power cannot bring back the name of a folder without its files.
            self.sync_folder(parent)?;
        }
        self.sweep(lock, parent)
    }

    /// Removes from a folder, though not from those inside it, the temporary files and folders that dead processes left.
    /// The lock makes this safe: it is the promise that no other process is at work there.
    ///
    /// # Errors
    /// [`StoreError::NotOwned`] when the lock does not cover the folder; [`StoreError::Io`] when a removal fails.
    pub fn sweep(&self, lock: &Lock, folder: &Path) -> Result<(), StoreError> {
        lock.check_covers(folder)?;
        for entry in entries(folder)?.into_iter().filter(|entry| is_leftover(&entry.name)) {
            let path = folder.join(&entry.name);
            match entry.kind {
                Kind::Folder => self.remove_folder(&path)?,
                Kind::Other => self.remove_file(&path)?,
            }
        }
        Ok(())
    }
}

/// The names of the folders behind the newest `keep` whole ones.
fn outdated_folders(parent: &Path, prefix: &str, keep: usize) -> Result<Vec<String>, StoreError> {
    let mut whole = 0;
    let mut outdated = Vec::new();
    for (_, name) in numbered_folders(parent, prefix)? {
        if whole == keep {
            outdated.push(name);
            continue;
        }
        match verify_committed(&parent.join(&name)) {
            Ok(_) => whole += 1,
            Err(error) if error.is_damage() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(outdated)
}
