/*!
What a file is by its first bytes, where its name says that it is an image.
*/

use std::path::Path;

use image::ImageFormat;

use crate::error::DataError;

/// How many bytes are looked at to tell text from other files.
const BEGINNING: usize = 512;

/// What to do about a file that is no image that is read.
pub(crate) const NO_IMAGE: &str =
    "replace it by an image, or remove it; `skip_bad` allows so many bad files";

/// What a format is called.
pub(crate) fn name(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Jpeg => "JPEG",
        ImageFormat::Png => "PNG",
        ImageFormat::WebP => "WebP",
        ImageFormat::Bmp => "BMP",
        ImageFormat::Gif => "GIF",
        ImageFormat::Tiff => "TIFF",
        ImageFormat::Avif => "AVIF",
        ImageFormat::Ico => "ICO",
        _ => "another format",
    }
}

/// Lets bytes pass that begin as `expected` does, which the name of their file says.
pub(crate) fn refuse_other(
    path: &Path,
    bytes: &[u8],
    expected: ImageFormat,
) -> Result<(), DataError> {
    let refused = |expected: String, found: &str, hint| {
        Err(DataError::Malformed { path: path.into(), expected, found: found.into(), hint })
    };
    let as_named = format!("{} as the name says", name(expected));
    match image::guess_format(bytes).ok() {
        Some(found) if found == expected => Ok(()),
        Some(found @ (ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) => {
            refused(as_named, name(found), "correct the ending of the file's name")
        }
        Some(found) => refused("a JPEG, PNG or WebP image".into(), name(found), NO_IMAGE),
        None => refused("a JPEG, PNG or WebP image".into(), without_image(bytes), NO_IMAGE),
    }
}

/// What a file holds that is no image of a known format, in words.
fn without_image(bytes: &[u8]) -> &'static str {
    let beginning = bytes.get(..BEGINNING).unwrap_or(bytes);
    // The last letter may be cut.
    let text = match std::str::from_utf8(beginning) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            let whole = beginning.get(..error.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(whole).unwrap_or_default()
        }
        Err(_) => "\0",
    };
    let start = text.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    match start.as_str() {
        _ if text.contains(|letter: char| letter.is_control() && !letter.is_whitespace()) => {
            "a file of no known format"
        }
        start if start.starts_with("<!doctype html") || start.starts_with("<html") => {
            "a page in HTML"
        }
        _ => "text",
    }
}
