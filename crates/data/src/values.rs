/*!
The values of samples: numbers in memory, or rows in a file beside it.
*/

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use store::Scratch;

use crate::error::DataError;

/// Rows of numbers, all of one width, one after the other.
///
/// They are in memory or in a scratch file, see [`Room`](crate::Room), and are read in the same way.
/// Two are equal when what they hold in memory is, and they share the rows of the same file.
#[derive(Clone, Default, PartialEq)]
pub struct Values {
    pieces: Vec<Piece>,
}

#[derive(Clone, PartialEq)]
enum Piece {
    Held(Vec<f32>),
    Stored(Stretch),
}

/// Rows of a scratch file.
#[derive(Clone)]
pub(crate) struct Stretch {
    pub(crate) file: Arc<Scratch>,
    /// Numbers in a row.
    pub(crate) width: usize,
    /// The place of each row in the file, in rows.
    pub(crate) rows: Vec<usize>,
    pub(crate) form: Form,
}

/// What each byte stands for.
pub(crate) type Levels = [f32; 256];

/// What a scratch file holds.
#[derive(Clone, PartialEq)]
pub(crate) enum Form {
    /// Numbers of four bytes, the lowest first.
    Numbers,
    /// Bytes: of each channel what each of them stands for.
    Bytes(Arc<Vec<Levels>>),
}

impl From<Vec<f32>> for Values {
    fn from(numbers: Vec<f32>) -> Self {
        Self { pieces: vec![Piece::Held(numbers)] }
    }
}

impl From<Stretch> for Values {
    fn from(stretch: Stretch) -> Self {
        Self { pieces: vec![Piece::Stored(stretch)] }
    }
}

impl FromIterator<f32> for Values {
    fn from_iter<I: IntoIterator<Item = f32>>(numbers: I) -> Self {
        numbers.into_iter().collect::<Vec<f32>>().into()
    }
}

/// The sizes alone; the numbers would fill the screen.
impl std::fmt::Debug for Values {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = if self.in_memory().is_some() { "memory" } else { "files" };
        write!(formatter, "{} numbers in {place}", self.len())
    }
}

impl Values {
    /// All numbers, where they are in memory.
    pub fn in_memory(&self) -> Option<&[f32]> {
        match self.pieces.as_slice() {
            [] => Some(&[]),
            [Piece::Held(numbers)] => Some(numbers),
            _ => None,
        }
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.pieces.iter().map(Piece::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row of that number, `width` numbers; empty where there is no such row.
    ///
    /// # Errors
    /// [`DataError::Scratch`] where a scratch file cannot be read.
    pub fn row(&self, index: usize, width: usize) -> Result<Cow<'_, [f32]>, DataError> {
        let mut index = index;
        for piece in &self.pieces {
            let rows = piece.len().checked_div(width).unwrap_or(0);
            if index < rows {
                return piece.row(index, width);
            }
            index -= rows;
        }
        Ok(Cow::Borrowed(&[]))
    }

    /// These rows, one after the other; those that are not there are left out.
    ///
    /// # Errors
    /// As [`row`](Self::row).
    pub fn rows(&self, rows: Range<usize>, width: usize) -> Result<Cow<'_, [f32]>, DataError> {
        if let Some(numbers) = self.in_memory() {
            let end = rows.end.saturating_mul(width).min(numbers.len());
            let held = numbers.get(rows.start.saturating_mul(width)..end);
            return Ok(Cow::Borrowed(held.unwrap_or_default()));
        }
        let mut numbers = Vec::with_capacity(rows.len().saturating_mul(width));
        for row in rows {
            numbers.extend_from_slice(&self.row(row, width)?);
        }
        Ok(Cow::Owned(numbers))
    }

    /// Adds rows of the same width behind these.
    pub(crate) fn append(&mut self, other: Self) {
        for piece in other.pieces {
            match (self.pieces.last_mut(), piece) {
                (Some(Piece::Held(here)), Piece::Held(mut more)) => here.append(&mut more),
                (_, piece) => self.pieces.push(piece),
            }
        }
    }
}

impl Piece {
    fn len(&self) -> usize {
        match self {
            Self::Held(numbers) => numbers.len(),
            Self::Stored(stretch) => stretch.rows.len().saturating_mul(stretch.width),
        }
    }

    fn row(&self, index: usize, width: usize) -> Result<Cow<'_, [f32]>, DataError> {
        match self {
            Self::Held(numbers) => {
                let start = index.saturating_mul(width);
                let row = numbers.get(start..start.saturating_add(width));
                Ok(Cow::Borrowed(row.unwrap_or_default()))
            }
            Self::Stored(stretch) => stretch.row(index).map(Cow::Owned),
        }
    }
}

impl Stretch {
    fn row(&self, index: usize) -> Result<Vec<f32>, DataError> {
        let Some(&place) = self.rows.get(index) else { return Ok(Vec::new()) };
        match &self.form {
            Form::Numbers => {
                let bytes = stored(&self.file, place, self.width.saturating_mul(4))?;
                let (numbers, _) = bytes.as_chunks::<4>();
                Ok(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
            }
            Form::Bytes(levels) => {
                let bytes = stored(&self.file, place, self.width)?;
                let mut numbers = Vec::with_capacity(bytes.len());
                extend_by_levels(&mut numbers, &bytes, levels);
                Ok(numbers)
            }
        }
    }
}

/// Adds what the bytes of an image stand for, of each channel by its own levels.
pub(crate) fn extend_by_levels(numbers: &mut Vec<f32>, image: &[u8], levels: &[Levels]) {
    let area = image.len().checked_div(levels.len()).unwrap_or(0).max(1);
    for (plane, levels) in image.chunks(area).zip(levels) {
        // There is a level for every byte, which the compiler sees.
        let level = |&byte: &u8| levels.get(usize::from(byte)).copied().unwrap_or_default();
        numbers.extend(plane.iter().map(level));
    }
}

/// The bytes of a row of a scratch file whose rows take `size` bytes each.
pub(crate) fn stored(file: &Scratch, row: usize, size: usize) -> Result<Vec<u8>, DataError> {
    let mut bytes = vec![0; size];
    file.read((row as u64).saturating_mul(size as u64), &mut bytes)?;
    Ok(bytes)
}

impl PartialEq for Stretch {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.file, &other.file)
            && (self.width, &self.rows, &self.form) == (other.width, &other.rows, &other.form)
    }
}
