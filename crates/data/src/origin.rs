/*!
Reading what the options name: the training source and, where given, a test and a transfer file.

Contents stay as they are in the files; only labels become numbers here. Splitting and scaling
come later and do not know where a sample came from.
*/

use std::path::{Path, PathBuf};
use words::counted;

use crate::copied::CopiedFile;
use crate::error::DataError;
use crate::file::SourceFile;
use crate::file_names::FileNames;
use crate::gallery::SkippedFile;
use crate::images::Images;
use crate::joined::joined;
use crate::labels::{self, Labels};
use crate::mnist::Split;
use crate::options::{DataOptions, refused};
use crate::raw::{self, Place, Raw, Reader};
use crate::roles;
use crate::source::{Named, Source};
use crate::table_source::TableSource;
use crate::target_columns::{self, FileTargets};
use crate::task::Task;
use crate::vectors::Vectors;
use crate::{digits, fashion};

/// Samples as a file holds them.
pub(crate) enum Content {
    Table(TableSource),
    Vectors(Vectors),
    Images(Images),
}

impl Content {
    /// The number of samples.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Table(table) => table.len(),
            Self::Vectors(vectors) => vectors.count,
            Self::Images(images) => images.count,
        }
    }

    /// The file the samples came from.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Table(table) => &table.heading().path,
            Self::Vectors(vectors) => &vectors.path,
            Self::Images(images) => &images.path,
        }
    }

    /// Gives samples of several files a name for all of them.
    pub(crate) fn rename(&mut self, name: PathBuf) {
        *match self {
            Self::Table(table) => &mut table.heading_mut().path,
            Self::Vectors(vectors) => &mut vectors.path,
            Self::Images(images) => &mut images.path,
        } = name;
    }

    /// What a sample is, in words.
    pub(crate) fn in_words(&self) -> String {
        match self {
            Self::Table(_) => "a table".to_owned(),
            Self::Vectors(vectors) => format!("rows of {}", counted(vectors.width, "number")),
            Self::Images(images) => images.shape().to_string(),
        }
    }
}

/// Samples with their labels.
pub(crate) struct Part {
    pub(crate) content: Content,
    /// Classes, or numbers of targets.
    pub(crate) labels: Vec<Option<u32>>,
    /// The targets by number, as the file has them; empty for classes.
    pub(crate) targets: Vec<f64>,
    /// The file of each sample, where each has its own.
    pub(crate) files: Option<FileNames>,
}

/// What the labels of a part are read by.
pub(crate) struct Naming<'a> {
    pub(crate) task: Task,
    /// The column of a table that holds the class.
    pub(crate) label: Option<&'a str>,
    /// Texts that mean a missing cell.
    pub(crate) missing: &'a [String],
    /// The names of the classes, or of the columns with targets.
    pub(crate) classes: &'a [String],
}

/// Samples with the files that they were read from.
type Apart = (Raw, Vec<SourceFile>);

