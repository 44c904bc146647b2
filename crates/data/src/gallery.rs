/*!
The images of a listing, decoded in parallel and put together in the order of the listing.
*/

use std::path::Path;

use rayon::prelude::*;

use crate::error::DataError;
use crate::file::SourceFile;
use crate::folder::Listing;
use crate::images::{Images, Pixels};
use crate::picture::{self, Picture};
use crate::reading::ImageReading;

/// The most pixels of a folder that are kept.
const CONTENT_LIMIT: usize = 2 << 30;
/// Images that are decoded at once, so that few are in memory twice.
const BLOCK: usize = 256;

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

/// Reads the images of a listing of `folder`; up to `skip_bad` of them may be no good.
pub(crate) fn read(
    folder: &Path,
    listing: &Listing,
    reading: ImageReading,
    skip_bad: usize,
) -> Result<Gallery, DataError> {
    let (mut pixels, mut first) = (Vec::new(), None);
    let (mut classes, mut names) = (Vec::new(), Vec::new());
    let (mut sources, mut skipped) = (Vec::new(), Vec::new());
    for block in listing.files.chunks(BLOCK) {
        let decoded: Vec<_> =
            block.par_iter().map(|file| picture::read(&file.path, reading)).collect();
        for (file, decoded) in block.iter().zip(decoded) {
            match decoded.and_then(|decoded| fitting(&file.path, decoded, &mut first)) {
                Ok((picture, source)) => {
                    pixels.extend_from_slice(&picture.pixels);
                    classes.push(file.class);
                    names.push(file.name.clone());
                    sources.push(SourceFile { name: file.name.clone(), ..source });
                }
                Err(error) if skipped.len() < skip_bad => {
                    let name = file.path.display().to_string();
                    let reason = error.to_string();
                    let reason = reason.strip_prefix(&format!("{name}: ")).unwrap_or(&reason);
                    skipped.push(SkippedFile { reason: reason.to_owned(), name });
                }
                Err(error) if skip_bad == 0 => return Err(error),
                Err(error) => {
                    return Err(DataError::TooManyBad { limit: skip_bad, source: Box::new(error) });
                }
            }
            if pixels.len() > CONTENT_LIMIT {
                return Err(DataError::Malformed {
                    path: folder.into(),
                    expected: format!("at most {CONTENT_LIMIT} pixels in all"),
                    found: format!("more in the first {} images", names.len()),
                    hint: "set `size` to a smaller one, or take fewer images",
                });
            }
        }
    }
    let (channels, height, width) =
        first.ok_or_else(|| DataError::NoRows { path: folder.into() })?;
    let (path, count, pixels) = (folder.into(), names.len(), Pixels::Bytes(pixels));
    let images = Images { path, count, channels, height, width, pixels };
    Ok(Gallery { images, classes, names, sources, skipped })
}

/// Lets an image pass that has the shape of the first.
fn fitting(
    path: &Path,
    (picture, source): (Picture, SourceFile),
    first: &mut Option<(usize, usize, usize)>,
) -> Result<(Picture, SourceFile), DataError> {
    let found = (picture.channels, picture.height, picture.width);
    let expected = *first.get_or_insert(found);
    if found == expected {
        return Ok((picture, source));
    }
    let words = |(channels, height, width)| format!("{channels}x{height}x{width}");
    Err(DataError::Malformed {
        path: path.into(),
        expected: format!("an image of {} like the first", words(expected)),
        found: words(found),
        hint: "set `size` to bring all images to one size, or `channels` to 1 or 3",
    })
}
