/*!
The NPZ format of NumPy: a ZIP archive of NPY files, compressed or not.

A source names an array as `data.npz:images`. Without a name, the samples are the array `x` and the
labels `y`; or `x_train`, `y_train`, `x_test` and `y_test`, as Keras saves its data sets.
*/

use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use crate::error::DataError;
use crate::file::{FILE_LIMIT, Input, LARGEST_EXPANSION, SourceFile};
use crate::mnist::Split;
use crate::npy::Stream;

const EXTENSION: &str = ".npz";

/// An archive in memory.
pub(crate) struct Archive {
    path: PathBuf,
    zip: ZipArchive<Cursor<Vec<u8>>>,
    names: Vec<String>,
}

/// The archive and the name of the array in it, where a path names one.
pub(crate) fn address(path: &Path) -> Option<(PathBuf, Option<String>)> {
    let text = path.to_str()?;
    if text.to_ascii_lowercase().ends_with(EXTENSION) {
        return Some((path.into(), None));
    }
    let (archive, array) = text.rsplit_once(':')?;
    let named = archive.to_ascii_lowercase().ends_with(EXTENSION) && !array.is_empty();
    named.then(|| (archive.into(), Some(array.into())))
}

impl Archive {
    /// Reads an archive as a whole, and hashes it.
    pub(crate) fn open(path: &Path) -> Result<(Self, SourceFile), DataError> {
        let (bytes, source) = Input::open(path)?.whole()?;
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(path, &error))?;
        let name = |entry: &[u8]| {
            let entry = String::from_utf8_lossy(entry);
            entry.strip_suffix(".npy").map(str::to_owned)
        };
        let names = zip.file_names_raw().filter_map(name).collect();
        Ok((Self { path: path.into(), zip, names }, source))
    }

    /// Whether it has test samples beside training samples.
    pub(crate) fn has_test_part(&self) -> bool {
        !self.has("x") && self.has("x_train") && self.has("x_test")
    }

    /// The names of the arrays of samples and labels of a split where none were given.
    pub(crate) fn usual_names(&self, split: Split) -> (&'static str, &'static str) {
        match split {
            _ if self.has("x") => ("x", "y"),
            Split::Train if self.has("x_train") => ("x_train", "y_train"),
            Split::Test if self.has("x_test") => ("x_test", "y_test"),
            _ => ("x", "y"),
        }
    }

    pub(crate) fn has(&self, array: &str) -> bool {
        self.names.iter().any(|name| name == array)
    }

    /// Opens an array.
    pub(crate) fn array(&mut self, array: &str) -> Result<Stream<impl Read>, DataError> {
        let path = PathBuf::from(format!("{}:{array}", self.path.display()));
        if !self.has(array) {
            return Err(DataError::MissingArray {
                path: self.path.clone(),
                array: array.into(),
                arrays: self.names.clone(),
            });
        }
        let entry = self.zip.by_name(&format!("{array}.npy"));
        let entry = entry.map_err(|error| damaged(&self.path, &error))?;
        let length = entry.size();
        // Deflate has a largest expansion, and what is stored has none.
        let most = entry.compressed_size().saturating_mul(LARGEST_EXPANSION).min(FILE_LIMIT);
        if length > most {
            return Err(DataError::Malformed {
                path,
                expected: format!("at most {most} bytes"),
                found: format!("an entry that states {length}"),
                hint: HINT,
            });
        }
        Ok(Stream { path, reader: entry.take(length.saturating_add(1)), length })
    }
}

const HINT: &str = "get the file again; the copy is incomplete or damaged";

fn damaged(path: &Path, error: &zip::result::ZipError) -> DataError {
    DataError::Malformed {
        path: path.into(),
        expected: "an archive of numpy.savez".into(),
        found: error.to_string(),
        hint: HINT,
    }
}
