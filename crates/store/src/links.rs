//! Links inside a run folder, which would lead what is written there to another place.

use std::fs::{FileType, read_dir};
use std::path::Path;

use crate::error::StoreError;
use crate::temporary::is_leftover;

/// Deeper than any run folder is; what lies below was not made by this program, and it writes nothing there.
const DEEPEST: usize = 8;

/// Lets a folder through in which nothing, at any depth that is written to, is a symbolic link.
///
/// # Errors
/// [`StoreError::WrongKind`] for the first link; [`StoreError::Io`] when a folder cannot be listed.
pub(crate) fn refuse_links(folder: &Path) -> Result<(), StoreError> {
    look_into(folder, DEEPEST)
}

fn look_into(folder: &Path, depth: usize) -> Result<(), StoreError> {
    let refused = |cause| StoreError::reading(folder, cause);
    for entry in read_dir(folder).map_err(refused)? {
        let entry = entry.map_err(refused)?;
        let path = entry.path();
        let kind: FileType = entry.file_type().map_err(refused)?;
        // A sweep removes these without following them, and nobody writes to one that exists.
        if entry.file_name().to_str().is_some_and(is_leftover) {
            continue;
        }
        if kind.is_symlink() {
            let (expected, found) = ("a file or folder of the run", "a symbolic link");
            return Err(StoreError::WrongKind { path, expected, found });
        }
        if kind.is_dir() && depth > 0 {
            look_into(&path, depth - 1)?;
        }
    }
    Ok(())
}
