/*!
How raw rows become numbers for a network, as a value that is stored with the student.

It is fitted on the training rows of the source alone: test, validation and transfer rows never
move a mean. With it `predict` takes raw rows, whatever order their columns have.
*/

pub(crate) mod bytes;
pub(crate) mod cells;
pub(crate) mod column;
pub(crate) mod image;
mod kinds;
pub(crate) mod numbers;
pub(crate) mod raw_numbers;
pub(crate) mod table;
mod table_values;
pub(crate) mod vector;
pub(crate) mod words;

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::DataError;
use crate::file::SourceFile;
use crate::images::Images;
use crate::labels::Labels;
use crate::memory::{self, Needed, machine_memory};
use crate::mnist::Split;
use crate::origin::{self, Content, Naming, Part};
use crate::raw::{Place, Raw, Reader};
use crate::reading::ImageReading;
use crate::room::Room;
use crate::sample::{SampleShape, Samples};
use crate::targets::{TargetRows, Targets};
use crate::task::{TargetScale, Task};
use crate::values::Values;
use crate::vectors::Vectors;
use bytes::BytePreprocessing;
use cells::CellCount;
use image::ImagePreprocessing;
use table::{Fitting, TablePreprocessing};
use vector::VectorPreprocessing;

/// Rows of numbers that are scaled together.
const ROWS: usize = 1024;

/// How raw rows become samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Preprocessing {
    /// Named columns, each with its own scale.
    Table(TablePreprocessing),
    /// Numbers without names, each place with its own scale.
    Vector(VectorPreprocessing),
    /// Pixels, scaled alike within a channel.
    Image(ImagePreprocessing),
    /// The bytes of files that a table names.
    Bytes(BytePreprocessing),
}

/// The rows of a file that is to be predicted or evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct RawRows {
    /// The rows as a network takes them, with labels where the file has them.
    pub samples: Samples,
    /// The names of the columns of a table, in its order; `file` for a folder of images; else empty.
    pub header: Vec<String>,
    /// The cells of each row of a table as they are written, or the file of each image.
    pub records: Vec<Vec<String>>,
    /// The columns with cells that were filled in, or with words that training does not know.
    pub cells: Vec<CellCount>,
    /// The file.
    pub source: SourceFile,
}

impl Preprocessing {
    pub(crate) fn of_table(
        fitting: &Fitting<'_>,
        classes: Vec<String>,
        targets: (Task, Vec<TargetScale>),
    ) -> Result<Self, DataError> {
        TablePreprocessing::fit(fitting, classes, targets).map(Self::Table)
    }

    pub(crate) fn of_vectors(vectors: &Vectors, classes: Vec<String>, training: &[usize]) -> Self {
        Self::Vector(VectorPreprocessing::fit(vectors, classes, training))
    }

    pub(crate) fn of_images(
        images: &Images,
        classes: Vec<String>,
        training: &[usize],
        reading: ImageReading,
    ) -> Result<Self, DataError> {
        ImagePreprocessing::fit(images, classes, training, reading).map(Self::Image)
    }

    /// The shape of a sample.
    pub fn shape(&self) -> SampleShape {
        match self {
            Self::Table(table) => SampleShape::Vector(table.width()),
            Self::Vector(vector) => vector.shape(),
            Self::Image(image) => image.shape(),
            Self::Bytes(bytes) => bytes.shape(),
        }
    }

    /// Of each column of words the place of its first value in a sample, and how many values it has, one a
    /// word; empty where there are none.
    pub fn word_columns(&self) -> Vec<[usize; 2]> {
        match self {
            Self::Table(table) => table.word_columns(),
            Self::Vector(_) | Self::Image(_) | Self::Bytes(_) => Vec::new(),
        }
    }

    /// What the target of a sample is.
    pub fn task(&self) -> Task {
        match self {
            Self::Table(table) => table.task,
            Self::Vector(_) | Self::Image(_) | Self::Bytes(_) => Task::Classes,
        }
    }

    /// The scale of each target that is a number; empty for other tasks.
    pub fn target_scales(&self) -> &[TargetScale] {
        match self {
            Self::Table(table) => &table.target_scales,
            Self::Vector(_) | Self::Image(_) | Self::Bytes(_) => &[],
        }
    }

