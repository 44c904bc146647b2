/*!
Reading what the options name: the training source and, where given, a test and a transfer file.

Contents stay as they are in the files; only labels become numbers here. Splitting and scaling
come later and do not know where a sample came from.
*/

use std::path::Path;

use crate::error::DataError;
use crate::file::SourceFile;
use crate::gallery::SkippedFile;
use crate::images::Images;
use crate::labels::{self, Labels};
use crate::mnist::Split;
use crate::options::{DataOptions, refused};
use crate::raw::{self, Place, Raw, Reader};
use crate::roles;
use crate::table::Table;
use crate::vectors::Vectors;
use crate::{digits, fashion};

/// Samples as a file holds them.
pub(crate) enum Content {
    Table(Table),
    Vectors(Vectors),
    Images(Images),
}

impl Content {
    /// The number of samples.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Table(table) => table.rows.len(),
            Self::Vectors(vectors) => vectors.count,
            Self::Images(images) => images.count,
        }
    }

    /// The file the samples came from.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Table(table) => &table.path,
            Self::Vectors(vectors) => &vectors.path,
            Self::Images(images) => &images.path,
        }
    }

    /// What a sample is, in words.
    pub(crate) fn in_words(&self) -> String {
        match self {
            Self::Table(_) => "a table".to_owned(),
            Self::Vectors(vectors) => format!("rows of {} numbers", vectors.width),
            Self::Images(images) => images.shape().to_string(),
        }
    }
}

/// Samples with their classes.
pub(crate) struct Part {
    pub(crate) content: Content,
    pub(crate) labels: Vec<Option<u32>>,
    /// The file of each sample, where each has its own.
    pub(crate) files: Option<Vec<String>>,
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
    pub(crate) skipped: Vec<SkippedFile>,
}

/// Reads every file that `options` names; relative paths start at `base`.
pub(crate) fn read(options: &DataOptions, base: &Path) -> Result<Origin, DataError> {
    let mut reader = Reader::new(options.images, options.skip_bad);
    let built_in = options.source.as_str();
    let labels = options.labels.as_deref();
    let (train, own_test) = match built_in {
        "digits" if labels.is_some() => {
            return Err(refused("labels", "set", "nothing, because the digits have labels"));
        }
        "digits" => (reader.digits()?, None),
        "fashion-mnist" => {
            let folder = fashion::find(base)?;
            splits(&mut reader, base, (&folder, built_in), labels, options)?
        }
        name => splits(&mut reader, base, (&found(base, name)?, name), labels, options)?,
    };
    let test_labels = options.test_labels.as_deref();
    let test = match &options.test_source {
        Some(name) => {
            let key = "test_labels";
            let place = (found(base, name)?, name.as_str());
            Some(part(&mut reader, base, (&place.0, place.1), (key, test_labels), Split::Test)?)
        }
        None if test_labels.is_some() => {
            return Err(refused("test_source", "missing", "the images of `test_labels`"));
        }
        None => own_test,
    };
    let transfer = match &options.transfer {
        Some(name) => {
            let path = found(base, name)?;
            Some(part(&mut reader, base, (&path, name), ("labels", None), Split::Train)?)
        }
        None => None,
    };
    let label = label_column(&train, options)?;
    roles::check_named(&train.content, label.as_deref(), &options.table)?;
    for part in [Some(&train), test.as_ref(), transfer.as_ref()].into_iter().flatten() {
        roles::check_ids(&part.content, &options.table)?;
    }
    let missing = options.table.missing.as_deref().unwrap_or_default();
    let classes = class_names(&train, label.as_deref(), missing, built_in == "fashion-mnist")?;
    let number = |part: Raw, demand| numbered(part, label.as_deref(), missing, &classes, demand);
    Ok(Origin {
        train: number(train, Labels::Required)?,
        test: test.map(|part| number(part, Labels::Required)).transpose()?,
        transfer: transfer.map(|part| number(part, Labels::Optional)).transpose()?,
        divisor: (built_in == "digits").then_some(digits::LARGEST_VALUE),
        classes,
        label,
        sources: reader.sources,
        skipped: reader.skipped,
    })
}

/// The path of a source that is there.
fn found(base: &Path, name: &str) -> Result<std::path::PathBuf, DataError> {
    let path = base.join(name);
    if raw::exists(&path) {
        Ok(path)
    } else {
        Err(DataError::UnknownSource { name: name.into(), path })
    }
}

/// The training samples, and the test samples only if no others are asked for.
fn splits(
    reader: &mut Reader,
    base: &Path,
    place: (&Path, &str),
    labels: Option<&Path>,
    options: &DataOptions,
) -> Result<(Raw, Option<Raw>), DataError> {
    let train = part(reader, base, place, ("labels", labels), Split::Train)?;
    let own_test = options.test_source.is_none() && raw::has_test_part(place.0)?;
    let test = own_test.then(|| part(reader, base, place, ("labels", None), Split::Test));
    Ok((train, test.transpose()?))
}

fn part(
    reader: &mut Reader,
    base: &Path,
    (path, name): (&Path, &str),
    (labels_key, labels): (&'static str, Option<&Path>),
    split: Split,
) -> Result<Raw, DataError> {
    let labels = labels.map(|file| (base.join(file), file.display().to_string()));
    let labels = labels.as_ref().map(|(path, name)| (path.as_path(), name.as_str()));
    reader.read(Place { path, name, labels, labels_key, split })
}

fn label_column(train: &Raw, options: &DataOptions) -> Result<Option<String>, DataError> {
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
        (_, _, None) => Ok(None),
        (_, _, Some(label)) => {
            Err(refused("label", label, "nothing, because the source is not a CSV file"))
        }
    }
}

fn class_names(
    train: &Raw,
    label: Option<&str>,
    missing: &[String],
    fashion: bool,
) -> Result<Vec<String>, DataError> {
    let classes: Vec<String> = match (&train.content, &train.labels) {
        (Content::Table(table), _) => {
            labels::class_names(table, table.column(label.unwrap_or_default())?, missing)
        }
        (_, _) if fashion => fashion::CLASSES.map(str::to_owned).into(),
        (_, Some(labels)) => labels::numbered_names(labels)?,
        (content, None) => {
            return Err(DataError::NoLabelFile { path: content.path().to_owned() });
        }
    };
    if classes.len() < 2 {
        let path = train.content.path().to_owned();
        return Err(DataError::TooFewClasses { path, found: classes.len() });
    }
    Ok(classes)
}

/// The samples with their labels as numbers of `classes`.
pub(crate) fn numbered(
    part: Raw,
    label: Option<&str>,
    missing: &[String],
    classes: &[String],
    demand: Labels,
) -> Result<Part, DataError> {
    let count = part.content.len();
    let labels = match (&part.content, &part.labels) {
        (Content::Table(table), _) => match table.column(label.unwrap_or_default()) {
            Ok(column) => labels::of_table(table, column, missing, classes, demand)?,
            Err(_) if demand == Labels::Optional => vec![None; count],
            Err(error) => return Err(error),
        },
        (content, Some(labels)) => {
            if labels.numbers.len() != count {
                return Err(DataError::CountMismatch {
                    images: content.path().to_owned(),
                    labels: labels.path.clone(),
                    expected: count,
                    found: labels.numbers.len(),
                });
            }
            labels::of_numbers(labels, classes)?
        }
        (_, None) if demand == Labels::Optional => vec![None; count],
        (content, None) => {
            return Err(DataError::NoLabelFile { path: content.path().to_owned() });
        }
    };
    Ok(Part { content: part.content, labels, files: part.files })
}
