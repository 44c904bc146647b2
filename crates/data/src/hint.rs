/*!
What to do about each error, as a full instruction.
*/

use crate::error::DataError;
use crate::options::LEAVING_ROWS;
use crate::origin::ONE_FOR_EACH;
use crate::quote::shown;
use crate::roles::OTHER_THAN_LABEL;
use crate::weights::SOME_WEIGHT;

/// What to do about a header that states another size than the content has.
pub(crate) const OTHER_SIZE: &str = "get the file again; its header does not belong to its content";

/// What to do about samples of another shape than those of training.
pub(crate) const OTHER_SHAPE: &str = "give data of the same kind as the training source";

impl DataError {
    /// What to do about it, as a full instruction.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::UnknownSource { name, .. } => return Some(source_hint(name)),
            Self::FashionMnistAbsent { .. } => {
                "run scripts/fetch-fashion-mnist.sh, or install Debian's package \
                 dataset-fashion-mnist"
            }
            Self::NotFound { .. } => {
                "check the path; a path in a recipe starts at the folder of the recipe"
            }
            Self::FileTooLarge { .. } => "split the file, or keep only the rows that are needed",
            Self::EmptyFile { path }
                if path.extension().is_none_or(|kind| !kind.eq_ignore_ascii_case("csv")) =>
            {
                "get the file again; nothing is in it"
            }
            Self::EmptyFile { .. } => "give the file a header line that names each column",
            Self::NoRows { .. } => "give the file at least one row for every class",
            Self::NotUtf8 { .. } => "convert the file, for example with iconv -t UTF-8",
            Self::Ragged { .. } => {
                "give every row one field for each column; quote fields that hold a comma"
            }
            Self::DuplicateColumn { .. } => "rename one of the two columns in the header line",
            Self::MissingColumn { columns, .. } if divided_otherwise(columns) => {
                "divide the cells of a row by commas"
            }
            Self::MissingColumn { column, columns, .. } => {
                return Some(match closest(column, columns) {
                    Some(name) => format!("did you mean `{}`?", shown(name)),
                    None => "give a file with this column, named in its header line".into(),
                });
            }
            Self::Table(error) => return Some(error.hint()),
            Self::Scratch(error) => return error.hint(),
            Self::LabelNotNamed { columns, .. } => {
                let example = shown(columns.last().map_or("class", String::as_str));
                return Some(format!(
                    "name the column of the class, for example label = \"{example}\""
                ));
            }
            Self::EmptyCell { .. } => {
                "fill in the cell or remove the row; only features may lack a value, and only where \
                 `missing` is not \"refuse\""
            }
            Self::NotFinite { .. } => {
                "replace the value, remove the row, or name its text in `missing`"
            }
            Self::NotANumber { .. } => {
                "correct the cell; name its text in `missing` if it means a missing value, or the column \
                 in `categorical` if it is a feature of words"
            }
            Self::TooManyLevels { column, .. } => {
                return Some(format!(
                    "set `rare`, for example rare = 10, to make words of few rows one level, or \
                     leave the column out with ignore = [\"{0}\"]; correct the cell if `{0}` is \
                     meant to be numbers",
                    shown(column)
                ));
            }
            Self::UnknownLabel { .. } => {
                "correct the label, or give the training source rows of this class"
            }
            Self::LabelOutOfRange { .. } => {
                "check that the label file belongs to these images and counts classes from 0"
            }
            Self::ClassEmpty { class, found: 0, .. } if class == "0" => {
                "classes without names are counted from 0: subtract 1 from labels that begin at 1, or add \
                 rows of this class"
            }
            Self::ClassEmpty { .. } => {
                "add rows of this class, remove the class, or change the shares `test`, \
                 `validation` and `labelled`"
            }
            Self::GroupsTooFew { .. } => {
                "use finer groups, or give the part its own rows: `test_source` for test, \
                 validation = 0 for no validation"
            }
            Self::DuplicateId { .. } => {
                "remove one of the two rows, or leave out `id` if the column does not name rows"
            }
            Self::BadMagic { .. } => {
                "name files *.csv, *.parquet, *.npy or *.npz; others are read as IDX images of \
                 unsigned bytes"
            }
            // No refusal of the operating system, but of what takes compressed bytes apart.
            Self::Unreadable { source, .. } if source.raw_os_error().is_none() => {
                "get the file again; the copy is incomplete or damaged"
            }
            Self::Truncated { .. } | Self::Gzip { .. } => {
                "get the file again; the copy is incomplete or damaged"
            }
            Self::MissingArray { .. } => {
                "name the arrays, for example source = \"data.npz:images\" and labels = \
                 \"data.npz:classes\""
            }
            Self::TooManyBad { .. } => {
                "repair or remove the files, or raise `skip_bad`; `potstill check` lists skipped files"
            }
            Self::UnknownFolder { .. } => {
                "give a folder with the IDX files of MNIST, the binary files of CIFAR, or a folder of \
                 images for each class"
            }
            Self::Malformed { hint, .. } => hint,
            Self::Memory(error) => error.hint,
            Self::NoLabelFile { .. } => {
                "name the file with the labels: `labels` for `source`, `test_labels` for \
                 `test_source`"
            }
            Self::CountMismatch { .. } => "give the label file that belongs to these images",
            Self::TooFewClasses { .. } => {
                "name the column or file of the class by `label` or `labels`, or add rows of another class"
            }
            Self::Option { key, expected, .. } => return option_hint(key, expected),
            Self::Unreadable { .. } | Self::NoFeatures { .. } | Self::CellTooLarge { .. } => {
                return None;
            }
        };
        Some(hint.into())
    }
}

/// What to do about some options, where what they may hold does not say it yet.
fn option_hint(key: &str, expected: &str) -> Option<String> {
    let hint = match key {
        _ if expected == OTHER_THAN_LABEL => {
            return Some(format!("give `{key}` another column, or leave it out"));
        }
        "weight" if expected == SOME_WEIGHT => {
            "give the label of at least one training row a weight above 0"
        }
        "class_weights" if expected == SOME_WEIGHT => {
            "give at least one class with rows a weight above 0"
        }
        "class_weights" => "name classes as the data does, or set class_weights = \"balanced\"",
        "labels" | "test_labels" if expected.starts_with(ONE_FOR_EACH) => {
            "name a file of labels for each file of samples; both are taken in the order of their names"
        }
        "test" | "validation" if expected.starts_with(LEAVING_ROWS) => {
            return Some(format!("lower `{key}`, or add rows of the class"));
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

/// Whether a header has no commas, but other signs that divide cells.
fn divided_otherwise(columns: &[String]) -> bool {
    matches!(columns, [only] if only.contains([';', '\t', '|']))
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
