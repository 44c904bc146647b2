/*!
The folder layout of MNIST and its relatives: four IDX files with fixed names, gzip or not.
*/

use std::path::{Path, PathBuf};

use crate::error::DataError;

/// One of the two splits that a source may have.
#[derive(Clone, Copy)]
pub(crate) enum Split {
    Train,
    Test,
}

impl Split {
    fn prefix(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "t10k",
        }
    }
}

/// The image file and the label file of a split.
pub(crate) fn files(folder: &Path, split: Split) -> Result<(PathBuf, PathBuf), DataError> {
    let prefix = split.prefix();
    let images = file_in(folder, &format!("{prefix}-images-idx3-ubyte"))?;
    let labels = file_in(folder, &format!("{prefix}-labels-idx1-ubyte"))?;
    Ok((images, labels))
}

/// Whether a folder holds any of the image files.
pub(crate) fn is_in(folder: &Path) -> bool {
    let holds =
        |split: Split| file_in(folder, &format!("{}-images-idx3-ubyte", split.prefix())).is_ok();
    holds(Split::Train) || holds(Split::Test)
}

/// The file of that name, or its compressed form.
pub(crate) fn file_in(folder: &Path, name: &str) -> Result<PathBuf, DataError> {
    let plain = folder.join(name);
    let compressed = folder.join(format!("{name}.gz"));
    if plain.is_file() {
        Ok(plain)
    } else if compressed.is_file() {
        Ok(compressed)
    } else {
        Err(DataError::NotFound { path: compressed })
    }
}
