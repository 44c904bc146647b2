/*!
Opening input files: limits checked first, contents hashed while they are read.

The hash is taken from the very bytes that were parsed, so that provenance cannot name another
version of the file.
*/

use std::fs::File;
use std::io::{self, BufReader, Read, Take};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::error::DataError;

/// The largest input file that is read.
pub(crate) const FILE_LIMIT: u64 = 4 << 30;

/// Deflate cannot expand data by more than this factor (Deutsch, RFC 1951: 258 bytes from 2 bits).
pub(crate) const LARGEST_EXPANSION: u64 = 1032;

/// A file that data was read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// The file as the options name it, or the name of a built-in data set.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The BLAKE3 hash of its bytes, in hexadecimal.
    pub blake3: String,
}

impl SourceFile {
    /// The description of several files that are one thing: theirs where there is one, else a hash of
    /// their names and hashes in order.
    pub(crate) fn joined(name: &str, sources: Vec<Self>) -> Self {
        let sources = match <[Self; 1]>::try_from(sources) {
            Ok([source]) => return source,
            Err(sources) => sources,
        };
        let mut hasher = blake3::Hasher::new();
        for source in &sources {
            hasher.update(format!("{}  {}\n", source.blake3, source.name).as_bytes());
        }
        let bytes = sources.iter().map(|source| source.bytes).sum();
        Self { name: name.into(), bytes, blake3: hasher.finalize().to_hex().to_string() }
    }

    /// The description of bytes that are in memory.
    pub(crate) fn of_bytes(name: &str, bytes: &[u8]) -> Self {
        let blake3 = blake3::hash(bytes).to_hex().to_string();
        Self { name: name.into(), bytes: bytes.len() as u64, blake3 }
    }
}

/// An open input file that hashes what is read from it.
pub(crate) struct Input {
    path: PathBuf,
    length: u64,
    modified: Option<SystemTime>,
    reader: BufReader<Take<File>>,
    hasher: blake3::Hasher,
}

impl Input {
    /// Opens a regular file of at most [`FILE_LIMIT`] bytes.
    pub(crate) fn open(path: &Path) -> Result<Self, DataError> {
        Self::open_within(path, FILE_LIMIT)
    }

    /// Opens a regular file of at most `limit` bytes.
    pub(crate) fn open_within(path: &Path, limit: u64) -> Result<Self, DataError> {
        let unreadable = |source| DataError::Unreadable { path: path.into(), source };
        // Asked before opening, because opening a pipe would wait for its writer.
        let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => DataError::NotFound { path: path.into() },
            _ => unreadable(error),
        })?;
        if !metadata.is_file() {
            return Err(DataError::Malformed {
                path: path.into(),
                expected: "a regular file".into(),
                found: "a folder or a device".into(),
                hint: "give a file, or a folder with the files of a data set",
            });
        }
        let length = metadata.len();
        if length > limit {
            return Err(DataError::FileTooLarge { path: path.into(), bytes: length, limit });
        }
        if length == 0 {
            return Err(DataError::EmptyFile { path: path.into() });
        }
        let file = File::open(path).map_err(unreadable)?;
        // A file that grows while it is read stays within what was checked.
        let reader = BufReader::with_capacity(1 << 16, file.take(length));
        let (path, modified) = (path.into(), metadata.modified().ok());
        Ok(Self { path, length, modified, reader, hasher: blake3::Hasher::new() })
    }

    /// The size of the file in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// When the file was changed last, where the system knows.
    pub(crate) fn modified(&self) -> Option<SystemTime> {
        self.modified
    }

    /// The whole content of a file of which nothing was read yet, and its description.
    pub(crate) fn whole(mut self) -> Result<(Vec<u8>, SourceFile), DataError> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.length).unwrap_or_default());
        self.read_to_end(&mut bytes)
            .map_err(|source| DataError::Unreadable { path: self.path.clone(), source })?;
        Ok((bytes, self.finish()?))
    }

    /// Reads what is left and describes the file.
    pub(crate) fn finish(mut self) -> Result<SourceFile, DataError> {
        io::copy(&mut self, &mut io::sink())
            .map_err(|source| DataError::Unreadable { path: self.path.clone(), source })?;
        Ok(SourceFile {
            name: self.path.display().to_string(),
            bytes: self.length,
            blake3: self.hasher.finalize().to_hex().to_string(),
        })
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.hasher.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}
