/*!
Samples as a file or folder holds them, whatever its format: contents, and what is said about classes.
*/

use std::path::{Path, PathBuf};

use crate::cifar::{Batches, Cifar};
use crate::error::DataError;
use crate::file::SourceFile;
use crate::file_names::FileNames;
use crate::folder;
use crate::gallery::{self, Gallery, Shape, SkippedFile};
use crate::mnist::{self, Split};
use crate::npz::{self, Archive};
use crate::options::refused;
use crate::origin::Content;
use crate::parquet::ParquetFile;
use crate::reading::ImageReading;
use crate::room::Room;
use crate::stored_table::StoredTable;
use crate::table::Table;
use crate::table_source::TableSource;
use crate::{digits, idx, near_miss, npy, parquet};

/// Contents whose labels are not numbered by the classes of the training source yet.
pub(crate) struct Raw {
    pub(crate) content: Content,
    /// Where they are not in a column of a table.
    pub(crate) labels: Option<RawLabels>,
    /// The file of each sample, where each has its own.
    pub(crate) files: Option<FileNames>,
}

/// A number for each sample.
pub(crate) struct RawLabels {
    /// The file they are in.
    pub(crate) path: PathBuf,
    pub(crate) numbers: Vec<i64>,
    /// What the numbers stand for, where that is said.
    pub(crate) names: Option<Vec<String>>,
}

/// What is to be read.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) path: &'a Path,
    /// As the options name it.
    pub(crate) name: &'a str,
    /// The file with its labels, by path and name, where the options give one.
    pub(crate) labels: Option<(&'a Path, &'a str)>,
    /// The option that gives it.
    pub(crate) labels_key: &'static str,
    /// Which samples, where the place holds both splits.
    pub(crate) split: Split,
}

/// How a file or folder holds samples.
enum Format {
    Csv,
    Parquet,
    Npy,
    Npz { archive: PathBuf, array: Option<String> },
    Idx,
    Mnist,
    Cifar(Cifar),
    ImageFolder,
}

impl Format {
    fn of(path: &Path) -> Result<Self, DataError> {
        if path.is_dir() {
            return Self::of_folder(path);
        }
        if let Some((archive, array)) = npz::address(path) {
            return Ok(Self::Npz { archive, array });
        }
        let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
        Ok(match extension.as_ref().and_then(|extension| extension.to_str()) {
            Some("csv") => Self::Csv,
            Some("parquet" | "pq") => Self::Parquet,
            Some("npy") => Self::Npy,
            _ => Self::Idx,
        })
    }

    fn of_folder(path: &Path) -> Result<Self, DataError> {
        if let Some(kind) = Cifar::of(path) {
            return Ok(Self::Cifar(kind));
        }
        if mnist::is_in(path) {
            return Ok(Self::Mnist);
        }
        if folder::is_of_images(path) {
            return Ok(Self::ImageFolder);
        }
        Err(DataError::UnknownFolder { path: path.into() })
    }

    /// Whether the labels are with the samples, so that no option may name others.
    fn label_place(&self) -> Option<&'static str> {
        match self {
            Self::Csv | Self::Parquet => Some("nothing, because a table holds its labels"),
            Self::Mnist | Self::Cifar(_) | Self::ImageFolder => {
                Some("nothing, because the folder holds the labels")
            }
            Self::Npy | Self::Npz { .. } | Self::Idx => None,
        }
    }
}

/// Whether there is anything at a path, a named array of an archive included.
pub(crate) fn exists(path: &Path) -> bool {
    path.exists() || npz::address(path).is_some_and(|(archive, _)| archive.exists())
}

/// Whether a file is a table.
pub(crate) fn is_table(path: &Path) -> Result<bool, DataError> {
    Ok(matches!(Format::of(path)?, Format::Csv | Format::Parquet))
}

/// Whether a source has test samples of its own.
pub(crate) fn has_test_part(path: &Path) -> Result<bool, DataError> {
    Ok(match Format::of(path)? {
        Format::Mnist | Format::Cifar(_) => true,
        Format::ImageFolder => folder::has_splits(path),
        Format::Npz { archive, array: None } => Archive::open(&archive)?.0.has_test_part(),
        _ => false,
    })
}

/// Opens files and remembers which.
pub(crate) struct Reader {
    images: ImageReading,
    /// The shape of the images of training, where a model is to take these.
    trained: Option<Shape>,
    /// How many images of a folder may be no good.
    skip_bad: usize,
    /// Where pixels are kept; where that is not in memory, tables stay in their files if the format allows it.
    room: Room,
    pub(crate) sources: Vec<SourceFile>,
    pub(crate) skipped: Vec<SkippedFile>,
}

impl Reader {
    pub(crate) fn new(images: ImageReading, skip_bad: usize, room: Room) -> Self {
        let (sources, skipped) = (Vec::new(), Vec::new());
        Self { images, trained: None, skip_bad, room, sources, skipped }
    }

    /// What reads images for a model, which takes them as it was trained on them.
    pub(crate) fn of_model(images: ImageReading, trained: Option<Shape>) -> Self {
        Self { trained, ..Self::new(images, 0, Room::MEMORY) }
    }

    /// The digits inside the program.
    pub(crate) fn digits(&mut self) -> Result<Raw, DataError> {
        let (table, source) = digits::table()?;
        self.sources.push(source);
        let content = Content::Table(TableSource::Held(table));
        Ok(Raw { content, labels: None, files: None })
    }

