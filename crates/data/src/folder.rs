/*!
A folder of images: one folder for each class, or images alone, which have no labels.

Where it holds the folders `train` and `test`, those are the splits.
*/

use std::path::{Path, PathBuf};

use crate::error::DataError;
use crate::mnist::Split;
use crate::picture;

/// The images of a folder, sorted by class and name.
pub(crate) struct Listing {
    /// The names of the folders of the classes; none where images lie in the folder itself.
    pub(crate) classes: Vec<String>,
    pub(crate) files: Vec<ImageFile>,
    /// Images beside the folders of classes, which have none.
    pub(crate) strays: Vec<PathBuf>,
}

/// One file that should be an image.
pub(crate) struct ImageFile {
    pub(crate) path: PathBuf,
    /// From the listed folder on.
    pub(crate) name: String,
    /// The place of its class.
    pub(crate) class: i64,
}

/// Whether a folder holds folders, or images.
pub(crate) fn is_of_images(folder: &Path) -> bool {
    let entries = entries(folder).unwrap_or_default();
    entries.iter().any(|(path, _)| path.is_dir() || picture::format(path).is_some())
}

/// Whether a folder is divided into training and test images.
pub(crate) fn has_splits(folder: &Path) -> bool {
    folder.join("train").is_dir() && folder.join("test").is_dir()
}

/// The folder that holds the images of a split.
pub(crate) fn split(folder: &Path, split: Split) -> PathBuf {
    match split {
        _ if !has_splits(folder) => folder.to_owned(),
        Split::Train => folder.join("train"),
        Split::Test => folder.join("test"),
    }
}

/// Lists the images of a folder. Hidden files are passed over; beside the folders of classes, so are
/// files that are no images.
pub(crate) fn list(folder: &Path) -> Result<Listing, DataError> {
    let entries = entries(folder)?;
    let inside: Vec<_> = entries.iter().filter(|(path, _)| path.is_dir()).collect();
    if inside.is_empty() {
        let file = |(path, name): (PathBuf, String)| ImageFile { path, name, class: 0 };
        let files: Vec<ImageFile> = entries.into_iter().map(file).collect();
        if files.is_empty() {
            return Err(DataError::NoRows { path: folder.into() });
        }
        return Ok(Listing { classes: Vec::new(), files, strays: Vec::new() });
    }
    let is_stray = |path: &&PathBuf| !path.is_dir() && picture::format(path).is_some();
    let strays = entries.iter().map(|(path, _)| path).filter(is_stray).cloned().collect();
    let (mut classes, mut files) = (Vec::new(), Vec::new());
    for ((path, class), number) in inside.into_iter().zip(0..) {
        let members = self::entries(path)?;
        if members.is_empty() {
            return Err(DataError::Malformed {
                path: path.clone(),
                expected: "at least one image of the class".into(),
                found: "an empty folder".into(),
                hint: "add images of the class, or remove its folder",
            });
        }
        files.extend(members.into_iter().map(|(path, name)| ImageFile {
            path,
            name: format!("{class}/{name}"),
            class: number,
        }));
        classes.push(class.clone());
    }
    Ok(Listing { classes, files, strays })
}

/// What is in a folder and not hidden, sorted by name.
fn entries(folder: &Path) -> Result<Vec<(PathBuf, String)>, DataError> {
    let unreadable = |source| DataError::Unreadable { path: folder.into(), source };
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().into_string().map_err(|name| DataError::Malformed {
            path: folder.join(&name),
            expected: "a name in UTF-8".into(),
            found: name.to_string_lossy().into_owned(),
            hint: "rename the file or folder",
        })?;
        if !name.starts_with('.') {
            entries.push((entry.path(), name));
        }
    }
    entries.sort_by(|left, right| left.1.cmp(&right.1));
    Ok(entries)
}
