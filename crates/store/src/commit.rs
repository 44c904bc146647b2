//! The commit of a folder whose files belong together: all of it becomes visible by one rename, or nothing.

use crate::committed::{read_manifest, verify_committed};
use crate::disk::Disk;
use crate::error::StoreError;
use crate::manifest::{MANIFEST, Manifest, check_name};
use crate::temporary::Temporary;
use std::collections::BTreeMap;
use std::path::Path;

impl Disk {
    /// Commits files and facts as the folder `parent/name`: after any interruption the folder is there whole, or not at
    /// all; on return it is durable (see the [crate documentation](crate) for what each platform makes of that).
    ///
    /// Where a folder of this name is there already, equal content is a success without a write, and a damaged folder is
    /// replaced. The parent must exist.
    ///
    /// # Errors
    /// [`StoreError::Name`] when a name is not plain or given twice, [`StoreError::Exists`] when the name is taken by other
    /// content that is whole, [`StoreError::TooLarge`] when the manifest would exceed its limit; [`StoreError::Full`] and
    /// [`StoreError::Io`] when the operating system refuses a call. Nothing is visible then, except when only the
    /// synchronisation of the parent failed. Calling again is right in either case.
    pub fn commit_folder(
        &self,
        parent: &Path,
        name: &str,
        files: &[(&str, &[u8])],
        facts: &BTreeMap<String, String>,
    ) -> Result<(), StoreError> {
        check_name(name)?;
        let target = parent.join(name);
        let manifest = Manifest::of(files, facts)?.encode(&target.join(MANIFEST))?;
        match self.present(&target, &manifest)? {
            // Again, because an earlier try may have failed at just this.
            Present::Equal => return self.sync_folder(parent),
            Present::Damaged => self.move_away(parent, name)?,
            Present::Absent => {}
        }
        let temporary = self.create_temporary_folder(parent, name)?;
        let filled = self.fill_folder(temporary.path(), files, &manifest);
        if let Err(error) = filled.and_then(|()| self.put_in_place(temporary.path(), &target)) {
            // The first error is the one to report; what cannot be removed now, a sweep removes later.
            let _ = self.remove_folder(temporary.path());
            return Err(error.in_final_place(temporary.path(), &target));
        }
        self.sync_folder(parent)
    }

    fn fill_folder(
        &self,
        folder: &Path,
        files: &[(&str, &[u8])],
        manifest: &[u8],
    ) -> Result<(), StoreError> {
        let manifest_last = files.iter().copied().chain([(MANIFEST, manifest)]);
        for (name, bytes) in manifest_last {
            let path = folder.join(name);
            self.fill(&mut self.create_file(&path)?, &path, bytes)?;
        }
        self.sync_folder(folder)
    }

    fn present(&self, target: &Path, manifest: &[u8]) -> Result<Present, StoreError> {
        match verify_committed(target) {
            Ok(_) => {
                let found = read_manifest(target)?.encode(&target.join(MANIFEST))?;
                if found == manifest {
                    return Ok(Present::Equal);
                }
                Err(StoreError::Exists { path: target.to_owned() })
            }
            Err(StoreError::Missing { path }) if path == target => Ok(Present::Absent),
            Err(error) if error.is_damage() => Ok(Present::Damaged),
            Err(error) => Err(error),
        }
    }

    /// Renames a folder to a temporary name, so that no one takes it for a committed one, however its removal ends.
    pub(crate) fn move_away(&self, parent: &Path, name: &str) -> Result<(), StoreError> {
        let temporary = Temporary::inside(parent, name);
        self.put_away(&parent.join(name), temporary.path())
    }
}

/// What stands at the name of a new commit.
enum Present {
    Absent,
    Equal,
    Damaged,
}
