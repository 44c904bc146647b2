//! Where a new run goes.

use std::path::{Path, PathBuf};

use crate::JobError;
use crate::archive::METRICS;

/// The file that a run is locked by, which it makes before all others.
const LOCK: &str = "LOCK";

/// A folder that does not exist, is empty, or holds nothing but what a run that was killed in its
/// first moments left there, before it had any state. Such a run leaves its lock first: without it a recipe is
/// the user's own.
pub(crate) fn free_folder(folder: &Path) -> Result<PathBuf, JobError> {
    let is_run = folder.join(LOCK).exists();
    let begun = |name: &str| {
        name == LOCK
            || name.starts_with(".tmp-")
            || (is_run && matches!(name, "recipe.toml" | METRICS))
    };
    let mut used = folder.is_file();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        used |= entry.map_or(true, |entry| !entry.file_name().to_str().is_some_and(begun));
    }
    if used {
        return Err(JobError::FolderNotEmpty { path: folder.to_owned() });
    }
    Ok(folder.to_owned())
}

/// `parent/NAME`, or `parent/NAME-2` and so on, the first that does not exist.
pub(crate) fn next_folder(parent: &Path, name: &str) -> PathBuf {
    let numbered = (2..).map(|number| parent.join(format!("{name}-{number}")));
    let mut candidates = std::iter::once(parent.join(name)).chain(numbered);
    candidates.find(|path| !path.exists()).unwrap_or_else(|| parent.join("run"))
}