    /// The names of the classes in the order of their numbers, or of the labels or numbers to learn.
    pub fn classes(&self) -> &[String] {
        match self {
            Self::Table(table) => &table.classes,
            Self::Vector(vector) => &vector.classes,
            Self::Image(image) => &image.classes,
            Self::Bytes(bytes) => &bytes.classes,
        }
    }

    /// What a raw pixel of 0 becomes, one value for each channel; empty without channels.
    pub fn background(&self) -> Vec<f32> {
        match self {
            Self::Table(_) | Self::Vector(_) | Self::Bytes(_) => Vec::new(),
            Self::Image(image) => image.background(),
        }
    }

    /// What each raw byte becomes, 256 values for each channel; none where pixels are no bytes, or there
    /// are none.
    pub fn levels(&self) -> Option<Vec<Vec<f32>>> {
        match self {
            Self::Table(_) | Self::Vector(_) | Self::Bytes(_) => None,
            Self::Image(image) => image.levels(),
        }
    }

    /// A name for each value of a sample; empty for images and files.
    pub fn value_names(&self) -> Vec<String> {
        match self {
            Self::Table(table) => table.value_names(),
            Self::Vector(vector) => vector.value_names(),
            Self::Image(_) | Self::Bytes(_) => Vec::new(),
        }
    }

    /// Reads rows to be predicted or evaluated, in any of the formats of a training source.
    ///
    /// A table holds the columns of the training source in any order; further columns are ignored.
    /// For images a table has the columns `pixel_0`, `pixel_1` and so on, for vectors `value_0` and
    /// so on. Of a folder or archive with both splits the test split is read. Labels may be absent
    /// (in a table the column, `class` for images and vectors, or cells of it).
    ///
    /// # Errors
    /// Whatever is wrong with the file, see [`DataError`]; a column that is absent is named.
    pub fn read_rows(&self, path: &Path) -> Result<RawRows, DataError> {
        self.read(path, |raw, naming| origin::numbered(raw, naming, Labels::Optional))
    }

    /// As [`read_rows`](Self::read_rows), without labels, whatever the file says of them: the names of
    /// folders of images, or cells of the label column, are not looked at.
    ///
    /// # Errors
    /// As [`read_rows`](Self::read_rows), but for what is wrong with labels.
    pub fn read_unlabelled(&self, path: &Path) -> Result<RawRows, DataError> {
        self.read(path, |raw, _| Ok(origin::unlabelled(raw)))
    }

