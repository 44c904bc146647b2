/*!
Files whose names say that they are nearly what is read, and what to give in their place.
*/

use std::path::Path;

use crate::error::DataError;
use crate::picture;

/// Endings of files that were compressed as a whole.
const COMPRESSED: [&str; 5] = [".gz", ".zst", ".bz2", ".xz", ".zip"];

/// Refuses a file that is none of a format that is read, where its name says what it is.
pub(crate) fn refuse(path: &Path) -> Result<(), DataError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let whole = COMPRESSED.iter().find_map(|ending| name.strip_suffix(ending));
    let is_batch = name.starts_with("data_batch") || name.starts_with("test_batch");
    let (expected, found, hint) = match name.rsplit_once('.') {
        _ if whole.is_some_and(is_table) => (
            "a table as it is",
            "a compressed one",
            "unpack the file, or save the table as Parquet, which is compressed inside",
        ),
        Some((_, "tsv" | "tab")) => (
            "a table with commas, or a Parquet file",
            "one with tabs",
            "save the table as .csv, with commas between the cells",
        ),
        Some((_, "bin")) if is_batch => (
            "the folder with the files of CIFAR",
            "one of these files",
            "give the folder as the source; its test file is the test part",
        ),
        _ if picture::format(path).is_some() => (
            "a folder of images",
            "a single image",
            "give the folder: with a folder of images for each class, or with images alone where no \
             labels are needed",
        ),
        _ => return Ok(()),
    };
    let (expected, found) = (expected.into(), found.into());
    Err(DataError::Malformed { path: path.into(), expected, found, hint })
}

fn is_table(name: &str) -> bool {
    [".csv", ".tsv", ".parquet"].iter().any(|ending| name.ends_with(ending))
}
