/*!
Where values are kept: in memory, or in a file beside it.
*/

use std::path::PathBuf;
use std::sync::Arc;

use store::{Disk, Scratch};

use crate::error::DataError;
use crate::values::{Form, Stretch, Values};

/// Bytes that are gathered before they are written.
const BUFFER: usize = 1 << 20;

/// Where values are kept while a job runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Room {
    folder: Option<PathBuf>,
}

impl Room {
    /// In memory.
    pub const MEMORY: Self = Self { folder: None };

    /// In files without a name in a folder, which are gone when the process is. The folder is made when it is
    /// first needed.
    pub fn folder(folder: PathBuf) -> Self {
        Self { folder: Some(folder) }
    }

    /// A place for about so many rows of `width` numbers.
    ///
    /// # Errors
    /// [`DataError::Scratch`] where a file cannot be made in the folder.
    pub fn writer(&self, rows: usize, width: usize) -> Result<ValueWriter, DataError> {
        let kept = match self.file()? {
            None => Kept::Held(Vec::with_capacity(rows.saturating_mul(width))),
            Some(file) => Kept::Stored { file, buffer: Vec::new(), numbers: 0 },
        };
        Ok(ValueWriter { width, kept })
    }

    /// Whether it is memory.
    pub(crate) fn is_memory(&self) -> bool {
        self.folder.is_none()
    }

    /// An empty file in the folder; none where values are in memory.
    pub(crate) fn file(&self) -> Result<Option<Scratch>, DataError> {
        let file = self.folder.as_ref().map(|folder| Scratch::create(&Disk::new(), folder));
        Ok(file.transpose()?)
    }
}

/// Takes the rows of [`Values`] one after the other.
#[derive(Debug)]
pub struct ValueWriter {
    width: usize,
    kept: Kept,
}

#[derive(Debug)]
enum Kept {
    Held(Vec<f32>),
    Stored { file: Scratch, buffer: Vec<u8>, numbers: usize },
}

impl ValueWriter {
    /// Adds numbers, of whole rows or of parts of them.
    ///
    /// # Errors
    /// [`DataError::Scratch`] where the file cannot be written.
    pub fn push(&mut self, values: &[f32]) -> Result<(), DataError> {
        match &mut self.kept {
            Kept::Held(numbers) => numbers.extend_from_slice(values),
            Kept::Stored { file, buffer, numbers } => {
                *numbers += values.len();
                for values in values.chunks(BUFFER / 4) {
                    buffer.extend(values.iter().flat_map(|value| value.to_le_bytes()));
                    if buffer.len() >= BUFFER {
                        file.append(buffer)?;
                        buffer.clear();
                    }
                }
            }
        }
        Ok(())
    }

    /// The number of numbers so far.
    pub fn len(&self) -> usize {
        match &self.kept {
            Kept::Held(numbers) => numbers.len(),
            Kept::Stored { numbers, .. } => *numbers,
        }
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All rows that were added whole.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn finish(self) -> Result<Values, DataError> {
        match self.kept {
            Kept::Held(numbers) => Ok(numbers.into()),
            Kept::Stored { mut file, buffer, numbers } => {
                file.append(&buffer)?;
                let (width, form) = (self.width, Form::Numbers);
                let rows = (0..numbers.checked_div(width).unwrap_or(0)).collect();
                Ok(Stretch { file: Arc::new(file), width, rows, form }.into())
            }
        }
    }
}
