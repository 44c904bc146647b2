//! Committed folders, read back: nothing is handed out that does not match the manifest.

use crate::error::StoreError;
use crate::hash::{hash_bytes, hash_file};
use crate::manifest::{Entry, LARGEST_MANIFEST, MANIFEST, Manifest};
use crate::read::{kind_of, open_file, read_expected};
use std::collections::BTreeMap;
use std::path::Path;

/// The most bytes that one file of a committed folder may have; 16 GiB. A manifest and a file with a hole can agree on any
/// size, so agreement alone does not bound what is allocated.
pub const LARGEST_COMMITTED_FILE: u64 = 16 * 1024 * 1024 * 1024;

/// A committed folder, whole and verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The content of each file, by name.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What the caller noted at the commit.
    pub facts: BTreeMap<String, String>,
}

/// Reads a committed folder, and verifies the manifest, each size before reading and each hash after. Files that the
/// manifest does not name are not looked at.
///
/// # Errors
/// [`StoreError::Missing`] and [`StoreError::WrongKind`] when there is no such folder, [`StoreError::Damaged`] when a file
/// is absent, not a regular file, or has another size or hash, [`StoreError::NewerVersion`] when the format is not known,
/// [`StoreError::Io`] when reading fails.
pub fn read_committed(folder: &Path) -> Result<Committed, StoreError> {
    let manifest = read_manifest(folder)?;
    let mut files = BTreeMap::new();
    for (name, entry) in &manifest.files {
        files.insert(name.clone(), read_entry(&folder.join(name), entry)?);
    }
    Ok(Committed { files, facts: manifest.facts })
}

/// As [`read_committed`], without holding the files in memory; gives the facts noted at the commit.
///
/// # Errors
/// Those of [`read_committed`].
pub fn verify_committed(folder: &Path) -> Result<BTreeMap<String, String>, StoreError> {
    let manifest = read_manifest(folder)?;
    for (name, entry) in &manifest.files {
        let path = folder.join(name);
        check_size(&path, entry)?;
        check_hash(&path, entry, hash_file(&path)?)?;
    }
    Ok(manifest.facts)
}

pub(crate) fn read_manifest(folder: &Path) -> Result<Manifest, StoreError> {
    let metadata = folder.symlink_metadata().map_err(|cause| StoreError::reading(folder, cause))?;
    if !metadata.is_dir() {
        let found = kind_of(&metadata);
        return Err(StoreError::WrongKind { path: folder.to_owned(), expected: "a folder", found });
    }
    let path = folder.join(MANIFEST);
    let length = own_file_length(&path)?;
    if length > LARGEST_MANIFEST {
        let expected = format!("a manifest of at most {LARGEST_MANIFEST} bytes");
        return Err(StoreError::damaged(&path, expected, format!("{length} bytes")));
    }
    let (file, _) = open_file(&path)?;
    Manifest::decode(&path, &read_expected(file, &path, length, LARGEST_MANIFEST)?)
}

fn read_entry(path: &Path, entry: &Entry) -> Result<Vec<u8>, StoreError> {
    check_size(path, entry)?;
    let (file, _) = open_file(path)?;
    let bytes = read_expected(file, path, entry.bytes, entry.bytes)?;
    check_hash(path, entry, hash_bytes(&bytes))?;
    Ok(bytes)
}

fn check_size(path: &Path, entry: &Entry) -> Result<(), StoreError> {
    let found = own_file_length(path)?;
    if found != entry.bytes {
        return Err(StoreError::damaged(
            path,
            format!("{} bytes", entry.bytes),
            format!("{found} bytes"),
        ));
    }
    if found > LARGEST_COMMITTED_FILE {
        let path = path.to_owned();
        return Err(StoreError::TooLarge { path, limit: LARGEST_COMMITTED_FILE, found });
    }
    Ok(())
}

fn check_hash(path: &Path, entry: &Entry, found: String) -> Result<(), StoreError> {
    if found == entry.blake3 {
        return Ok(());
    }
    Err(StoreError::damaged(path, format!("BLAKE3 hash {}", entry.blake3), format!("hash {found}")))
}

/// The length of a file that must stand in the folder itself: a link could lead out of a run that came from a stranger.
fn own_file_length(path: &Path) -> Result<u64, StoreError> {
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_file() => Ok(metadata.len()),
        Ok(metadata) => Err(StoreError::damaged(path, "a file", kind_of(&metadata))),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
            Err(StoreError::damaged(path, "a file", "nothing"))
        }
        Err(cause) => Err(StoreError::reading(path, cause)),
    }
}
