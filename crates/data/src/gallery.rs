/*!
The images of a listing, decoded in parallel and put together in the order of the listing.
*/

use std::path::Path;

use rayon::prelude::*;

use crate::error::DataError;
use crate::file::SourceFile;
use crate::folder::{ImageFile, Listing};
use crate::images::{Images, PixelWriter};
use crate::memory::{self, Needed, machine_memory};
use crate::picture::{self, Picture};
use crate::picture_format;
use crate::quote::shown;
use crate::reading::ImageReading;
use crate::room::Room;

/// The most pixels of a folder that are kept in memory.
const CONTENT_LIMIT: u64 = 2 << 30;
/// Images that are decoded at once at most, and the pixels that they may have together.
const BLOCK: usize = 256;
const BLOCK_PIXELS: usize = 64 << 20;

/// A file that was left out, because `skip_bad` allows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedFile {
    /// The file.
    pub name: String,
    /// What is wrong with it.
    pub reason: String,
}

/// The good images of a folder.
pub(crate) struct Gallery {
    pub(crate) images: Images,
    /// The place of the class of each image.
    pub(crate) classes: Vec<i64>,
    pub(crate) names: Vec<String>,
    pub(crate) sources: Vec<SourceFile>,
    pub(crate) skipped: Vec<SkippedFile>,
}

/// Reads the images of a listing of `folder`; up to `skip_bad` of them may be no good. A model demands the
/// shape of `trained`; else the first good image says it for all.
pub(crate) fn read(
    folder: &Path,
    listing: &Listing,
    reading: ImageReading,
    trained: Option<Shape>,
    skip_bad: usize,
    room: &Room,
) -> Result<Gallery, DataError> {
    let (mut pixels, mut first) = (PixelWriter::new(room)?, None::<First>);
    let (mut classes, mut names) = (Vec::new(), Vec::new());
    let mut sources = Vec::new();
    let mut budget = Budget { limit: skip_bad, of_model: trained.is_some(), skipped: Vec::new() };
    for path in &listing.strays {
        budget.spend(path, stray(path))?;
    }
    let mut files = listing.files.as_slice();
    while !files.is_empty() {
        let shape = first.as_ref().map(|First { shape, .. }| *shape);
        let certain = names.len() + files.len().saturating_sub(budget.left());
        check_memory(folder, certain, shape, room, trained.is_some())?;
        // Nothing is known of the size of the first.
        let most =
            shape.map_or(1, |shape| (BLOCK_PIXELS / pixels_of(shape).max(1)).clamp(1, BLOCK));
        let (block, later) = files.split_at(most.min(files.len()));
        files = later;
        let decode = |file: &ImageFile| {
            let found = picture::read(&file.path, reading);
            match trained {
                Some(shape) => found.and_then(|found| as_trained(&file.path, found, shape)),
                None => found.and_then(|found| fitting(&file.path, found, first.as_ref())),
            }
        };
        let decoded: Vec<_> = block.par_iter().map(decode).collect();
        for (file, decoded) in block.iter().zip(decoded) {
            match decoded {
                Ok((picture, source)) => {
                    let shape = [picture.channels, picture.height, picture.width];
                    first.get_or_insert_with(|| First { shape, name: file.name.clone() });
                    pixels.push(&picture.pixels)?;
                    classes.push(file.class);
                    names.push(file.name.clone());
                    sources.push(SourceFile { name: file.name.clone(), ..source });
                }
                Err(error) => budget.spend(&file.path, error)?,
            }
        }
    }
    let First { shape, .. } = first.ok_or_else(|| DataError::NoRows { path: folder.into() })?;
    check_memory(folder, names.len(), Some(shape), room, trained.is_some())?;
    let [channels, height, width] = shape;
    let (path, count, pixels) = (folder.into(), names.len(), pixels.finish(names.len()));
    let images = Images { path, count, channels, height, width, pixels };
    Ok(Gallery { images, classes, names, sources, skipped: budget.skipped })
}

