//! The names of half-made siblings, and which of them are still being made.
//!
//! A name is `.tmp-<name>-<process>-<number>`. The number is unique within the process, and the numbers in use are kept
//! while their owners live, so that a sweep in one thread spares what another thread is writing. Process numbers return
//! (in a container the same one returns at every start), so a file that bears our own number but none in use is a
//! leftover of a dead namesake.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

const PREFIX: &str = ".tmp-";

/// So much of the final name is repeated in the temporary one: enough for a person, and far from the limit of 255 bytes.
const NAME_CHARACTERS: usize = 40;

static NEXT: AtomicU64 = AtomicU64::new(0);
static IN_USE: Mutex<BTreeSet<u64>> = Mutex::new(BTreeSet::new());

/// A name for something half-made, spared by sweeps until this value is dropped.
pub(crate) struct Temporary {
    path: PathBuf,
    number: u64,
}

impl Temporary {
    /// Chooses a fresh name in a folder; nothing is created.
    pub(crate) fn inside(folder: &Path, name: &str) -> Self {
        let number = NEXT.fetch_add(1, Ordering::SeqCst);
        in_use().insert(number);
        let name: String = name.chars().take(NAME_CHARACTERS).collect();
        Self {
            path: folder.join(format!("{PREFIX}{name}-{}-{number}", std::process::id())),
            number,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        in_use().remove(&self.number);
    }
}

/// Whether a name is of our making and no thread of this process is at work on it.
pub(crate) fn is_leftover(name: &str) -> bool {
    let Some((process, number)) = process_and_number(name) else { return false };
    process != std::process::id() || !in_use().contains(&number)
}

fn process_and_number(name: &str) -> Option<(u32, u64)> {
    let (rest, number) = name.strip_prefix(PREFIX)?.rsplit_once('-')?;
    let (_, process) = rest.rsplit_once('-')?;
    Some((process.parse().ok()?, number.parse().ok()?))
}

/// The set holds plain numbers, which a panicking thread cannot leave half-changed.
fn in_use() -> MutexGuard<'static, BTreeSet<u64>> {
    IN_USE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_leftover_as_soon_as_its_owner_is_gone() {
        let temporary = Temporary::inside(Path::new("."), "model.safetensors");
        let name = temporary
            .path()
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default()
            .to_owned();
        assert!(!is_leftover(&name));
        drop(temporary);
        assert!(is_leftover(&name));
    }

    #[test]
    fn names_of_others_are_no_leftovers() {
        for name in [
            "step-000117",
            ".tmp-",
            ".tmp-notes",
            ".tmp-a-b-c",
            ".tmp-a-1-",
            "tmp-a-1-2",
            ".tmp-1-2",
        ] {
            assert!(!is_leftover(name), "{name}");
        }
        assert!(is_leftover(".tmp-a-b-0-2"));
    }

    #[test]
    fn long_names_are_cut() {
        let temporary = Temporary::inside(Path::new("."), &"ä".repeat(250));
        assert!(temporary.path().as_os_str().len() < 200);
    }
}
