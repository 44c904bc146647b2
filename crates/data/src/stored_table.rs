/*!
Tables that stay in their files: only what is asked for is in memory, some columns or some rows.
*/

use std::path::PathBuf;

use crate::block::Block;
use crate::error::DataError;
use crate::heading::Heading;
use crate::parquet::ParquetFile;
use crate::table::Table;

/// Files with the same columns, one behind the other, at least one of which is not in memory.
pub(crate) struct StoredTable {
    pub(crate) heading: Heading,
    /// The files by number, where there are several.
    files: Vec<PathBuf>,
    parts: Vec<Part>,
    /// The rows of each part that are read together, in order.
    stretches: Vec<Stretch>,
    rows: usize,
}

/// One file, or several that are in memory.
struct Part {
    /// The number of the first of them.
    file: usize,
    content: Content,
}

enum Content {
    Held(Table),
    Parquet(ParquetFile),
}

/// Rows that are read together.
#[derive(Clone, Copy)]
struct Stretch {
    part: usize,
    /// Its number in the part.
    group: usize,
    /// The number of its first row in the table, and how many it has.
    first: usize,
    rows: usize,
}

impl StoredTable {
    /// The table of one file that is not in memory.
    pub(crate) fn of_parquet(file: ParquetFile) -> Self {
        let heading = file.heading.clone();
        Self::new(heading, Vec::new(), Content::Parquet(file))
    }

    /// A table that is in memory, to be followed by others.
    pub(crate) fn of_table(table: Table) -> Self {
        let (heading, files) = (table.heading.clone(), table.files().to_vec());
        Self::new(heading, files, Content::Held(table))
    }

    fn new(heading: Heading, files: Vec<PathBuf>, content: Content) -> Self {
        let mut table = Self { heading, files, parts: Vec::new(), stretches: Vec::new(), rows: 0 };
        table.push(Part { file: 0, content });
        table
    }

    fn push(&mut self, part: Part) {
        let rows: Vec<usize> = match &part.content {
            Content::Held(table) => vec![table.len()],
            Content::Parquet(file) => file.rows_of_groups().collect(),
        };
        for (group, rows) in rows.into_iter().enumerate() {
            self.stretches.push(Stretch { part: self.parts.len(), group, first: self.rows, rows });
            self.rows = self.rows.saturating_add(rows);
        }
        self.parts.push(part);
    }

    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    /// The rows that are read together with a row, as the first and the one behind the last.
    pub(crate) fn stretch_of(&self, row: usize) -> Option<(usize, usize)> {
        self.stretch(row).map(|stretch| (stretch.first, stretch.first + stretch.rows))
    }

    fn stretch(&self, row: usize) -> Option<&Stretch> {
        let behind = self.stretches.partition_point(|stretch| stretch.first <= row);
        // One without rows begins where the next one does.
        let stretch = self.stretches.get(behind.checked_sub(1)?)?;
        (row - stretch.first < stretch.rows).then_some(stretch)
    }

    /// The table of these columns alone, in memory.
    ///
    /// # Errors
    /// A column that is absent, and what is wrong with the files.
    pub(crate) fn columns(&self, names: &[&str]) -> Result<Table, DataError> {
        self.read(names, &self.stretches)
    }

    /// The same of the rows that are read together with a row; the first of them has the number 0.
    pub(crate) fn columns_at(&self, names: &[&str], row: usize) -> Result<Table, DataError> {
        self.read(names, self.stretch(row).map_or(&[], std::slice::from_ref))
    }

    fn read(&self, names: &[&str], stretches: &[Stretch]) -> Result<Table, DataError> {
        for name in names {
            self.heading.column(name)?;
        }
        let mut blocks = Vec::new();
        for (number, part) in self.parts.iter().enumerate() {
            let mut cost = 0;
            for stretch in stretches.iter().filter(|stretch| stretch.part == number) {
                blocks.extend(part.blocks(names, stretch.group, &mut cost)?);
            }
        }
        Ok(Table::new(self.heading.only(names), self.files.clone(), blocks))
    }

    /// Adds the rows of another table, whose columns are the same in any order.
    ///
    /// # Errors
    /// As [`Heading::join`].
    pub(crate) fn append(&mut self, other: Self) -> Result<(), DataError> {
        if self.files.is_empty() {
            self.files.push(self.heading.path.clone());
        }
        let first = self.files.first().unwrap_or(&self.heading.path).clone();
        let before = self.files.len();
        match other.files.is_empty() {
            true => self.files.push(other.heading.path.clone()),
            false => self.files.extend(other.files),
        }
        self.heading.join(other.heading, &first)?;
        for part in other.parts {
            self.push(Part { file: before + part.file, ..part });
        }
        Ok(())
    }
}

impl Part {
    fn blocks(
        &self,
        names: &[&str],
        group: usize,
        cost: &mut u64,
    ) -> Result<Vec<Block>, DataError> {
        let places = |heading: &Heading| {
            names.iter().map(|name| heading.column(name)).collect::<Result<Vec<_>, _>>()
        };
        let mut blocks = match &self.content {
            Content::Held(table) => {
                let places = places(&table.heading)?;
                table.blocks().map(|block| block.only(&places)).collect()
            }
            Content::Parquet(file) => {
                vec![file.block(group, &places(&file.heading)?, cost)?]
            }
        };
        blocks.iter_mut().for_each(|block| block.file += self.file);
        Ok(blocks)
    }
}
