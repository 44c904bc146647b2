/*!
A file that is not held in memory: parts of it are read when they are asked for.

Its hash is taken once, from beginning to end. Before and after each later reading its length and the time
of its last change are held against those at that time, so that what is read belongs to the hash.
*/

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::DataError;
use crate::file::{Input, SourceFile};

/// The largest such file.
const LIMIT: u64 = 1 << 40;

/// A file whose bytes stay where they are. It is not kept open, so that a source may have any number of them.
pub(crate) struct StoredFile {
    path: PathBuf,
    length: u64,
    modified: Option<SystemTime>,
}

impl StoredFile {
    /// Hashes a regular file of at most [`LIMIT`] bytes, and remembers it.
    pub(crate) fn open(path: &Path) -> Result<(Self, SourceFile), DataError> {
        let input = Input::open_within(path, LIMIT)?;
        let file = Self { path: path.into(), length: input.length(), modified: input.modified() };
        let source = input.finish()?;
        file.read(0, 0)?;
        Ok((file, source))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its size in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// So many bytes from `start` on, all of which lie in the file.
    ///
    /// # Errors
    /// [`DataError::Malformed`] where the file is not the one that was hashed, or the stretch is not in it.
    pub(crate) fn read(&self, start: u64, length: usize) -> Result<Vec<u8>, DataError> {
        let inside = start.checked_add(length as u64).is_some_and(|end| end <= self.length);
        let unreadable = |source| DataError::Unreadable { path: self.path.clone(), source };
        let mut file = File::open(&self.path).map_err(unreadable)?;
        if !inside || self.has_changed(&file).map_err(unreadable)? {
            return Err(self.changed());
        }
        let mut bytes = vec![0; length];
        let read = file.seek(SeekFrom::Start(start)).and_then(|_| file.read_exact(&mut bytes));
        if self.has_changed(&file).map_err(unreadable)? {
            return Err(self.changed());
        }
        read.map(|()| bytes).map_err(unreadable)
    }

    fn has_changed(&self, file: &File) -> io::Result<bool> {
        let now = file.metadata()?;
        Ok(now.len() != self.length || now.modified().ok() != self.modified)
    }

    fn changed(&self) -> DataError {
        DataError::Malformed {
            path: self.path.clone(),
            expected: "the file that was hashed before".into(),
            found: "another one: it was changed while it was read".into(),
            hint: "start again, and leave the file as it is while it is used",
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_another_one_than_was_hashed_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("x");
        let said = |file: &StoredFile| file.read(2, 3).unwrap_err().to_string();
        let opened = || {
            std::fs::write(&path, b"0123456789").unwrap();
            StoredFile::open(&path).unwrap()
        };
        let (file, source) = opened();
        assert_eq!((source.bytes, file.read(2, 3).unwrap()), (10, b"234".to_vec()));
        assert_eq!(source.blake3, blake3::hash(b"0123456789").to_hex().to_string());
        for other in [&b"0123"[..], b"", b"01234567890"] {
            let (file, _) = opened();
            std::fs::write(&path, other).unwrap();
            assert!(said(&file).contains("changed while it was read"), "{}", said(&file));
        }
        // As long as before, and changed at another time.
        let (file, _) = opened();
        let open = File::options().write(true).open(&path).unwrap();
        open.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert!(said(&file).contains("changed while it was read"));
        std::fs::remove_file(&path).unwrap();
        assert!(said(&file).contains("cannot be read"));
        // What is not in it is never looked for.
        let (file, _) = opened();
        assert!(file.read(8, 3).is_err() && file.read(u64::MAX, 3).is_err());
    }
}
