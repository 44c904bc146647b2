/*!
Everything that can be wrong with data, one case each.

A message says where (file, line, column or byte count), what was expected and what was found;
[`DataError::hint`] says what to do about it.
*/

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// What is wrong with a data set or with the options that describe it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DataError {
    /// An option holds a value that it cannot have.
    #[error("`{key}` is {value}, expected {expected}")]
    Option {
        /// The option's name in the recipe section `[data]`.
        key: &'static str,
        /// The value found.
        value: String,
        /// What the option may hold.
        expected: String,
    },

    /// A source is neither the name of a built-in data set nor a path that exists.
    #[error("there is no built-in data set and no file `{name}` (looked for {})", path.display())]
    UnknownSource {
        /// The source as it was given.
        name: String,
        /// The path it was taken for.
        path: PathBuf,
    },

    /// The files of Fashion-MNIST are in none of the places where they may be.
    #[error("the files of Fashion-MNIST are not on this machine; looked at {}", listed(places))]
    FashionMnistAbsent {
        /// The folders that were looked at.
        places: Vec<String>,
    },

    /// A file does not exist.
    #[error("{}: no such file", path.display())]
    NotFound {
        /// The file.
        path: PathBuf,
    },

    /// The operating system refuses to open or read a file.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },

    /// A path leads to a folder, a device or a pipe.
    #[error("{}: expected a regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },

    /// A file is larger than the stated limit.
    #[error("{}: holds {bytes} bytes, the limit is {limit}", path.display())]
    FileTooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The largest size that is read.
        limit: u64,
    },

    /// A file holds nothing at all.
    #[error("{}: the file is empty", path.display())]
    EmptyFile {
        /// The file.
        path: PathBuf,
    },

    /// A file has a header and no rows.
    #[error("{}: there are no rows", path.display())]
    NoRows {
        /// The file.
        path: PathBuf,
    },

    /// A table has no column beside the label.
    #[error("{}: there is no column beside the label `{label}`", path.display())]
    NoFeatures {
        /// The file.
        path: PathBuf,
        /// The label column.
        label: String,
    },

    /// A CSV file is not text in UTF-8.
    #[error("{}:{line}: is not UTF-8 text", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
    },

    /// A row of a CSV file has another number of fields than the header.
    #[error("{}:{line}: expected {expected} fields, found {found}", path.display())]
    Ragged {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// Fields in the header.
        expected: usize,
        /// Fields in this row.
        found: usize,
    },

    /// Two columns of a CSV file have the same name.
    #[error("{}: columns {first} and {second} are both named `{column}`", path.display())]
    DuplicateColumn {
        /// The file.
        path: PathBuf,
        /// The name.
        column: String,
        /// The first column of that name, counted from 1.
        first: usize,
        /// The second one.
        second: usize,
    },

    /// A column that is needed is not in the file.
    #[error("{}: there is no column `{column}`; the columns are {}", path.display(), listed(columns))]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// The name looked for.
        column: String,
        /// The names in the header.
        columns: Vec<String>,
    },

    /// A CSV source was given without the name of its label column.
    #[error("{}: `label` does not say which column is the class; the columns are {}", path.display(), listed(columns))]
    LabelNotNamed {
        /// The file.
        path: PathBuf,
        /// The names in the header.
        columns: Vec<String>,
    },

    /// A cell is empty.
    #[error("{}:{line}: column `{column}` is empty", path.display())]
    EmptyCell {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// The column.
        column: String,
    },

    /// A cell is larger than the stated limit.
    #[error("{}:{line}: column {column} holds {bytes} bytes, the limit is {limit}", path.display())]
    CellTooLarge {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// The column, counted from 1.
        column: usize,
        /// Its size.
        bytes: usize,
        /// The largest size that is read.
        limit: usize,
    },

    /// A cell of a numeric column is NaN, infinite or beyond the range of single precision.
    #[error("{}:{line}: column `{column}` holds `{value}`, expected a finite number", path.display())]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// The column.
        column: String,
        /// The cell.
        value: String,
    },

    /// A cell of a numeric column is not a number.
    #[error("{}:{line}: column `{column}` holds `{value}`, expected a number as in the training rows", path.display())]
    NotANumber {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// The column.
        column: String,
        /// The cell.
        value: String,
    },

    /// A column of words has more distinct values than can be one-hot encoded.
    #[error("{}:{line}: column `{column}` holds `{value}`, which is no number, and has more than {limit} distinct values", path.display())]
    TooManyLevels {
        /// The file.
        path: PathBuf,
        /// The line of the first cell that is no number, counted from 1.
        line: u64,
        /// The column.
        column: String,
        /// That cell.
        value: String,
        /// The largest number of distinct values.
        limit: usize,
    },

    /// A class that training does not know.
    #[error("{}:{line}: label `{value}` is not among the {} classes {}", path.display(), classes.len(), listed(classes))]
    UnknownLabel {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// The label.
        value: String,
        /// The classes of the training source.
        classes: Vec<String>,
    },

    /// A numbered label is not below the number of classes.
    #[error("{}: label {label} of sample {sample} is out of range, expected 0 to {}", path.display(), classes.saturating_sub(1))]
    LabelOutOfRange {
        /// The label file.
        path: PathBuf,
        /// The sample, counted from 0.
        sample: usize,
        /// The label.
        label: u8,
        /// The number of classes.
        classes: usize,
    },

    /// The training source has fewer than two classes.
    #[error("{}: expected at least 2 classes, found {found}", path.display())]
    TooFewClasses {
        /// The file.
        path: PathBuf,
        /// The number of classes.
        found: usize,
    },

    /// A part of the data has no labelled row of a class.
    #[error(
        "the {part} split leaves class `{class}` empty: expected at least {expected} rows to split, found {found}"
    )]
    ClassEmpty {
        /// The part: test, validation, labelled or training.
        part: &'static str,
        /// The class.
        class: String,
        /// The number of rows needed.
        expected: usize,
        /// The number of rows there are.
        found: usize,
    },

    /// The first bytes of a file are not those of its format.
    #[error("{}: expected an IDX file of {expected}, found the first bytes {found:02x?}", path.display())]
    BadMagic {
        /// The file.
        path: PathBuf,
        /// The kind of content looked for, with its first bytes.
        expected: &'static str,
        /// The first bytes of the file.
        found: Vec<u8>,
    },

    /// A file ends before its header says.
    #[error("{}: is truncated: expected {expected} bytes, found {found}", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// The size that the header states (after decompression).
        expected: u64,
        /// The bytes there are.
        found: u64,
    },

    /// A file goes on after the end that its header states.
    #[error("{}: expected {expected} bytes, found more", path.display())]
    TrailingBytes {
        /// The file.
        path: PathBuf,
        /// The size that the header states (after decompression).
        expected: u64,
    },

    /// A header states a size that no file of this length can hold, or that is beyond the limit.
    #[error("{}: the header states the dimensions {dimensions:?}, more than {limit} bytes", path.display())]
    Oversized {
        /// The file.
        path: PathBuf,
        /// The dimensions in the header.
        dimensions: Vec<u32>,
        /// The largest size possible.
        limit: u64,
    },

    /// Compressed data is damaged.
    #[error("{}: the gzip data is damaged: {source}", path.display())]
    Gzip {
        /// The file.
        path: PathBuf,
        /// What the decoder says.
        source: io::Error,
    },

    /// Images and labels are not equally many.
    #[error("{}: expected {expected} labels, one for each image of {}, found {found}", labels.display(), images.display())]
    CountMismatch {
        /// The image file.
        images: PathBuf,
        /// The label file.
        labels: PathBuf,
        /// The number of images.
        expected: usize,
        /// The number of labels.
        found: usize,
    },

    /// Labels are needed and there is no label file.
    #[error("{}: the images have no label file", path.display())]
    NoLabelFile {
        /// The image file.
        path: PathBuf,
    },

    /// Two files hold samples of different kinds or sizes.
    #[error("{}: expected {expected}, found {found}", path.display())]
    ShapeMismatch {
        /// The file.
        path: PathBuf,
        /// What the training source holds.
        expected: String,
        /// What this file holds.
        found: String,
    },
}