/// All that the options name.
pub(crate) struct Origin {
    pub(crate) train: Part,
    pub(crate) test: Option<Part>,
    /// A file of it, or of the transfer set, that is a copy of one on the other side of the test.
    pub(crate) copy: Option<CopiedFile>,
    pub(crate) transfer: Option<Part>,
    /// The names of the classes, or of the columns with targets.
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
    let mut reader = Reader::new(options.images, options.skip_bad, options.room(base));
    let built_in = options.source.single().unwrap_or_default();
    let files = || options.source.files(base, "source");
    let labels = ("labels", options.labels.as_ref());
    let (train, own_test) = match built_in {
        "digits" if options.labels.is_some() => {
            return Err(refused("labels", "set", "nothing, because the digits have labels"));
        }
        "digits" => (reader.digits()?, None),
        "fashion-mnist" => {
            let folder = Named { path: fashion::find(base)?, name: built_in.to_owned() };
            splits(&mut reader, base, &[folder], labels, options)?
        }
        _ => splits(&mut reader, base, &files()?, labels, options)?,
    };
    // Where no file is a test part, one is drawn from the source.
    let (own_test, own) = own_test.unzip();
    let mut tested = own.unwrap_or_else(|| reader.sources.clone());
    let mut copy = None;
    let test = match &options.test_source {
        Some(source) => {
            let files = source.files(base, "test_source")?;
            let labels = ("test_labels", options.test_labels.as_ref());
            let learned = reader.sources.clone();
            let (test, own) = apart(&mut reader, base, &files, source, labels, Split::Test)?;
            copy = CopiedFile::find(("test_source", &files), &own, ("`source`", &learned));
            tested = own;
            Some(test)
        }
        None if options.test_labels.is_some() => {
            return Err(refused("test_source", "missing", "the images of `test_labels`"));
        }
        None => own_test,
    };
    let transfer = match &options.transfer {
        Some(source) => {
            let files = source.files(base, "transfer")?;
            let labels = ("labels", None);
            let (transfer, own) = apart(&mut reader, base, &files, source, labels, Split::Train)?;
            let find = || CopiedFile::find(("transfer", &files), &own, ("the test part", &tested));
            copy = copy.or_else(find);
            Some(transfer)
        }
        None => None,
    };
    let label = label_column(&train, options)?;
    roles::check_named(&train.content, label.as_deref(), &options.table)?;
    for part in [Some(&train), test.as_ref(), transfer.as_ref()].into_iter().flatten() {
        roles::check_ids(&part.content, &options.table)?;
    }
    let missing = options.table.missing.as_deref().unwrap_or_default();
    let task = options.task;
    let classes = match task {
        Task::Classes if !options.classes.is_empty() => options.classes.clone(),
        Task::Classes if options.is_unlabelled() && label.is_none() && train.labels.is_none() => {
            return Err(refused(
                "classes",
                "missing",
                "the names of all classes in order, as no row has a label",
            ));
        }
        Task::Classes => {
            class_names(&train, label.as_deref(), missing, built_in == "fashion-mnist")?
        }
        Task::Labels | Task::Numbers => options.table.targets.clone(),
    };
    let naming = Naming { task, label: label.as_deref(), missing, classes: &classes };
    let number = |part: Raw, demand| match options.is_unlabelled() {
        true => Ok(unlabelled(part)),
        false => numbered(part, &naming, demand),
    };
    let train = number(train, Labels::Required)?;
    let test = test.map(|part| number(part, Labels::Required)).transpose()?;
    let transfer = transfer.map(|part| number(part, Labels::Optional)).transpose()?;
    Ok(Origin {
        train,
        test,
        copy,
        transfer,
        divisor: (built_in == "digits").then_some(digits::LARGEST_VALUE),
        classes,
        label,
        sources: reader.sources,
        skipped: reader.skipped,
    })
}

