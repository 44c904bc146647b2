/*!
Reading what the options name: the training source and, where given, a test and a transfer file.

Contents stay as they are in the files; only labels become numbers here. Splitting and scaling
come later and do not know where a sample came from.
*/

use std::path::{Path, PathBuf};

use crate::error::DataError;
use crate::file::SourceFile;
use crate::idx::{self, Images};
use crate::labels::{self, Labels};
use crate::mnist::{self, Split};
use crate::options::{DataOptions, refused};
use crate::roles;
use crate::table::Table;
use crate::{digits, fashion};

/// Samples as a file holds them.
pub(crate) enum Content {
    Table(Table),
    Images(Images),
}

impl Content {
    /// The number of samples.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Table(table) => table.rows.len(),
            Self::Images(images) => images.count,
        }
    }

    /// The file the samples came from.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Table(table) => &table.path,
            Self::Images(images) => &images.path,
        }
    }
}

/// Samples with their classes.
pub(crate) struct Part {
    pub(crate) content: Content,
    pub(crate) labels: Vec<Option<u32>>,
}

/// All that the options name.
pub(crate) struct Origin {
    pub(crate) train: Part,
    pub(crate) test: Option<Part>,
    pub(crate) transfer: Option<Part>,
    pub(crate) classes: Vec<String>,
    /// The label column, where the training source is a table.
    pub(crate) label: Option<String>,
    /// What every value of a table is divided by, where that is known beforehand.
    pub(crate) divisor: Option<f64>,
    pub(crate) sources: Vec<SourceFile>,
}

/// Contents whose labels are not numbers yet.
struct Unnumbered {
    content: Content,
    /// The label file of images and its bytes.
    numbers: Option<(PathBuf, Vec<u8>)>,
}

/// Reads every file that `options` names; relative paths start at `base`.
pub(crate) fn read(options: &DataOptions, base: &Path) -> Result<Origin, DataError> {
    let mut reader = Reader { base, sources: Vec::new() };
    let built_in = options.source.as_str();
    let (train, own_test) = match built_in {
        "digits" if options.labels.is_some() => {
            return Err(refused("labels", "set", "nothing, because the digits have labels"));
        }
        "digits" => (reader.digits()?, None),
        "fashion-mnist" => reader.folder(&fashion::find(base)?, built_in, options)?,
        path if base.join(path).is_dir() => reader.folder(&base.join(path), path, options)?,
        path => (reader.path(path, "labels", options.labels.as_deref(), Split::Train)?, None),
    };
    let test = match &options.test_source {
        Some(path) => {
            Some(reader.path(path, "test_labels", options.test_labels.as_deref(), Split::Test)?)
        }
        None if options.test_labels.is_some() => {
            return Err(refused("test_source", "missing", "the images of `test_labels`"));
        }
        None => own_test,
    };
    let transfer = match &options.transfer {
        Some(path) => Some(reader.path(path, "labels", None, Split::Train)?),
        None => None,
    };
    let label = label_column(&train, options)?;
    roles::check_named(&train.content, label.as_deref(), &options.table)?;
    for part in [Some(&train), test.as_ref(), transfer.as_ref()].into_iter().flatten() {
        roles::check_ids(&part.content, &options.table)?;
    }
    let missing = options.table.missing.as_deref().unwrap_or_default();
    let classes = class_names(&train, label.as_deref(), missing, built_in == "fashion-mnist")?;
    let number =
        |part: Unnumbered, demand| numbered(part, label.as_deref(), missing, &classes, demand);
    Ok(Origin {
        train: number(train, Labels::Required)?,
        test: test.map(|part| number(part, Labels::Required)).transpose()?,
        transfer: transfer.map(|part| number(part, Labels::Optional)).transpose()?,
        divisor: (built_in == "digits").then_some(digits::LARGEST_VALUE),
        classes,
        label,
        sources: reader.sources,
    })
}

/// Opens files and remembers which.
struct Reader<'a> {
    base: &'a Path,
    sources: Vec<SourceFile>,
}

