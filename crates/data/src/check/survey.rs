/*!
The data as the checks see it: parts with the place of every row, and the columns of training.
*/

use std::collections::BTreeMap;

use crate::error::DataError;
use crate::load::{Corpus, Divided, Piece};
use crate::options::DataOptions;
use crate::origin::Content;
use crate::preprocessing::Preprocessing;
use crate::preprocessing::cells::is_missing;
use crate::preprocessing::column::ColumnScale;
use crate::quote::shown;
use crate::sample::{SampleShape, hash_values};
use crate::table::Table;
use crate::table_options::TableOptions;

/// Everything that is looked through.
pub(super) struct Survey<'a> {
    pub(super) corpus: &'a Corpus,
    pub(super) options: &'a TableOptions,
    /// Whether the recipe names the classes, of which some may have no rows then.
    pub(super) names_classes: bool,
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
    /// What each row holds as a network takes it.
    pub(super) contents: Vec<RowContent>,
}

/// The values of a row, summed up.
pub(super) struct RowContent {
    /// Their hash.
    pub(super) hash: [u8; 32],
    /// Whether they are an image of more than a pixel, and all pixels of each channel are equal.
    pub(super) is_constant_image: bool,
}

impl RowContent {
    fn of(values: &[f32], shape: SampleShape) -> Self {
        let mut hasher = blake3::Hasher::new();
        hash_values(&mut hasher, values);
        let is_constant_image = match shape {
            SampleShape::Image { height, width, .. } => {
                let area = height.saturating_mul(width);
                let equal =
                    |pixels: &[f32]| pixels.windows(2).all(|pair| pair.first() == pair.last());
                area > 1 && values.chunks(area).all(equal)
            }
            SampleShape::Vector(_) | SampleShape::Tokens { .. } => false,
        };
        Self { hash: hasher.finalize().into(), is_constant_image }
    }
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
    /// How many rows have each value.
    counts: BTreeMap<Value<'a>, usize>,
}

impl<'a> Survey<'a> {
    pub(super) fn new(
        divided: &'a Divided,
        corpus: &'a Corpus,
        options: &'a DataOptions,
    ) -> Result<Self, DataError> {
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
                let contents = (from..from + piece.rows.len())
                    .map(|row| Ok(RowContent::of(&samples.row(row)?, samples.shape)))
                    .collect::<Result<_, DataError>>()?;
                parts.push(Part { name: piece.name, piece, contents });
            }
        }
        let mut survey = Self {
            corpus,
            options: &options.table,
            names_classes: !options.classes.is_empty(),
            label: divided.origin.label.as_deref(),
            parts,
            columns: Vec::new(),
        };
        survey.columns = survey.training_columns();
        Ok(survey)
    }

    fn training_columns(&self) -> Vec<Column<'a>> {
        let Preprocessing::Table(table) = &self.corpus.preprocessing else { return Vec::new() };
        let Some(train) = self.part("train") else { return Vec::new() };
        let column = |column: &'a crate::preprocessing::column::Column| {
            let is_words = matches!(column.scale, ColumnScale::OneHot { .. });
            let cells = self.cells(train, &column.name);
            Column::new(&column.name, is_words, cells)
        };
        table.columns.iter().map(column).collect()
    }

    pub(super) fn part(&self, name: &str) -> Option<&Part<'a>> {
        self.parts.iter().find(|part| part.name == name)
    }

    /// For each row of a part, how many training rows chance would make that are equal to it, were
    /// the columns independent of each other. Always 0 for images.
    pub(super) fn equal_by_chance(&self, part: &Part<'a>) -> Vec<f64> {
        let size = self.part("train").map_or(0, Part::len) as f64;
        let mut chances = vec![if self.columns.is_empty() { 0.0 } else { size }; part.len()];
        for column in &self.columns {
            let rare = column.share_of_rare();
            let missing = column.rows_with(None);
            for (chance, cell) in chances.iter_mut().zip(self.cells(part, column.name)) {
                let rows = if cell.is_none() { missing } else { column.rows_with(cell) };
                *chance *= if rows > 2 { rows as f64 / size } else { rare };
            }
        }
        chances
    }

    /// The cells of a column in a part, where they have a value; none in images.
    pub(super) fn cells(&self, part: &Part<'a>, name: &str) -> Vec<Option<&'a str>> {
        let Some((table, column)) = part.column(name) else { return Vec::new() };
        let texts = self.options.missing.as_deref().unwrap_or_default();
        let rows = part.piece.rows.iter().filter_map(|&row| table.row(row));
        rows.map(|row| Some(row.cell(column)).filter(|cell| !is_missing(cell, texts))).collect()
    }
}