    fn read(
        &self,
        path: &Path,
        with_labels: impl FnOnce(Raw, &Naming<'_>) -> Result<Part, DataError>,
    ) -> Result<RawRows, DataError> {
        if matches!(self, Self::Table(_) | Self::Bytes(_)) {
            self.refuse_other_files(path)?;
        }
        let trained = match self.shape() {
            SampleShape::Image { channels, height, width } => Some([channels, height, width]),
            SampleShape::Vector(_) | SampleShape::Tokens { .. } => None,
        };
        let mut reader = Reader::of_model(self.reading(), trained);
        let name = path.display().to_string();
        let (labels, labels_key) = (None, "labels");
        let place = Place { path, name: &name, labels, labels_key, split: Split::Test };
        let raw = reader.read(place)?;
        if !self.takes(&raw.content) {
            return Err(self.other_content(&raw.content));
        }
        let label = match self {
            Self::Table(columns) => columns.label.as_str(),
            Self::Bytes(bytes) => bytes.label.as_str(),
            Self::Vector(_) | Self::Image(_) => crate::digits::LABEL,
        };
        let naming = Naming {
            task: self.task(),
            label: Some(label),
            missing: self.missing_texts(),
            classes: self.classes(),
        };
        let part = with_labels(raw, &naming)?;
        let rows: Vec<usize> = (0..part.content.len()).collect();
        let needed = Needed::values(path, rows.len(), self.shape(), memory::OF_MODEL);
        needed.check(machine_memory())?;
        let (values, cells) = match (self, &part.content) {
            (Self::Image(image), Content::Table(table)) => {
                let table = table.all()?;
                (image.of_table(&table)?.into(), Vec::new())
            }
            (Self::Vector(vector), Content::Table(table)) => {
                let table = table.all()?;
                (vector.of_table(&table)?.into(), Vec::new())
            }
            _ => self.values(&part.content, &rows, &Room::MEMORY)?,
        };
        let (header, records) = match part.content {
            Content::Table(table) => {
                let table = table.all()?;
                let records = table.rows().map(|row| row.cells().map(str::to_owned).collect());
                (table.heading.names.clone(), records.collect())
            }
            Content::Vectors(_) | Content::Images(_) => match part.files {
                Some(files) => {
                    let records = files.names().iter().map(|file| vec![file.clone()]);
                    (vec!["file".to_owned()], records.collect())
                }
                None => (Vec::new(), Vec::new()),
            },
        };
        let (labels, targets) = self.labels(part.labels, &part.targets);
        let samples = Samples { shape: self.shape(), values, labels, targets };
        let source = SourceFile::joined(&name, reader.sources);
        Ok(RawRows { samples, header, records, cells, source })
    }

    fn reading(&self) -> ImageReading {
        match self {
            Self::Table(_) | Self::Vector(_) | Self::Bytes(_) => ImageReading::default(),
            Self::Image(image) => image.reading,
        }
    }

    fn missing_texts(&self) -> &[String] {
        match self {
            Self::Table(table) => table.missing.as_deref().unwrap_or_default(),
            Self::Bytes(bytes) => &bytes.missing,
            Self::Vector(_) | Self::Image(_) => &[],
        }
    }

    /// The chosen rows of `content` as samples with the given labels, their values where there is room for
    /// them, and what was remarkable in the cells of a table.
    pub(crate) fn samples(
        &self,
        content: &Content,
        rows: &[usize],
        (labels, targets): (Vec<Option<u32>>, &[f64]),
        room: &Room,
    ) -> Result<(Samples, Vec<CellCount>), DataError> {
        let (values, cells) = self.values(content, rows, room)?;
        let (labels, targets) = self.labels(labels, targets);
        Ok((Samples { shape: self.shape(), values, labels, targets }, cells))
    }

    /// Labels with the targets that they number and no others, scaled.
    fn labels(&self, labels: Vec<Option<u32>>, targets: &[f64]) -> (Vec<Option<u32>>, Targets) {
        let task = self.task();
        if task.is_classes() {
            return (labels, Targets::Classes);
        }
        let width = self.classes().len();
        let scales = self.target_scales();
        let mut rows = TargetRows { width, values: Vec::new() };
        let mut numbered = Vec::with_capacity(labels.len());
        for label in labels {
            let start = label.map(|label| label as usize * width);
            let row = start.and_then(|start| targets.get(start..start + width));
            numbered.push(row.map(|row| {
                let number = rows.len() as u32;
                let scaled = row.iter().enumerate().map(|(output, &value)| {
                    scales.get(output).map_or(value, |scale| scale.scaled(value)) as f32
                });
                rows.values.extend(scaled);
                number
            }));
        }
        let rows = Arc::new(rows);
        let targets = match task {
            Task::Numbers => Targets::Numbers(rows),
            Task::Labels | Task::Classes => Targets::Labels(rows),
        };
        (numbered, targets)
    }

    fn values(
        &self,
        content: &Content,
        rows: &[usize],
        room: &Room,
    ) -> Result<(Values, Vec<CellCount>), DataError> {
        let writer = || room.writer(rows.len(), self.shape().len());
        match (self, content) {
            (Self::Table(columns), Content::Table(table)) => {
                let mut writer = writer()?;
                let counts = columns.values(table, rows, &mut |stretch| writer.push(stretch))?;
                Ok((writer.finish()?, counts))
            }
            (Self::Vector(vector), Content::Vectors(vectors)) => {
                let mut writer = writer()?;
                for block in rows.chunks(ROWS) {
                    writer.push(&vector.values(vectors, block)?)?;
                }
                Ok((writer.finish()?, Vec::new()))
            }
            (Self::Image(image), Content::Images(images)) => {
                Ok((image.of_pixels(images, rows, room)?, Vec::new()))
            }
            (Self::Bytes(bytes), Content::Table(table)) => {
                let mut writer = writer()?;
                bytes.write(table, rows, &mut writer)?;
                Ok((writer.finish()?, Vec::new()))
            }
            (_, content) => Err(self.other_content(content)),
        }
    }
}