/// Refuses so many images whose pixels would be more than is kept in memory.
fn check_memory(
    folder: &Path,
    count: usize,
    shape: Option<Shape>,
    room: &Room,
    is_of_model: bool,
) -> Result<(), DataError> {
    let Some(shape) = shape.filter(|_| room.is_memory()) else { return Ok(()) };
    let pixels = (count as u64).saturating_mul(pixels_of(shape) as u64);
    let images = format!("{} of {}", words::counted(count, "image"), words(shape));
    let what = format!("the pixels of {images}");
    let hint = if is_of_model { memory::OF_MODEL } else { memory::OF_RECIPE };
    Needed { path: folder, what, numbers: pixels, bytes_each: 1, hint }.check(machine_memory())?;
    match pixels <= CONTENT_LIMIT {
        true => Ok(()),
        false => Err(DataError::Malformed {
            path: folder.into(),
            expected: format!("at most {CONTENT_LIMIT} pixels in memory"),
            found: format!("{pixels}, of {images}"),
            hint,
        }),
    }
}

/// How many files may be no good, and which were.
struct Budget {
    limit: usize,
    /// Whether a model reads the images, and no recipe that could allow more.
    of_model: bool,
    skipped: Vec<SkippedFile>,
}

impl Budget {
    /// How many more files may be no good.
    fn left(&self) -> usize {
        self.limit.saturating_sub(self.skipped.len())
    }

    /// Leaves out a file that is no good, where there may be another one.
    fn spend(&mut self, path: &Path, error: DataError) -> Result<(), DataError> {
        if self.skipped.len() < self.limit {
            let name = path.display().to_string();
            let reason = error.to_string();
            let reason = reason.strip_prefix(&format!("{name}: ")).unwrap_or(&reason);
            self.skipped.push(SkippedFile { reason: reason.to_owned(), name });
            return Ok(());
        }
        match self.limit {
            _ if self.of_model => Err(without_keys(error)),
            0 => Err(error),
            limit => Err(DataError::TooManyBad { limit, source: Box::new(error) }),
        }
    }
}

/// What is wrong with an image beside the folders of classes.
fn stray(path: &Path) -> DataError {
    DataError::Malformed {
        path: path.into(),
        expected: "folders of classes alone".into(),
        found: "an image beside them".into(),
        hint: "move it into the folder of its class, or elsewhere",
    }
}

/// Channels, height and width.
pub(crate) type Shape = [usize; 3];

/// The image that says what all are like.
struct First {
    shape: Shape,
    name: String,
}

/// Lets an image pass that has the shape of the first, where that is known.
fn fitting(
    path: &Path,
    (picture, source): (Picture, SourceFile),
    first: Option<&First>,
) -> Result<(Picture, SourceFile), DataError> {
    let found = [picture.channels, picture.height, picture.width];
    match first {
        Some(first) if found != first.shape => Err(DataError::Malformed {
            path: path.into(),
            expected: format!(
                "an image of {} like the first, `{}`",
                words(first.shape),
                shown(&first.name)
            ),
            found: words(found),
            hint: "set `size` to bring all images to one size, or `channels` to 1 or 3",
        }),
        _ => Ok((picture, source)),
    }
}

/// Lets an image pass that has the shape of the images of training.
fn as_trained(
    path: &Path,
    (picture, source): (Picture, SourceFile),
    trained: Shape,
) -> Result<(Picture, SourceFile), DataError> {
    let found = [picture.channels, picture.height, picture.width];
    if found == trained {
        return Ok((picture, source));
    }
    Err(DataError::Malformed {
        path: path.into(),
        expected: format!("an image of {} as in training", words(trained)),
        found: words(found),
        hint: "convert the image; only a model that was trained with `size` brings images to a size",
    })
}

/// The error with a hint for someone who has a model and no recipe.
fn without_keys(error: DataError) -> DataError {
    match error {
        DataError::Malformed { path, expected, found, hint } => {
            let hint = match hint {
                picture::DAMAGED => "get the file again or remove it",
                picture::LARGE => "scale the image down, or remove it",
                picture_format::NO_IMAGE => "replace it by an image, or remove it",
                picture::TRANSPARENT => {
                    "save the image without transparency, as those of training were"
                }
                hint => hint,
            };
            DataError::Malformed { path, expected, found, hint }
        }
        error => error,
    }
}

/// Numbers in an image.
fn pixels_of([channels, height, width]: Shape) -> usize {
    channels.saturating_mul(height).saturating_mul(width)
}

fn words([channels, height, width]: Shape) -> String {
    format!("{channels}x{height}x{width}")
}
