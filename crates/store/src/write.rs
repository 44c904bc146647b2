//! Single files that are old or new and never between, and the folders they stand in.

use crate::disk::Disk;
use crate::error::StoreError;
use crate::read::kind_of;
use crate::temporary::Temporary;
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

impl Disk {
    /// Writes a file so that after any interruption its path holds the old content or the new, whole; on return the new
    /// content is durable (see the [crate documentation](crate) for what each platform makes of that).
    ///
    /// A symbolic link at the path is replaced, not followed. The folder must exist.
    ///
    /// # Errors
    /// [`StoreError::WrongKind`] when the path names something else than a file, such as a folder or a device;
    /// [`StoreError::Full`] and [`StoreError::Io`] when the operating system refuses a call. The old content is then
    /// untouched, except when the very last step failed, the synchronisation of the folder: then the new content is in
    /// place but may not survive a loss of power. Calling again is right in either case.
    pub fn write_file(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let name = replaceable_name(path)?;
        let folder = folder_of(path);
        let (temporary, mut file) = self.create_temporary_file(folder, &name)?;
        let written = self.fill(&mut file, temporary.path(), bytes);
        // Closed before the rename, which Windows refuses for open files.
        drop(file);
        if let Err(error) = written.and_then(|()| self.put_in_place(temporary.path(), path)) {
            // The first error is the one to report; what cannot be removed now, a sweep removes later.
            let _ = self.remove_file(temporary.path());
            return Err(error.in_final_place(temporary.path(), path));
        }
        self.sync_folder(folder)
    }

    /// Creates a folder and those above it where they are absent, durably.
    ///
    /// # Errors
    /// [`StoreError::WrongKind`] when a file stands in the way; [`StoreError::Full`] and [`StoreError::Io`] when the
    /// operating system refuses a call.
    pub fn create_folder(&self, path: &Path) -> Result<(), StoreError> {
        if path.is_dir() || path.as_os_str().is_empty() {
            return Ok(());
        }
        if let Ok(found) = path.symlink_metadata() {
            let found = kind_of(&found);
            return Err(StoreError::WrongKind {
                path: path.to_owned(),
                expected: "a folder",
                found,
            });
        }
        self.create_folder(folder_of(path))?;
        match self.create_one_folder(path) {
            Err(StoreError::Io { cause, .. })
                if cause.kind() == ErrorKind::AlreadyExists && path.is_dir() =>
            {
                return self.sync_folder(folder_of(path));
            }
            outcome => outcome?,
        }
        let synchronised = self.sync_folder(folder_of(path));
        if synchronised.is_err() {
            // Else the next try would find the folder and take it for durable. One that was filled meanwhile stays.
            let _ = self.remove_empty_folder(path);
        }
        synchronised
    }

    /// Writes and synchronises a freshly created file.
    pub(crate) fn fill(
        &self,
        file: &mut File,
        path: &Path,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        self.write(file, path, bytes)?;
        self.sync_file(file, path)
    }

    /// Creates a temporary sibling; a leftover of a dead process that had our number only costs another try.
    pub(crate) fn create_temporary_file(
        &self,
        folder: &Path,
        name: &str,
    ) -> Result<(Temporary, File), StoreError> {
        loop {
            let temporary = Temporary::inside(folder, name);
            match self.create_file(temporary.path()) {
                Err(StoreError::Io { cause, .. }) if cause.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(error.in_final_place(temporary.path(), &folder.join(name)));
                }
                Ok(file) => return Ok((temporary, file)),
            }
        }
    }

    /// As [`Disk::create_temporary_file`], for a folder.
    pub(crate) fn create_temporary_folder(
        &self,
        folder: &Path,
        name: &str,
    ) -> Result<Temporary, StoreError> {
        loop {
            let temporary = Temporary::inside(folder, name);
            match self.create_one_folder(temporary.path()) {
                Err(StoreError::Io { cause, .. }) if cause.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(error.in_final_place(temporary.path(), &folder.join(name)));
                }
                Ok(()) => return Ok(temporary),
            }
        }
    }
}

/// The folder that names a path; a bare file name stands in the current one.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The last part of a path that may be replaced. A rename would put a plain file in the place of `/dev/null` just as
/// well, so whatever is there must be a file, also behind a link.
fn replaceable_name(path: &Path) -> Result<String, StoreError> {
    let wrong = |found| StoreError::WrongKind {
        path: path.to_owned(),
        expected: "the name of a file",
        found,
    };
    match path.metadata() {
        Ok(metadata) if !metadata.is_file() => return Err(wrong(kind_of(&metadata))),
        _ => {}
    }
    match path.file_name() {
        Some(name) => Ok(name.to_string_lossy().into_owned()),
        None => Err(wrong("a path without a last name")),
    }
}
