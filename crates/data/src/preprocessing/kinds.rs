/*!
Whether a file holds samples of the kind that a model takes, before anything else is asked of it.
*/

use std::path::Path;

use super::Preprocessing;
use crate::error::DataError;
use crate::hint::OTHER_SHAPE;
use crate::origin::Content;
use crate::raw;

impl Preprocessing {
    /// Whether samples are of a kind that can be read, be their shape what it may.
    pub(super) fn takes(&self, content: &Content) -> bool {
        match (self, content) {
            (Self::Table(_) | Self::Bytes(_), Content::Table(_))
            | (Self::Vector(_), Content::Vectors(_))
            | (Self::Image(_), Content::Images(_)) => true,
            (Self::Vector(_), Content::Table(table)) => table.heading().has("value_0"),
            (Self::Image(_), Content::Table(table)) => table.heading().has("pixel_0"),
            _ => false,
        }
    }

    /// A table is known by its name, before images are decoded with nothing to say of their size.
    pub(super) fn refuse_other_files(&self, path: &Path) -> Result<(), DataError> {
        if !raw::exists(path) || (!path.is_dir() && raw::is_table(path)?) {
            return Ok(());
        }
        let found = if path.is_dir() { "a folder" } else { "a file of another kind" };
        Err(self.other(path, found.to_owned()))
    }

    pub(super) fn other_content(&self, content: &Content) -> DataError {
        self.other(content.path(), content.in_words())
    }

    fn other(&self, path: &Path, found: String) -> DataError {
        let (path, is_table) = (path.to_owned(), found == "a table");
        let or_columns = |kind: String, first: &str, second: &str| match is_table {
            true => format!("{kind}, or a table with the columns `{first}`, `{second}` and so on"),
            false => kind,
        };
        let expected = match self {
            Self::Table(_) => "a table (.csv, .parquet or .pq)".into(),
            Self::Bytes(_) => "a table (.csv, .parquet or .pq) that names files".into(),
            Self::Vector(vector) => {
                let kind = format!("rows of {}", words::counted(vector.mean.len(), "number"));
                or_columns(kind, "value_0", "value_1")
            }
            Self::Image(image) => or_columns(image.in_words(), "pixel_0", "pixel_1"),
        };
        DataError::Malformed { path, expected, found, hint: OTHER_SHAPE }
    }
}