impl Reader<'_> {
    fn digits(&mut self) -> Result<Unnumbered, DataError> {
        let (table, source) = digits::table()?;
        self.sources.push(source);
        Ok(Unnumbered { content: Content::Table(table), numbers: None })
    }

    /// Both splits of a folder; the test split only if no other test set is asked for.
    fn folder(
        &mut self,
        folder: &Path,
        name: &str,
        options: &DataOptions,
    ) -> Result<(Unnumbered, Option<Unnumbered>), DataError> {
        if options.labels.is_some() {
            return Err(refused("labels", "set", "nothing, because the folder holds the labels"));
        }
        let train = self.split(folder, name, Split::Train)?;
        let test = match options.test_source {
            Some(_) => None,
            None => Some(self.split(folder, name, Split::Test)?),
        };
        Ok((train, test))
    }

    fn split(&mut self, folder: &Path, name: &str, split: Split) -> Result<Unnumbered, DataError> {
        let (images, labels) = mnist::files(folder, split)?;
        let named = |path: &Path| match path.file_name() {
            Some(file) => format!("{name}/{}", file.to_string_lossy()),
            None => name.to_owned(),
        };
        self.images(&images, named(&images), Some((&labels, named(&labels))))
    }

    /// A file or folder by its path; `key` is the option that can name a label file beside it.
    fn path(
        &mut self,
        name: &str,
        key: &'static str,
        labels: Option<&Path>,
        split: Split,
    ) -> Result<Unnumbered, DataError> {
        let path = self.base.join(name);
        if !path.exists() {
            return Err(DataError::UnknownSource { name: name.into(), path });
        }
        if path.is_dir() {
            return self.split(&path, name, split);
        }
        if !is_csv(&path) {
            let labels = labels.map(|file| (self.base.join(file), file.display().to_string()));
            let labels = labels.as_ref().map(|(file, name)| (file.as_path(), name.clone()));
            return self.images(&path, name.into(), labels);
        }
        if labels.is_some() {
            return Err(refused(key, "set", "nothing, because a CSV file holds its labels"));
        }
        let (table, source) = Table::read(&path)?;
        self.sources.push(SourceFile { name: name.into(), ..source });
        Ok(Unnumbered { content: Content::Table(table), numbers: None })
    }

    fn images(
        &mut self,
        path: &Path,
        name: String,
        labels: Option<(&Path, String)>,
    ) -> Result<Unnumbered, DataError> {
        let (images, source) = idx::read_images(path)?;
        self.sources.push(SourceFile { name, ..source });
        let numbers = match labels {
            Some((file, name)) => {
                let (numbers, source) = idx::read_labels(file)?;
                self.sources.push(SourceFile { name, ..source });
                Some((file.to_owned(), numbers))
            }
            None => None,
        };
        Ok(Unnumbered { content: Content::Images(images), numbers })
    }
}

/// Whether a path is to be read as CSV.
pub(crate) fn is_csv(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
}

fn label_column(train: &Unnumbered, options: &DataOptions) -> Result<Option<String>, DataError> {
    match (&train.content, options.source.as_str(), &options.label) {
        (Content::Table(_), "digits", None) => Ok(Some(digits::LABEL.into())),
        (Content::Table(_), "digits", Some(label)) if label != digits::LABEL => {
            Err(refused("label", label, "`class` for the built-in digits"))
        }
        (Content::Table(_), _, Some(label)) => Ok(Some(label.clone())),
        (Content::Table(table), _, None) => Err(DataError::LabelNotNamed {
            path: table.path.clone(),
            columns: table.header.clone(),
        }),
        (Content::Images(_), _, None) => Ok(None),
        (Content::Images(_), _, Some(label)) => {
            Err(refused("label", label, "nothing, because the source is not a CSV file"))
        }
    }
}

fn class_names(
    train: &Unnumbered,
    label: Option<&str>,
    missing: &[String],
    fashion: bool,
) -> Result<Vec<String>, DataError> {
    let classes: Vec<String> = match (&train.content, &train.numbers) {
        (Content::Table(table), _) => {
            labels::class_names(table, table.column(label.unwrap_or_default())?, missing)
        }
        (Content::Images(_), _) if fashion => fashion::CLASSES.map(str::to_owned).into(),
        (Content::Images(_), Some((_, numbers))) => {
            let largest = numbers.iter().copied().max().unwrap_or_default();
            (0..=largest).map(|class| class.to_string()).collect()
        }
        (Content::Images(images), None) => {
            return Err(DataError::NoLabelFile { path: images.path.clone() });
        }
    };
    if classes.len() < 2 {
        let path = train.content.path().to_owned();
        return Err(DataError::TooFewClasses { path, found: classes.len() });
    }
    Ok(classes)
}

fn numbered(
    part: Unnumbered,
    label: Option<&str>,
    missing: &[String],
    classes: &[String],
    demand: Labels,
) -> Result<Part, DataError> {
    let labels = match (&part.content, &part.numbers) {
        (Content::Table(table), _) => match table.column(label.unwrap_or_default()) {
            Ok(column) => labels::of_table(table, column, missing, classes, demand)?,
            Err(_) if demand == Labels::Optional => vec![None; table.rows.len()],
            Err(error) => return Err(error),
        },
        (Content::Images(images), Some((path, numbers))) => {
            if numbers.len() != images.count {
                return Err(DataError::CountMismatch {
                    images: images.path.clone(),
                    labels: path.clone(),
                    expected: images.count,
                    found: numbers.len(),
                });
            }
            labels::of_numbers(path, numbers, classes.len())?
        }
        (Content::Images(images), None) if demand == Labels::Optional => vec![None; images.count],
        (Content::Images(images), None) => {
            return Err(DataError::NoLabelFile { path: images.path.clone() });
        }
    };
    Ok(Part { content: part.content, labels })
}
