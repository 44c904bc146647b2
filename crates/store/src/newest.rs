//! The newest whole state among numbered committed folders.

use crate::committed::{Committed, read_committed};
use crate::error::StoreError;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What [`newest_committed`] found.
#[derive(Debug)]
pub struct Newest {
    /// The whole folder with the highest number, if any.
    pub state: Option<Numbered>,
    /// The damaged folders with higher numbers, highest first, for a warning.
    pub passed_over: Vec<PassedOver>,
}

/// A committed folder with its number.
#[derive(Debug)]
pub struct Numbered {
    /// The number in its name.
    pub number: u64,
    /// Where it is.
    pub folder: PathBuf,
    /// What it holds.
    pub committed: Committed,
}

/// A folder that could not be used, and why.
#[derive(Debug)]
pub struct PassedOver {
    /// The name of the folder.
    pub name: String,
    /// Its damage.
    pub reason: StoreError,
}

/// Reads the folder named `<prefix><digits>` (as `step-000117`) in `parent` that has the highest number and is whole.
/// Damaged ones above it are passed over and listed. A parent that does not exist holds none.
///
/// # Errors
/// [`StoreError::NewerVersion`] when a newer version wrote a folder that would have to be passed over, since going back
/// behind it would lose what is whole; [`StoreError::Io`] when reading fails for another reason than damage.
pub fn newest_committed(parent: &Path, prefix: &str) -> Result<Newest, StoreError> {
    let mut passed_over = Vec::new();
    for (number, name) in numbered_folders(parent, prefix)? {
        let folder = parent.join(&name);
        match read_committed(&folder) {
            Ok(committed) => {
                return Ok(Newest {
                    state: Some(Numbered { number, folder, committed }),
                    passed_over,
                });
            }
            Err(reason) if reason.is_damage() => passed_over.push(PassedOver { name, reason }),
            Err(error) => return Err(error),
        }
    }
    Ok(Newest { state: None, passed_over })
}

/// The folders `<prefix><digits>` in a parent, highest number first. Links to folders are none of them.
pub(crate) fn numbered_folders(
    parent: &Path,
    prefix: &str,
) -> Result<Vec<(u64, String)>, StoreError> {
    let mut folders: Vec<_> = entries(parent)?
        .into_iter()
        .filter(|entry| entry.kind == Kind::Folder)
        .filter_map(|entry| Some((number_in(&entry.name, prefix)?, entry.name)))
        .collect();
    folders.sort_unstable_by(|left, right| right.cmp(left));
    Ok(folders)
}

fn number_in(name: &str, prefix: &str) -> Option<u64> {
    let digits = name.strip_prefix(prefix)?;
    // `parse` alone would let a sign through.
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

#[derive(PartialEq, Eq)]
pub(crate) enum Kind {
    Folder,
    Other,
}

pub(crate) struct FolderEntry {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// What a folder holds, in order of name; names that are not Unicode are none of ours and left out.
pub(crate) fn entries(folder: &Path) -> Result<Vec<FolderEntry>, StoreError> {
    let failed = |cause| StoreError::reading(folder, cause);
    let listing = match folder.read_dir() {
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        listing => listing.map_err(failed)?,
    };
    let mut found = Vec::new();
    for entry in listing {
        let entry = entry.map_err(failed)?;
        let kind =
            if entry.file_type().map_err(failed)?.is_dir() { Kind::Folder } else { Kind::Other };
        if let Ok(name) = entry.file_name().into_string() {
            found.push(FolderEntry { name, kind });
        }
    }
    found.sort_unstable_by(|left, right| left.name.cmp(&right.name));
    Ok(found)
}