    /// Reads a file, a folder, or an array of an archive, and keeps its pixels where there is room for them.
    pub(crate) fn read(&mut self, place: Place<'_>) -> Result<Raw, DataError> {
        let raw = self.read_format(place)?;
        let content = match raw.content {
            Content::Images(images) => Content::Images(images.put_away(&self.room)?),
            content => content,
        };
        Ok(Raw { content, ..raw })
    }

    fn read_format(&mut self, place: Place<'_>) -> Result<Raw, DataError> {
        let format = Format::of(place.path)?;
        if let (Some(expected), Some(_)) = (format.label_place(), place.labels) {
            return Err(refused(place.labels_key, "set", expected));
        }
        let content = match format {
            Format::Csv => {
                let table = self.note(place.name, Table::read(place.path))?;
                Content::Table(TableSource::Held(table))
            }
            Format::Parquet if !self.room.is_memory() => {
                let file = self.note(place.name, ParquetFile::open(place.path))?;
                Content::Table(TableSource::Stored(StoredTable::of_parquet(file)))
            }
            Format::Parquet => {
                let table = self.note(place.name, parquet::read(place.path))?;
                Content::Table(TableSource::Held(table))
            }
            Format::Npy => {
                self.note(place.name, npy::read_samples(place.path, self.images.layout))?
            }
            Format::Npz { archive, array } => return self.archive(&archive, array, place),
            Format::Idx => {
                near_miss::refuse(place.path)?;
                self.note(place.name, idx::read_images(place.path)).map(Content::Images)?
            }
            Format::Mnist => return self.mnist(place),
            Format::Cifar(kind) => return self.cifar(kind, place),
            Format::ImageFolder => return self.image_folder(place),
        };
        let labels = place.labels.map(|labels| self.label_file(labels)).transpose()?;
        Ok(Raw { content, labels, files: None })
    }

    /// Remembers a file by the name that the options give it.
    fn note<T>(
        &mut self,
        name: &str,
        read: Result<(T, SourceFile), DataError>,
    ) -> Result<T, DataError> {
        let (content, source) = read?;
        let source = SourceFile { name: name.into(), ..source };
        // An archive may be read twice, for two of its arrays.
        if !self.sources.contains(&source) {
            self.sources.push(source);
        }
        Ok(content)
    }

    fn label_file(&mut self, (path, name): (&Path, &str)) -> Result<RawLabels, DataError> {
        let numbers = match Format::of(path)? {
            Format::Npy => self.note(name, npy::read_labels(path))?,
            Format::Npz { archive, array } => {
                let mut archive = self.note(name, Archive::open(&archive))?;
                npy::labels(archive.array(array.as_deref().unwrap_or("y"))?)?
            }
            _ => {
                let bytes = self.note(name, idx::read_labels(path))?;
                bytes.into_iter().map(i64::from).collect()
            }
        };
        Ok(RawLabels { path: path.into(), numbers, names: None })
    }

    fn archive(
        &mut self,
        path: &Path,
        array: Option<String>,
        place: Place<'_>,
    ) -> Result<Raw, DataError> {
        let mut archive = self.note(place.name, Archive::open(path))?;
        let (samples, labels) = archive.usual_names(place.split);
        let content =
            npy::samples(archive.array(array.as_deref().unwrap_or(samples))?, self.images.layout)?;
        let labels = match place.labels {
            Some(labels) => Some(self.label_file(labels)?),
            None if array.is_none() && archive.has(labels) => {
                let numbers = npy::labels(archive.array(labels)?)?;
                Some(RawLabels { path: place.path.into(), numbers, names: None })
            }
            None => None,
        };
        Ok(Raw { content, labels, files: None })
    }

    fn mnist(&mut self, place: Place<'_>) -> Result<Raw, DataError> {
        let (images, labels) = mnist::files(place.path, place.split)?;
        let content = self.note(&inside(place.name, &images), idx::read_images(&images))?;
        let labels = self.label_file((&labels, &inside(place.name, &labels)))?;
        Ok(Raw { content: Content::Images(content), labels: Some(labels), files: None })
    }

    fn cifar(&mut self, kind: Cifar, place: Place<'_>) -> Result<Raw, DataError> {
        let Batches { images, labels, classes, sources } = kind.read(place.path, place.split)?;
        for source in sources {
            let name = inside(place.name, Path::new(&source.name));
            self.note(&name, Ok(((), source)))?;
        }
        let path = images.path.clone();
        let labels = RawLabels { path, numbers: labels, names: classes };
        Ok(Raw { content: Content::Images(images), labels: Some(labels), files: None })
    }

    /// The whole budget of bad files holds for each folder by itself.
    fn image_folder(&mut self, place: Place<'_>) -> Result<Raw, DataError> {
        let path = folder::split(place.path, place.split);
        let listing = folder::list(&path)?;
        let Gallery { images, classes, names, sources, skipped } =
            gallery::read(&path, &listing, self.images, self.trained, self.skip_bad, &self.room)?;
        self.skipped.extend(skipped);
        let name = match path == place.path {
            true => place.name.to_owned(),
            false => inside(place.name, &path),
        };
        let content = self.note(&name, Ok((images, SourceFile::joined(&name, sources))))?;
        let files = FileNames::new(&path, names);
        let labels = (!listing.classes.is_empty()).then_some(RawLabels {
            path,
            numbers: classes,
            names: Some(listing.classes),
        });
        Ok(Raw { content: Content::Images(content), labels, files: Some(files) })
    }
}

/// The name of a file in a folder that has a name.
fn inside(folder: &str, path: &Path) -> String {
    match path.file_name() {
        Some(file) => format!("{folder}/{}", file.to_string_lossy()),
        None => folder.to_owned(),
    }
}
