//! An ONNX file with the files of its data.

use std::path::Path;

use data::SourceFile;
use onnx::WholeModel;
use store::{hash_bytes, read_limited};
use teacher::TeacherError;

use crate::JobError;

/// A network of another framework as it was read.
pub(crate) struct ForeignFile {
    /// The bytes of the model, with all its numbers.
    pub(crate) bytes: Vec<u8>,
    /// The file of the model, then those that its numbers are in.
    pub(crate) sources: Vec<SourceFile>,
}

impl ForeignFile {
    /// Reads the file at `path`, which is called `name`.
    pub(crate) fn read(path: &Path, name: &str) -> Result<Self, JobError> {
        let bytes = read_limited(path, onnx::LARGEST_FILE)?;
        let own = SourceFile {
            name: name.to_owned(),
            bytes: bytes.len() as u64,
            blake3: hash_bytes(&bytes),
        };
        let folder = path.parent().unwrap_or(Path::new(""));
        let whole = WholeModel::new(bytes, folder)
            .map_err(|source| TeacherError::Onnx { file: name.to_owned(), source })?;
        let data = whole.files.into_iter().map(|file| SourceFile {
            name: Path::new(name).with_file_name(file.name).display().to_string(),
            bytes: file.bytes,
            blake3: file.hash,
        });
        let sources = std::iter::once(own).chain(data).collect();
        Ok(Self { bytes: whole.bytes, sources })
    }

    /// A hash of all that it is made of: that of the file where it is one, otherwise of the hashes of all.
    pub(crate) fn hash(&self) -> String {
        match &self.sources[..] {
            [only] => only.blake3.clone(),
            all => {
                let hashes: Vec<&str> = all.iter().map(|source| source.blake3.as_str()).collect();
                hash_bytes(hashes.join(" ").as_bytes())
            }
        }
    }
}
