//! Results that go to a file.

use std::path::{Path, PathBuf};

use store::Disk;

use crate::failure::Failure;

/// Writes a result to `path`, unless that is one of the files it was made from.
pub(super) fn write<'a>(
    path: &Path,
    bytes: &[u8],
    inputs: impl IntoIterator<Item = &'a PathBuf>,
) -> Result<(), Failure> {
    let is_same = |input: &PathBuf| match (path.canonicalize(), input.canonicalize()) {
        (Ok(path), Ok(input)) => path == input,
        _ => false,
    };
    if inputs.into_iter().any(is_same) {
        return Err(Failure::OverInput { path: path.to_owned() });
    }
    Ok(Disk::from_environment()?.write_file(path, bytes)?)
}
