/*!
How raw rows become numbers for a network, as a value that is stored with the student.

It is fitted on the training rows of the source alone: test, validation and transfer rows never
move a mean. With it `predict` takes raw rows, whatever order their columns have.
*/

pub(crate) mod cells;
pub(crate) mod column;
pub(crate) mod image;
pub(crate) mod numbers;
pub(crate) mod table;
pub(crate) mod words;

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::DataError;
use crate::file::SourceFile;
use crate::idx::{self, Images};
use crate::labels::{self, Labels};
use crate::origin::{Content, is_csv};
use crate::sample::{SampleShape, Samples};
use crate::table::Table;
use cells::CellCount;
use image::ImagePreprocessing;
use table::{Fitting, TablePreprocessing};

/// How raw rows become samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Preprocessing {
    /// Named columns, each with its own scale.
    Table(TablePreprocessing),
    /// Pixels, scaled alike within a channel.
    Image(ImagePreprocessing),
}

/// The rows of a file that is to be predicted or evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct RawRows {
    /// The rows as a network takes them, with labels where the file has them.
    pub samples: Samples,
    /// The names of the columns of a CSV file, in its order; empty for IDX.
    pub header: Vec<String>,
    /// The cells of each row of a CSV file as they are written; empty for IDX.
    pub records: Vec<Vec<String>>,
    /// The columns with cells that were filled in, or with words that training does not know.
    pub cells: Vec<CellCount>,
    /// The file.
    pub source: SourceFile,
}

impl Preprocessing {
    pub(crate) fn of_table(fitting: &Fitting<'_>, classes: Vec<String>) -> Result<Self, DataError> {
        TablePreprocessing::fit(fitting, classes).map(Self::Table)
    }

    pub(crate) fn of_images(images: &Images, classes: Vec<String>, training: &[usize]) -> Self {
        Self::Image(ImagePreprocessing::fit(images, classes, training))
    }

    /// The shape of a sample.
    pub fn shape(&self) -> SampleShape {
        match self {
            Self::Table(table) => SampleShape::Vector(table.width()),
            Self::Image(image) => image.shape(),
        }
    }

    /// The names of the classes, in the order of their numbers.
    pub fn classes(&self) -> &[String] {
        match self {
            Self::Table(table) => &table.classes,
            Self::Image(image) => &image.classes,
        }
    }

    /// What a raw pixel of 0 becomes, one value for each channel; empty for tables.
    pub fn background(&self) -> Vec<f32> {
        match self {
            Self::Table(_) => Vec::new(),
            Self::Image(image) => image.background(),
        }
    }

    /// A name for each value of a sample of a table; empty for images.
    pub fn value_names(&self) -> Vec<String> {
        match self {
            Self::Table(table) => table.value_names(),
            Self::Image(_) => Vec::new(),
        }
    }

    /// Reads rows to be predicted or evaluated.
    ///
    /// A CSV file holds the columns of the training source in any order; further columns are
    /// ignored. For images the columns are `pixel_0`, `pixel_1` and so on with values from 0 to
    /// 255, or the file is an IDX image file. The label column (`class` for images) may be absent
    /// or have empty cells.
    ///
    /// # Errors
    /// Whatever is wrong with the file, see [`DataError`]; a column that is absent is named.
    pub fn read_rows(&self, path: &Path) -> Result<RawRows, DataError> {
        if let (Self::Image(image), false) = (self, is_csv(path)) {
            let (images, source) = idx::read_images(path)?;
            let rows: Vec<usize> = (0..images.count).collect();
            let values = image.of_pixels(&images, &rows)?;
            let samples = Samples { shape: self.shape(), values, labels: vec![None; rows.len()] };
            let (header, records, cells) = Default::default();
            return Ok(RawRows { samples, header, records, cells, source });
        }
        let (table, source) = Table::read(path)?;
        let rows: Vec<usize> = (0..table.rows.len()).collect();
        let ((values, cells), label) = match self {
            Self::Table(columns) => (columns.values(&table, &rows)?, columns.label.as_str()),
            Self::Image(image) => ((image.of_table(&table)?, Vec::new()), crate::digits::LABEL),
        };
        let labels = match table.header.iter().position(|name| name == label) {
            Some(column) => {
                let missing = self.missing_texts();
                labels::of_table(&table, column, missing, self.classes(), Labels::Optional)?
            }
            None => vec![None; rows.len()],
        };
        let records =
            table.rows.iter().map(|row| row.cells.iter().map(str::to_owned).collect()).collect();
        let samples = Samples { shape: self.shape(), values, labels };
        Ok(RawRows { samples, header: table.header, records, cells, source })
    }

    fn missing_texts(&self) -> &[String] {
        match self {
            Self::Table(table) => table.missing.as_deref().unwrap_or_default(),
            Self::Image(_) => &[],
        }
    }

    /// The chosen rows of `content` as samples with the given labels, and what was remarkable in
    /// the cells of a table.
    pub(crate) fn samples(
        &self,
        content: &Content,
        rows: &[usize],
        labels: Vec<Option<u32>>,
    ) -> Result<(Samples, Vec<CellCount>), DataError> {
        let (values, cells) = match (self, content) {
            (Self::Table(columns), Content::Table(table)) => columns.values(table, rows)?,
            (Self::Image(image), Content::Images(images)) => {
                (image.of_pixels(images, rows)?, Vec::new())
            }
            (Self::Table(_), Content::Images(images)) => {
                return Err(DataError::ShapeMismatch {
                    path: images.path.clone(),
                    expected: "a CSV file".into(),
                    found: "images".into(),
                });
            }
            (Self::Image(_), Content::Table(table)) => {
                return Err(DataError::ShapeMismatch {
                    path: table.path.clone(),
                    expected: self.shape().to_string(),
                    found: "a CSV file".into(),
                });
            }
        };
        Ok((Samples { shape: self.shape(), values, labels }, cells))
    }
}