/// The training samples, and the test samples only if no others are asked for and every file has some.
fn splits(
    reader: &mut Reader,
    base: &Path,
    files: &[Named],
    labels: (&'static str, Option<&Source>),
    options: &DataOptions,
) -> Result<(Raw, Option<Apart>), DataError> {
    let source = &options.source;
    let train = part(reader, base, files, source, labels, Split::Train)?;
    let mut own_test = options.test_source.is_none();
    for file in files {
        own_test = own_test && raw::has_test_part(&file.path)?;
    }
    let labels = ("labels", None);
    let test = own_test.then(|| apart(reader, base, files, source, labels, Split::Test));
    Ok((train, test.transpose()?))
}

/// How many files of labels there must be begins so.
pub(crate) const ONE_FOR_EACH: &str = "one for each of";

/// The samples of all files of a source, each with its file of labels where there are such.
fn part(
    reader: &mut Reader,
    base: &Path,
    files: &[Named],
    source: &Source,
    (labels_key, labels): (&'static str, Option<&Source>),
    split: Split,
) -> Result<Raw, DataError> {
    let label_files = labels.map(|labels| label_files(base, labels, labels_key)).transpose()?;
    if let Some(found) = label_files.as_ref().filter(|found| found.len() != files.len()) {
        let expected = format!("{ONE_FOR_EACH} {} with samples", counted(files.len(), "file"));
        return Err(refused(labels_key, counted(found.len(), "file"), expected));
    }
    let mut parts = Vec::with_capacity(files.len());
    for (place, Named { path, name }) in files.iter().enumerate() {
        let labels = label_files.as_ref().and_then(|labels| labels.get(place));
        let labels = labels.map(|labels| (labels.path.as_path(), labels.name.as_str()));
        parts.push(reader.read(Place { path, name, labels, labels_key, split })?);
    }
    joined(parts, &base.join(source.to_string()))
}

/// The same with its own files, which are noted behind those that were read before.
fn apart(
    reader: &mut Reader,
    base: &Path,
    files: &[Named],
    source: &Source,
    labels: (&'static str, Option<&Source>),
    split: Split,
) -> Result<Apart, DataError> {
    let before = std::mem::take(&mut reader.sources);
    let part = part(reader, base, files, source, labels, split)?;
    let own = reader.sources.clone();
    // An archive may hold several parts.
    reader.sources.retain(|source| !before.contains(source));
    reader.sources.splice(0..0, before);
    Ok((part, own))
}

/// A single file need not exist yet; reading it says what is wrong.
fn label_files(base: &Path, labels: &Source, key: &'static str) -> Result<Vec<Named>, DataError> {
    match (labels.files(base, key), labels.single()) {
        (Err(DataError::UnknownSource { name, path }), Some(_)) => Ok(vec![Named { path, name }]),
        (files, _) => files,
    }
}

fn label_column(train: &Raw, options: &DataOptions) -> Result<Option<String>, DataError> {
    match (&train.content, options.source.single(), &options.label) {
        (Content::Table(_), Some("digits"), _) if !options.task.is_classes() => {
            Err(refused("task", options.task.name(), "classes for the built-in digits"))
        }
        (Content::Table(_), Some("digits"), None) => Ok(Some(digits::LABEL.into())),
        (Content::Table(_), Some("digits"), Some(label)) if label != digits::LABEL => {
            Err(refused("label", label, "`class` for the built-in digits"))
        }
        (Content::Table(_), _, None) if !options.task.is_classes() => Ok(None),
        (Content::Table(_), _, Some(label)) => Ok(Some(label.clone())),
        (Content::Table(_), _, None) if options.is_unlabelled() => Ok(None),
        (Content::Table(table), _, None) => Err(DataError::LabelNotNamed {
            path: table.heading().path.clone(),
            columns: table.heading().names.clone(),
        }),
        (_, _, None) => Ok(None),
        (_, _, Some(label)) => {
            Err(refused("label", label, "nothing, because the source is not a table"))
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
            let (table, column) = table.column(label.unwrap_or_default())?;
            labels::class_names(&table, column, missing)
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

/// The samples alone, whatever the file says of their labels.
pub(crate) fn unlabelled(part: Raw) -> Part {
    let labels = vec![None; part.content.len()];
    Part { content: part.content, labels, targets: Vec::new(), files: part.files }
}

/// The samples with their labels as numbers of `classes`.
pub(crate) fn numbered(part: Raw, naming: &Naming<'_>, demand: Labels) -> Result<Part, DataError> {
    let Naming { task, label, missing, classes } = *naming;
    let count = part.content.len();
    if !task.is_classes() {
        let Content::Table(table) = &part.content else {
            let nothing = "classes, because the source is not a table";
            return Err(refused("task", task.name(), nothing));
        };
        let FileTargets { labels, values } =
            target_columns::of_table(table, classes, task, missing, demand)?;
        let files = part.files;
        return Ok(Part { content: part.content, labels, targets: values, files });
    }
    let labels = match (&part.content, &part.labels) {
        (Content::Table(table), _) => match table.heading().column(label.unwrap_or_default()) {
            Ok(_) => {
                let (table, column) = table.column(label.unwrap_or_default())?;
                labels::of_table(&table, column, missing, classes, demand)?
            }
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
            labels::of_numbers(labels, classes, part.files.as_ref())?
        }
        (_, None) if demand == Labels::Optional => vec![None; count],
        (content, None) => {
            return Err(DataError::NoLabelFile { path: content.path().to_owned() });
        }
    };
    Ok(Part { content: part.content, labels, targets: Vec::new(), files: part.files })
}
