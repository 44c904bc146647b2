/*!
Everything that can be wrong with data, one case each.

A message says where (file, line, column or byte count), what was expected and what was found;
[`DataError::hint`] says what to do about it.
*/

use std::io;
use std::path::PathBuf;

use store::StoreError;
use thiserror::Error;

use crate::memory::MemoryError;
use crate::place::RowPlace;
use crate::quote::{first_word, listed, shown};
use crate::table_error::TableError;

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
    #[error("{}: there is no column beside the label `{label}`", path.display(), label = shown(label))]
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
    #[error("{}: columns {first} and {second} are both named `{column}`", path.display(), column = shown(column))]
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
    #[error("{}: there is no column `{column}`; the columns are {}", path.display(), listed(columns), column = shown(column))]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// The name looked for.
        column: String,
        /// The names in the header.
        columns: Vec<String>,
    },

    /// What can be wrong with the columns of a table beside that.
    #[error(transparent)]
    Table(#[from] TableError),

    /// A table was given without the name of its label column.
    #[error("{}: `label` does not say which column is the class; the columns are {}", path.display(), listed(columns))]
    LabelNotNamed {
        /// The file.
        path: PathBuf,
        /// The names in the header.
        columns: Vec<String>,
    },

    /// A cell that must have a value has none.
    #[error("{}:{line}: column `{column}` has no value", path.display(), column = shown(column))]
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
    #[error("{}:{line}: column `{column}` holds `{value}`, expected a finite number", path.display(), column = shown(column), value = shown(value))]
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
    #[error("{}:{line}: column `{column}` holds `{value}`, expected a number", path.display(), column = shown(column), value = shown(value))]
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
    #[error("{}: column `{column}` has {found} distinct words, the limit is {limit}{}", path.display(), first_word(first.as_deref()), column = shown(column))]
    TooManyLevels {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// The number of distinct words among the training rows, without rare ones.
        found: usize,
        /// The largest number of them.
        limit: usize,
        /// The first cell that is no number, with its row; none where all of them are.
        first: Option<Box<(RowPlace, String)>>,
    },

    /// A class that training does not know.
    #[error("{place}: label `{value}` is not among the {} classes {}", classes.len(), listed(classes), value = shown(value))]
    UnknownLabel {
        /// The file with the line or the number of the sample, or the file of an image.
        place: String,
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
        label: i64,
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
        "the {part} split leaves class `{class}` empty: rows of the class: expected at least {expected}, found {found}", class = shown(class))]
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

    /// Whole groups cannot be divided so that every part has every class.
    #[error(
        "the {part} split leaves class `{class}` empty: the rows of the class are in {}, which stay{} together", words::counted(*found, "group"), words::verb(*found, "s", ""), class = shown(class))]
    GroupsTooFew {
        /// The part: test or validation.
        part: &'static str,
        /// The class.
        class: String,
        /// The number of groups with a row of the class.
        found: usize,
    },

    /// Two rows of a file have the same name.
    #[error("{}:{second}: column `{column}` holds `{value}` again, as {first} does", path.display(), column = shown(column), value = shown(value))]
    DuplicateId {
        /// The file.
        path: PathBuf,
        /// The column of the ids.
        column: String,
        /// The id.
        value: String,
        /// Where it stands first.
        first: Box<RowPlace>,
        /// The line or row where it stands again, counted from 1.
        second: u64,
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

    /// Compressed data is damaged.
    #[error("{}: the gzip data is damaged: {source}", path.display())]
    Gzip {
        /// The file.
        path: PathBuf,
        /// What the decoder says.
        source: io::Error,
    },

    /// An archive has no array of that name.
    #[error("{}: there is no array `{array}`; the arrays are {}", path.display(), listed(arrays), array = shown(array))]
    MissingArray {
        /// The archive.
        path: PathBuf,
        /// The name looked for.
        array: String,
        /// The names in the archive.
        arrays: Vec<String>,
    },

    /// More files of a folder are bad than `skip_bad` allows.
    #[error("more files than `skip_bad` = {limit} cannot be used, the next of them: {source}")]
    TooManyBad {
        /// The allowed number.
        limit: usize,
        /// What is wrong with the next file.
        source: Box<DataError>,
    },

    /// A folder holds no data set that is known.
    #[error("{}: the folder holds no data set of a known layout", path.display())]
    UnknownFolder {
        /// The folder.
        path: PathBuf,
    },

    /// A file is not what its format or its use demands.
    #[error("{}: expected {expected}, found {found}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
        /// What to do about it.
        hint: &'static str,
    },

    /// Samples that the machine's memory does not hold.
    #[error(transparent)]
    Memory(#[from] MemoryError),

    /// A scratch file cannot be made, written or read.
    #[error(transparent)]
    Scratch(#[from] StoreError),

    /// Images and labels are not equally many.
    #[error("{}: expected {}, one for each image of {}, found {found}", labels.display(), words::counted(*expected, "label"), images.display())]
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
}
