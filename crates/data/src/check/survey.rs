/*!
The data as the checks see it: parts with the place of every row, and the columns of training.
*/

use std::collections::BTreeMap;

use crate::load::{Corpus, Divided, Piece};
use crate::origin::Content;
use crate::preprocessing::Preprocessing;
use crate::preprocessing::cells::is_missing;
use crate::preprocessing::column::ColumnScale;
use crate::quote::shown;
use crate::sample::{SampleShape, Samples};
use crate::table::Table;
use crate::table_options::TableOptions;

/// Everything that is looked through.
pub(super) struct Survey<'a> {
    pub(super) corpus: &'a Corpus,
    pub(super) options: &'a TableOptions,
    /// The label column of a table.
    pub(super) label: Option<&'a str>,
    /// The training rows of the source, then transfer, validation and test where they have rows.
    pub(super) parts: Vec<Part<'a>>,
    /// The features of a table, over the training rows of the source.
    pub(super) columns: Vec<Column<'a>>,
}

/// One part.
pub(super) struct Part<'a> {
    pub(super) name: &'static str,
    pub(super) piece: Piece<'a>,
    samples: &'a Samples,
    /// Where the part begins in `samples`.
    start: usize,
}

/// One feature over the training rows.
pub(super) struct Column<'a> {
    pub(super) name: &'a str,
    pub(super) is_words: bool,
    /// The cell of each row, where it has a value.
    pub(super) cells: Vec<Option<&'a str>>,
    /// Equal numbers for equal values, counted by first appearance; none where it is missing.
    pub(super) codes: Vec<Option<usize>>,
    /// How many different values there are.
    pub(super) distinct: usize,
}

impl<'a> Survey<'a> {
    pub(super) fn new(divided: &'a Divided, corpus: &'a Corpus, options: &'a TableOptions) -> Self {
        let mut start = 0;
        let mut parts = Vec::new();
        for piece in divided.pieces() {
            let samples = match piece.name {
                "validation" => &corpus.validation,
                "test" => &corpus.test,
                _ => &corpus.train,
            };
            let from = if piece.name == "transfer" { start } else { 0 };
            start = piece.rows.len();
            // Validation may be switched off, and then it lacks nothing.
            if !piece.rows.is_empty() {
                parts.push(Part { name: piece.name, piece, samples, start: from });
            }
        }
        let mut survey = Self {
            corpus,
            options,
            label: divided.origin.label.as_deref(),
            parts,
            columns: Vec::new(),
        };
        survey.columns = survey.training_columns();
        survey
    }

    fn training_columns(&self) -> Vec<Column<'a>> {
        let Preprocessing::Table(table) = &self.corpus.preprocessing else { return Vec::new() };
        let Some(train) = self.part("train") else { return Vec::new() };
        let column = |column: &'a crate::preprocessing::column::Column| {
            let is_words = matches!(column.scale, ColumnScale::OneHot { .. });
            let cells = self.cells(train, &column.name);
            let (codes, distinct) = codes(&cells, is_words);
            Column { name: &column.name, is_words, cells, codes, distinct }
        };
        table.columns.iter().map(column).collect()
    }

    pub(super) fn part(&self, name: &str) -> Option<&Part<'a>> {
        self.parts.iter().find(|part| part.name == name)
    }

    /// The cells of a column in a part, where they have a value; none in images.
    pub(super) fn cells(&self, part: &Part<'a>, name: &str) -> Vec<Option<&'a str>> {
        let Some((table, column)) = part.column(name) else { return Vec::new() };
        let texts = self.options.missing.as_deref().unwrap_or_default();
        let rows = part.piece.rows.iter().filter_map(|&row| table.rows.get(row));
        rows.map(|row| Some(row.cell(column)).filter(|cell| !is_missing(cell, texts))).collect()
    }
}

/// The cells that are numbers.
pub(super) fn numbers(cells: &[Option<&str>]) -> Vec<Option<f64>> {
    cells.iter().map(|cell| cell.and_then(|cell| cell.parse().ok())).collect()
}

fn codes(cells: &[Option<&str>], is_words: bool) -> (Vec<Option<usize>>, usize) {
    let mut seen: BTreeMap<(&str, u64), usize> = BTreeMap::new();
    let mut codes = Vec::with_capacity(cells.len());
    for cell in cells {
        // `1` and `1.0` are one number and two words; 0 takes the sign from `-0`.
        let key = cell.map(|cell| match cell.parse::<f64>() {
            Ok(number) if !is_words => ("", (number + 0.0).to_bits()),
            _ => (cell, 0),
        });
        let next = seen.len();
        codes.push(key.map(|key| *seen.entry(key).or_insert(next)));
    }
    (codes, seen.len())
}

impl<'a> Part<'a> {
    pub(super) fn len(&self) -> usize {
        self.piece.rows.len()
    }

    fn table(&self) -> Option<&'a Table> {
        match self.piece.content {
            Content::Table(table) => Some(table),
            Content::Images(_) => None,
        }
    }

    pub(super) fn column(&self, name: &str) -> Option<(&'a Table, usize)> {
        let table = self.table()?;
        Some((table, table.header.iter().position(|column| column == name)?))
    }

    /// The names of the columns of the file.
    pub(super) fn header(&self) -> &'a [String] {
        self.table().map_or(&[], |table| &table.header)
    }

    /// The values of a row as a network takes them.
    pub(super) fn values(&self, row: usize) -> &'a [f32] {
        self.samples.row(self.start + row)
    }

    pub(super) fn shape(&self) -> SampleShape {
        self.samples.shape
    }

    pub(super) fn label(&self, row: usize) -> Option<u32> {
        self.piece.labels.get(row).copied().flatten()
    }

    /// The file.
    pub(super) fn file(&self) -> String {
        self.piece.content.path().display().to_string()
    }

    /// The file and the line of a row, or the number of an image counted from 0.
    pub(super) fn place(&self, row: usize) -> String {
        let row = self.piece.rows.get(row).copied().unwrap_or_default();
        match self.table().and_then(|table| table.rows.get(row)) {
            Some(row) => format!("{}:{}", self.file(), row.line),
            None => format!("{}, sample {row}", self.file()),
        }
    }

    /// The file and a column.
    pub(super) fn column_place(&self, column: &str) -> String {
        format!("{}, column `{}`", self.file(), shown(column))
    }

    /// The file, the line of a row and a column.
    pub(super) fn cell_place(&self, row: usize, column: &str) -> String {
        format!("{}, column `{}`", self.place(row), shown(column))
    }
}
