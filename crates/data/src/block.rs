/*!
Rows of a table that were read together, column by column.

A cell takes its text and four bytes. Where rows follow each other line by line, as nearly all do, their
lines take nothing.
*/

/// Rows of one file.
#[derive(Clone, Default)]
pub(crate) struct Block {
    /// The number of the file.
    pub(crate) file: usize,
    /// The lines where they begin.
    pub(crate) lines: RowLines,
    /// The cells of each column.
    pub(crate) columns: Vec<CellTexts>,
}

impl Block {
    /// The same rows with some columns alone.
    pub(crate) fn only(&self, places: &[usize]) -> Self {
        let column = |&place: &usize| self.columns.get(place).cloned().unwrap_or_default();
        let columns = places.iter().map(column).collect();
        Self { file: self.file, lines: self.lines.clone(), columns }
    }

    /// The cell of a column; empty where there is none.
    pub(crate) fn cell(&self, row: usize, column: usize) -> &str {
        self.columns.get(column).and_then(|cells| cells.get(row)).unwrap_or_default()
    }
}

/// The cells of a column, one behind the other in one text.
#[derive(Clone, Default)]
pub(crate) struct CellTexts {
    text: String,
    /// Where each ends.
    ends: Vec<u32>,
}

impl CellTexts {
    /// Adds a cell, if all together stay below 4 GiB.
    pub(crate) fn push(&mut self, cell: &str) -> Option<()> {
        let end = u32::try_from(self.text.len().checked_add(cell.len())?).ok()?;
        self.text.push_str(cell);
        self.ends.push(end);
        Some(())
    }

    /// Gives back what was reserved for further cells.
    pub(crate) fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    fn get(&self, row: usize) -> Option<&str> {
        let end = *self.ends.get(row)? as usize;
        let start = match row.checked_sub(1) {
            Some(before) => *self.ends.get(before)? as usize,
            None => 0,
        };
        self.text.get(start..end)
    }
}

/// The line where each of some rows begins, or its number in a file without lines; counted from 1.
#[derive(Clone, Default)]
pub(crate) struct RowLines {
    rows: usize,
    /// Whether these are no lines, but numbers of rows.
    are_numbers: bool,
    /// Rows that do not begin one line behind the row before, with their lines.
    jumps: Vec<(usize, u64)>,
    /// The line of a row that would follow without a jump.
    next: u64,
}

impl RowLines {
    /// So many rows one behind the other, the first with the number `first`.
    pub(crate) fn counted(first: u64, rows: usize) -> Self {
        let next = first.saturating_add(rows as u64);
        Self { rows, are_numbers: true, jumps: vec![(0, first)], next }
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, line: u64) {
        if self.jumps.is_empty() || line != self.next {
            self.jumps.push((self.rows, line));
        }
        self.rows += 1;
        self.next = line.saturating_add(1);
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    /// Whether these are lines of a text.
    pub(crate) fn are_lines(&self) -> bool {
        !self.are_numbers
    }

    /// The line of a row.
    pub(crate) fn line(&self, row: usize) -> u64 {
        let behind = self.jumps.partition_point(|(first, _)| *first <= row);
        let jump = behind.checked_sub(1).and_then(|place| self.jumps.get(place));
        jump.map_or(0, |(first, line)| line + (row - first) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_that_were_pushed() {
        let lines = [2, 3, 4, 9, 10, 12, 40];
        let mut rows = RowLines::default();
        lines.iter().for_each(|&line| rows.push(line));
        assert_eq!(rows.len(), lines.len());
        assert!((0..lines.len()).map(|row| rows.line(row)).eq(lines));
        assert_eq!(rows.jumps.len(), 4);
        let counted = RowLines::counted(7, 3);
        assert_eq!([0, 1, 2].map(|row| counted.line(row)), [7, 8, 9]);
    }

    #[test]
    fn cells_are_those_that_were_pushed() {
        let cells = ["", "a", "", "ä b", "x"];
        let mut texts = CellTexts::default();
        cells.iter().for_each(|cell| texts.push(cell).unwrap());
        texts.shrink();
        assert!((0..cells.len()).map(|row| texts.get(row).unwrap()).eq(cells));
        assert_eq!(texts.get(cells.len()), None);
    }
}
