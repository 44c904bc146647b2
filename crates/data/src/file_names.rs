/*!
The files of samples that have one each, as the images of a folder do.
*/

use std::path::{Path, PathBuf};

/// A name for each sample, and the folders where the names begin.
pub(crate) struct FileNames {
    names: Vec<String>,
    /// Each folder, with its first sample.
    folders: Vec<(usize, PathBuf)>,
}

impl FileNames {
    /// The files of one folder, named from there on.
    pub(crate) fn new(folder: &Path, names: Vec<String>) -> Self {
        Self { names, folders: vec![(0, folder.to_owned())] }
    }

    /// These files, then more.
    pub(crate) fn with(mut self, more: Self) -> Self {
        let first = self.names.len();
        let folders = more.folders.into_iter().map(|(start, folder)| (first + start, folder));
        self.folders.extend(folders);
        self.names.extend(more.names);
        self
    }

    /// The names in the order of the samples.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Where the file of a sample is.
    pub(crate) fn path(&self, sample: usize) -> Option<PathBuf> {
        let name = self.names.get(sample)?;
        let (_, folder) = self.folders.iter().rfind(|(first, _)| *first <= sample)?;
        Some(folder.join(name))
    }
}
