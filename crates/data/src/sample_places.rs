/*!
Where samples stand in the user's files, for who has to look at one of them.
*/

use std::path::Path;

use crate::error::DataError;
use crate::load::{Divided, Piece};
use crate::options::DataOptions;
use crate::origin::Content;

/// Where the samples of a corpus stand, by their numbers in its parts, counted from 0.
pub struct SamplePlaces {
    divided: Divided,
}

/// The options would fill the screen.
impl std::fmt::Debug for SamplePlaces {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SamplePlaces")
    }
}

impl SamplePlaces {
    /// Reads the files that `options` name once more, because nothing of them is kept beside the numbers that networks
    /// see. They should be those that the corpus was loaded from.
    ///
    /// # Errors
    /// As [`load`](crate::load).
    pub fn read(options: &DataOptions, base: &Path) -> Result<Self, DataError> {
        Ok(Self { divided: Divided::read(options, base)? })
    }

    /// A sample that is learned from: file and line of a table, file and row of an array or a Parquet file, or
    /// the file of an image. None where there is no such sample.
    ///
    /// # Errors
    /// What is wrong with a file that is read again.
    pub fn train(&self, sample: usize) -> Result<Option<String>, DataError> {
        self.of(&["train", "transfer"], sample)
    }

    /// A sample of the validation part.
    ///
    /// # Errors
    /// As [`train`](Self::train).
    pub fn validation(&self, sample: usize) -> Result<Option<String>, DataError> {
        self.of(&["validation"], sample)
    }

    /// A sample of the test part.
    ///
    /// # Errors
    /// As [`train`](Self::train).
    pub fn test(&self, sample: usize) -> Result<Option<String>, DataError> {
        self.of(&["test"], sample)
    }

    fn of(&self, names: &[&str], sample: usize) -> Result<Option<String>, DataError> {
        let mut place = sample;
        for piece in self.divided.pieces().iter().filter(|piece| names.contains(&piece.name)) {
            match piece.rows.get(place) {
                Some(&row) => return place_of(piece, row),
                None => place -= piece.rows.len(),
            }
        }
        Ok(None)
    }
}

/// Where a row stands.
fn place_of(piece: &Piece<'_>, row: usize) -> Result<Option<String>, DataError> {
    if let Some(path) = piece.files.and_then(|files| files.path(row)) {
        return Ok(Some(path.display().to_string()));
    }
    let Content::Table(table) = piece.content else {
        return Ok(Some(format!("{}, row {}", piece.content.path().display(), row + 1)));
    };
    let Some(column) = table.heading().names.first() else { return Ok(None) };
    let (held, _, before) = table.column_at(column, row)?;
    let found = row.checked_sub(before).and_then(|row| held.row(row));
    Ok(found.map(|row| {
        let between = if row.place().is_line { ":" } else { ", row " };
        format!("{}{between}{}", row.file().display(), row.line())
    }))
}