impl DataError {
    /// What to do about it, as a full instruction.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::UnknownSource { name, .. } => return Some(source_hint(name)),
            Self::FashionMnistAbsent { .. } => {
                "run scripts/fetch-fashion-mnist.sh, or install Debian's package \
                 dataset-fashion-mnist"
            }
            Self::NotFound { .. } => "check the path; it is relative to the folder of the recipe",
            Self::NotAFile { .. } => {
                "give a CSV file, an IDX image file, or a folder with the four IDX files of MNIST"
            }
            Self::FileTooLarge { .. } => "split the file, or keep only the rows that are needed",
            Self::EmptyFile { .. } => "give the file a header line that names each column",
            Self::NoRows { .. } => "give the file at least one row for every class",
            Self::NotUtf8 { .. } => "convert the file, for example with iconv -t UTF-8",
            Self::Ragged { .. } => {
                "give every row one field for each column; quote fields that hold a comma"
            }
            Self::DuplicateColumn { .. } => "rename one of the two columns in the header line",
            Self::MissingColumn { column, columns, .. } => {
                return Some(match closest(column, columns) {
                    Some(name) => format!("did you mean `{name}`?"),
                    None => "give the file a header line that names each column".into(),
                });
            }
            Self::LabelNotNamed { columns, .. } => {
                let example = columns.last().map_or("class", String::as_str);
                return Some(format!(
                    "name the column of the class, for example label = \"{example}\""
                ));
            }
            Self::EmptyCell { .. } => {
                "fill in the cell or remove the row; missing values are not supported"
            }
            Self::NotFinite { .. } => "replace the value or remove the row",
            Self::NotANumber { .. } | Self::TooManyLevels { .. } => {
                "correct the cell, or remove the column if it only identifies rows"
            }
            Self::UnknownLabel { .. } => {
                "correct the label, or give the training source rows of this class"
            }
            Self::LabelOutOfRange { .. } => {
                "check that the label file belongs to these images and counts classes from 0"
            }
            Self::ClassEmpty { .. } => {
                "add rows of this class, remove the class, or change the shares `test`, \
                 `validation` and `labelled`"
            }
            Self::BadMagic { .. } => {
                "name CSV files *.csv; other files are read as IDX images of unsigned bytes"
            }
            Self::Truncated { .. } | Self::Gzip { .. } => {
                "get the file again; the copy is incomplete or damaged"
            }
            Self::TrailingBytes { .. } | Self::Oversized { .. } => {
                "get the file again; its header does not belong to its content"
            }
            Self::NoLabelFile { .. } => {
                "name the file with the labels: `labels` for `source`, `test_labels` for \
                 `test_source`"
            }
            Self::CountMismatch { .. } => "give the label file that belongs to these images",
            Self::ShapeMismatch { .. } => "give data of the same kind as the training source",
            Self::Option { .. }
            | Self::Unreadable { .. }
            | Self::NoFeatures { .. }
            | Self::CellTooLarge { .. }
            | Self::TooFewClasses { .. } => return None,
        };
        Some(hint.into())
    }
}

fn source_hint(name: &str) -> String {
    let built_in = ["digits".to_owned(), "fashion-mnist".to_owned()];
    match closest(name, &built_in) {
        Some(known) => format!("did you mean `{known}`?"),
        None => "give \"digits\", \"fashion-mnist\" or a path that exists".into(),
    }
}

/// The candidate that a mistyped name most likely stands for.
fn closest<'a>(name: &str, candidates: &'a [String]) -> Option<&'a str> {
    let lower = name.to_lowercase();
    candidates
        .iter()
        .map(|candidate| {
            (strsim::normalized_damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate)
        })
        .filter(|(similarity, _)| *similarity >= 0.6)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate.as_str())
}

/// Names in a row for a message, cut after the first twelve.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut text =
        names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}
