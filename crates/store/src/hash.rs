//! BLAKE3 hashes, written as 64 lower-case hexadecimal digits.

use crate::error::StoreError;
use crate::read::open_file;
use std::path::Path;

/// The BLAKE3 hash of some bytes.
///
/// ```
/// assert!(potstill_store::hash_bytes(b"").starts_with("af1349b9f5f9a1a6"));
/// ```
#[must_use]
pub fn hash_bytes(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// The BLAKE3 hash of a file, read in small pieces.
///
/// # Errors
/// [`StoreError::Missing`], [`StoreError::WrongKind`] or [`StoreError::Io`] when the file cannot be read.
pub fn hash_file(path: &Path) -> Result<String, StoreError> {
    let (file, _) = open_file(path)?;
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file).map_err(|cause| StoreError::reading(path, cause))?;
    Ok(hasher.finalize().to_hex().to_string())
}