/// A word, or the bits of a number.
type Value<'a> = (&'a str, u64);

impl<'a> Column<'a> {
    fn new(name: &'a str, is_words: bool, cells: Vec<Option<&'a str>>) -> Self {
        let mut seen: BTreeMap<Value<'_>, usize> = BTreeMap::new();
        let mut counts: BTreeMap<Value<'_>, usize> = BTreeMap::new();
        let mut codes = Vec::with_capacity(cells.len());
        for cell in &cells {
            let next = seen.len();
            codes.push(cell.map(|cell| {
                let value = value(cell, is_words);
                *counts.entry(value).or_default() += 1;
                *seen.entry(value).or_insert(next)
            }));
        }
        Self { name, is_words, cells, codes, distinct: seen.len(), counts }
    }

    /// The share of rows that have one certain value of those that one or two training rows have,
    /// by Turing's estimate (I. J. Good, The population frequencies of species and the estimation
    /// of population parameters, 1953): twice the number of values seen twice, over rows times
    /// values seen once. So a number with many digits that occurs twice is a surprise, and an age
    /// is none.
    fn share_of_rare(&self) -> f64 {
        let seen = |times| self.counts.values().filter(|&&count| count == times).count() as f64;
        let size = self.codes.len().max(1) as f64;
        let (once, twice) = (seen(1), seen(2));
        if once == 0.0 { 1.0 / size } else { (2.0 * twice.max(0.5) / once).min(1.0) / size }
    }

    /// How many training rows have this value, or none.
    pub(super) fn rows_with(&self, cell: Option<&str>) -> usize {
        match cell {
            Some(cell) => self.counts.get(&value(cell, self.is_words)).copied().unwrap_or(0),
            None => self.codes.iter().filter(|code| code.is_none()).count(),
        }
    }
}

/// `1` and `1.0` are one number and two words.
fn value(cell: &str, is_words: bool) -> Value<'_> {
    match cell.parse::<f64>() {
        // The sum takes the sign from `-0`.
        Ok(number) if !is_words => ("", (number + 0.0).to_bits()),
        _ => (cell, 0),
    }
}

/// The cells that are numbers.
pub(super) fn numbers(cells: &[Option<&str>]) -> Vec<Option<f64>> {
    cells.iter().map(|cell| cell.and_then(|cell| cell.parse().ok())).collect()
}

impl<'a> Part<'a> {
    pub(super) fn len(&self) -> usize {
        self.piece.rows.len()
    }

    fn table(&self) -> Option<&'a Table> {
        match self.piece.content {
            Content::Table(table) => table.held(),
            Content::Vectors(_) | Content::Images(_) => None,
        }
    }

    pub(super) fn column(&self, name: &str) -> Option<(&'a Table, usize)> {
        let table = self.table()?;
        Some((table, table.heading.place(name)?))
    }

    /// The names of the columns of the file.
    pub(super) fn header(&self) -> &'a [String] {
        self.table().map_or(&[], |table| &table.heading.names)
    }

    pub(super) fn label(&self, row: usize) -> Option<u32> {
        self.piece.labels.get(row).copied().flatten()
    }

    /// The labels, 0 or 1, or the numbers of a row, where they may be known.
    pub(super) fn targets(&self, row: usize, survey: &Survey<'_>) -> Option<&'a [f64]> {
        let (label, width) = (self.label(row)? as usize, survey.corpus.classes.len());
        self.piece.targets.get(label * width..(label + 1) * width)
    }

    /// The file.
    pub(super) fn file(&self) -> String {
        self.piece.content.path().display().to_string()
    }

    /// The file and the line or number of a row; the file of an image, or its number counted from 0.
    pub(super) fn place(&self, row: usize) -> String {
        let row = self.piece.rows.get(row).copied().unwrap_or_default();
        let file = self.piece.files.and_then(|files| files.path(row));
        match (self.table().and_then(|table| table.row(row)), file) {
            (Some(row), _) => format!("{}:{}", row.file().display(), row.line()),
            (None, Some(file)) => file.display().to_string(),
            (None, None) => format!("{}, sample {row}", self.file()),
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
