//! Reading whole files within a stated limit, checked before anything is allocated.

use crate::error::StoreError;
use std::fs::{File, Metadata};
use std::io::Read;
use std::path::Path;

/// Reads a whole file of at most `limit` bytes. A symbolic link is followed: the path is the user's.
///
/// # Errors
/// [`StoreError::Missing`] when there is nothing at the path, [`StoreError::WrongKind`] when it is a folder or a device,
/// [`StoreError::TooLarge`] when the file has more bytes, before any is read; [`StoreError::Io`] when reading fails.
pub fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, StoreError> {
    let (file, length) = open_file(path)?;
    if length > limit {
        return Err(StoreError::TooLarge { path: path.to_owned(), limit, found: length });
    }
    let bytes = read_expected(file, path, length, limit)?;
    match u64::try_from(bytes.len()) {
        Ok(found) if found > limit => {
            Err(StoreError::TooLarge { path: path.to_owned(), limit, found })
        }
        _ => Ok(bytes),
    }
}

/// Opens a regular file and gives its length in bytes. The kind is asked before the opening, because opening a named
/// pipe waits for a writer.
pub(crate) fn open_file(path: &Path) -> Result<(File, u64), StoreError> {
    let metadata = path.metadata().map_err(|cause| StoreError::reading(path, cause))?;
    if !metadata.is_file() {
        let found = kind_of(&metadata);
        return Err(StoreError::WrongKind { path: path.to_owned(), expected: "a file", found });
    }
    let file = File::open(path).map_err(|cause| StoreError::reading(path, cause))?;
    Ok((file, metadata.len()))
}

/// Reads to the end, with room for the expected number of bytes, but never more than one byte past the limit, in case the
/// file grows meanwhile.
pub(crate) fn read_expected(
    file: File,
    path: &Path,
    expected: u64,
    limit: u64,
) -> Result<Vec<u8>, StoreError> {
    let out_of_memory =
        || StoreError::io("hold in memory", path, std::io::ErrorKind::OutOfMemory.into());
    let mut bytes = Vec::new();
    let room = usize::try_from(expected).map_err(|_| out_of_memory())?;
    bytes.try_reserve_exact(room).map_err(|_| out_of_memory())?;
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|cause| StoreError::reading(path, cause))?;
    Ok(bytes)
}

/// What stands at a path, in words.
pub(crate) fn kind_of(metadata: &Metadata) -> &'static str {
    if metadata.is_dir() {
        "a folder"
    } else if metadata.is_symlink() {
        "a symbolic link"
    } else if metadata.is_file() {
        "a file"
    } else {
        "a device, pipe or socket"
    }
}
