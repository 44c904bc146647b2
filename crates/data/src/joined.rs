/*!
Several files as one source: their samples one after the other.
*/

use std::mem::discriminant;
use std::path::{Path, PathBuf};

use crate::error::DataError;
use crate::images::{Images, Pixels};
use crate::origin::Content;
use crate::raw::{Raw, RawLabels};
use crate::vectors::Vectors;

/// The samples of all parts in order, under a name for all of them.
///
/// # Errors
/// What a part has otherwise than the first: columns, width, shape, or whether it has labels.
pub(crate) fn joined(parts: Vec<Raw>, name: &Path) -> Result<Raw, DataError> {
    let mut parts = parts.into_iter();
    let mut all = parts.next().ok_or_else(|| DataError::NoRows { path: name.into() })?;
    let mut several = false;
    for part in parts {
        // Tables have their labels elsewhere, and would be found to lack them.
        if discriminant(&all.content) != discriminant(&part.content) {
            return Err(unlike(&all.content, &part.content));
        }
        all = Raw {
            labels: labels(&all, &part)?,
            files: all.files.zip(part.files).map(|(all, more)| all.with(more)),
            content: content(all.content, part.content)?,
        };
        several = true;
    }
    if several {
        all.content.rename(name.to_owned());
    }
    Ok(all)
}

fn content(all: Content, part: Content) -> Result<Content, DataError> {
    match (all, part) {
        (Content::Table(all), Content::Table(part)) => all.append(part).map(Content::Table),
        (Content::Vectors(all), Content::Vectors(part)) if all.width == part.width => {
            let values = [all.values, part.values].concat();
            Ok(Content::Vectors(Vectors { values, count: all.count + part.count, ..all }))
        }
        (Content::Images(all), Content::Images(part)) if all.shape() == part.shape() => {
            let pixels = match (all.pixels, part.pixels) {
                (Pixels::Bytes(all), Pixels::Bytes(more)) => Pixels::Bytes([all, more].concat()),
                (Pixels::Stored(all), Pixels::Stored(more)) => Pixels::Stored([all, more].concat()),
                (Pixels::Numbers(all), Pixels::Numbers(more)) => {
                    Pixels::Numbers([all, more].concat())
                }
                (_, found) => {
                    let kind = |bytes| if bytes { "bytes" } else { "other numbers" };
                    let bytes = !matches!(found, Pixels::Numbers(_));
                    return Err(DataError::Malformed {
                        path: part.path,
                        expected: format!("pixels of {} like the first file", kind(!bytes)),
                        found: kind(bytes).to_owned(),
                        hint: "save all images with one type of numbers",
                    });
                }
            };
            Ok(Content::Images(Images { pixels, count: all.count + part.count, ..all }))
        }
        (all, part) => Err(unlike(&all, &part)),
    }
}

fn unlike(all: &Content, part: &Content) -> DataError {
    DataError::Malformed {
        path: part.path().to_owned(),
        expected: format!("{} like {}", all.in_words(), all.path().display()),
        found: part.in_words(),
        hint: "name only files of one kind, with samples of one shape",
    }
}

fn labels(all: &Raw, part: &Raw) -> Result<Option<RawLabels>, DataError> {
    let path: PathBuf = part.content.path().to_owned();
    let refused = |expected: &str, found: &str| DataError::Malformed {
        path: path.clone(),
        expected: expected.to_owned(),
        found: found.to_owned(),
        hint: "name only files of one kind, with the same classes",
    };
    match (&all.labels, &part.labels) {
        (None, None) => Ok(None),
        (Some(all), Some(part)) if all.names == part.names => Ok(Some(RawLabels {
            path: all.path.clone(),
            numbers: [all.numbers.as_slice(), part.numbers.as_slice()].concat(),
            names: all.names.clone(),
        })),
        (Some(_), Some(_)) => Err(refused("the classes of the first file", "others")),
        (Some(_), None) => Err(refused("labels like the first file", "none")),
        (None, Some(_)) => Err(refused("no labels, as the first file has none", "labels")),
    }
}
