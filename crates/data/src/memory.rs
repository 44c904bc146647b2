/*!
What is to be in memory, held against the machine's memory before it is made.
*/

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::error::DataError;
use crate::sample::SampleShape;

/// Something that the machine's memory does not hold.
#[derive(Debug, Error)]
#[error(
    "{}: {what} take {:.1} GB of memory, and the machine has {:.1} GB",
    path.display(), *needed as f64 / 1e9, *there as f64 / 1e9
)]
pub struct MemoryError {
    /// The file or folder that it comes from.
    pub path: PathBuf,
    /// What it is, in words.
    pub what: String,
    /// Bytes that it takes.
    pub needed: u64,
    /// Bytes of the main memory.
    pub there: u64,
    /// What to do about it.
    pub hint: &'static str,
}

/// The main memory of the machine in bytes, where the system tells.
pub fn machine_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: u64 = total.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

/// What to do about samples of a recipe that are too many or too large.
pub(crate) const OF_RECIPE: &str = "set `scratch` in `[data]` to a folder, which keeps them on disk; `rows` takes fewer samples, \
                                    and `size` makes images of a folder smaller";

/// What to do about rows for a model that are too many.
pub(crate) const OF_MODEL: &str =
    "give them in several smaller files or folders, one after the other";

/// Numbers that something takes, with the bytes of each.
pub(crate) struct Needed<'a> {
    pub(crate) path: &'a Path,
    /// In words.
    pub(crate) what: String,
    pub(crate) numbers: u64,
    pub(crate) bytes_each: u64,
    pub(crate) hint: &'static str,
}

impl<'a> Needed<'a> {
    /// The values of samples.
    pub(crate) fn values(
        path: &'a Path,
        samples: usize,
        shape: SampleShape,
        hint: &'static str,
    ) -> Self {
        let width = shape.len();
        let what = format!("the values of {}, {width} each,", words::counted(samples, "sample"));
        let numbers = (samples as u64).saturating_mul(width as u64);
        Self { path, what, numbers, bytes_each: 4, hint }
    }

    /// Refuses what the memory does not hold, where that is known. What else is in memory is not counted.
    pub(crate) fn check(self, memory: Option<u64>) -> Result<(), DataError> {
        let Self { path, what, hint, .. } = self;
        let needed = self.numbers.saturating_mul(self.bytes_each);
        match memory {
            Some(there) if needed > there => {
                Err(MemoryError { path: path.to_owned(), what, needed, there, hint }.into())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_larger_than_the_memory_are_refused() {
        let shape = SampleShape::Image { channels: 3, height: 4096, width: 4096 };
        let check = |samples, memory| {
            Needed::values(Path::new("photos"), samples, shape, OF_RECIPE).check(memory)
        };
        let bytes = 4 * 3 * 4096 * 4096 * 100;
        assert!(check(100, Some(bytes)).is_ok() && check(usize::MAX, None).is_ok());
        let error = check(100, Some(bytes - 1)).unwrap_err();
        assert!(
            matches!(&error, DataError::Memory(MemoryError { needed, .. }) if *needed == bytes)
        );
        assert_eq!(
            error.to_string(),
            "photos: the values of 100 samples, 50331648 each, take 20.1 GB of memory, and the machine has 20.1 GB"
        );
        assert!(error.hint().is_some_and(|hint| hint.contains("`scratch`")));
        assert!(check(usize::MAX, Some(u64::MAX - 1)).is_err());
    }
}
