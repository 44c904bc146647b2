/*!
Tables as the rest of the crate sees them, wherever their cells are: columns and rows come into memory when
they are asked for.
*/

use std::borrow::Cow;
use std::ops::Range;

use crate::error::DataError;
use crate::heading::Heading;
use crate::stored_table::StoredTable;
use crate::table::Table;

/// Rows of a table in memory that are dealt with together.
const TOGETHER: usize = 4096;

/// A table.
pub(crate) enum TableSource {
    /// In memory.
    Held(Table),
    /// In its files.
    Stored(StoredTable),
}

impl TableSource {
    /// What it says of its columns.
    pub(crate) fn heading(&self) -> &Heading {
        match self {
            Self::Held(table) => &table.heading,
            Self::Stored(table) => &table.heading,
        }
    }

    /// What it says of its columns, to be changed.
    pub(crate) fn heading_mut(&mut self) -> &mut Heading {
        match self {
            Self::Held(table) => &mut table.heading,
            Self::Stored(table) => &mut table.heading,
        }
    }

    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Held(table) => table.len(),
            Self::Stored(table) => table.len(),
        }
    }

    /// The table, where all of it is in memory.
    pub(crate) fn held(&self) -> Option<&Table> {
        match self {
            Self::Held(table) => Some(table),
            Self::Stored(_) => None,
        }
    }

    /// The same in memory.
    ///
    /// # Errors
    /// As [`all`](Self::all).
    pub(crate) fn hold(&mut self) -> Result<(), DataError> {
        if let Self::Stored(_) = self {
            *self = Self::Held(self.all()?.into_owned());
        }
        Ok(())
    }

    /// A table in memory with these columns, and perhaps others.
    ///
    /// # Errors
    /// A column that is absent, and what is wrong with the files.
    pub(crate) fn columns(&self, names: &[&str]) -> Result<Cow<'_, Table>, DataError> {
        match self {
            Self::Held(table) => {
                names.iter().try_for_each(|name| table.column(name).map(|_| ()))?;
                Ok(Cow::Borrowed(table))
            }
            Self::Stored(table) => table.columns(names).map(Cow::Owned),
        }
    }

    /// A table in memory with this column, and the place of the column in it.
    ///
    /// # Errors
    /// As [`columns`](Self::columns).
    pub(crate) fn column(&self, name: &str) -> Result<(Cow<'_, Table>, usize), DataError> {
        let table = self.columns(&[name])?;
        let place = table.column(name)?;
        Ok((table, place))
    }

    /// A table in memory with all columns.
    ///
    /// # Errors
    /// What is wrong with the files.
    pub(crate) fn all(&self) -> Result<Cow<'_, Table>, DataError> {
        let names: Vec<&str> = self.heading().names.iter().map(String::as_str).collect();
        self.columns(&names)
    }

    /// The rows that are best dealt with together with a row; none where there is no such row.
    pub(crate) fn together(&self, row: usize) -> Option<Range<usize>> {
        match self {
            Self::Held(table) => {
                let first = row - row % TOGETHER;
                (row < table.len()).then(|| first..table.len().min(first + TOGETHER))
            }
            Self::Stored(table) => table.stretch_of(row).map(|(first, end)| first..end),
        }
    }

    /// As [`column`](Self::column), of the rows that are dealt with together with a row, and perhaps others;
    /// and the number that the first row of this table has in the whole.
    ///
    /// # Errors
    /// As [`columns`](Self::columns).
    pub(crate) fn column_at(
        &self,
        name: &str,
        row: usize,
    ) -> Result<(Cow<'_, Table>, usize, usize), DataError> {
        let Self::Stored(stored) = self else {
            let (table, place) = self.column(name)?;
            return Ok((table, place, 0));
        };
        let table = stored.columns_at(&[name], row)?;
        let place = table.column(name)?;
        let first = stored.stretch_of(row).map_or(0, |(first, _)| first);
        Ok((Cow::Owned(table), place, first))
    }

    /// Adds the rows of another table, whose columns are the same in any order.
    ///
    /// # Errors
    /// As [`Heading::join`].
    pub(crate) fn append(self, other: Self) -> Result<Self, DataError> {
        match (self, other) {
            (Self::Held(mut all), Self::Held(more)) => {
                all.append(more)?;
                Ok(Self::Held(all))
            }
            (all, more) => {
                let mut all = all.into_stored();
                all.append(more.into_stored())?;
                Ok(Self::Stored(all))
            }
        }
    }

    fn into_stored(self) -> StoredTable {
        match self {
            Self::Held(table) => StoredTable::of_table(table),
            Self::Stored(table) => table,
        }
    }
}
