/*!
One JPEG, PNG or WebP file, decoded within limits and brought to the asked size and channels.
*/

use std::io::Cursor;
use std::path::Path;

use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use crate::error::DataError;
use crate::file::{Input, SourceFile};
use crate::picture_format::{name, refuse_other};
use crate::reading::ImageReading;

/// The largest image file.
const FILE_LIMIT: u64 = 256 << 20;
/// The largest number of pixels along a side.
const SIDE_LIMIT: u32 = 16_384;
/// The most memory that decoding one image may take.
const MEMORY_LIMIT: u64 = 512 << 20;
/// The most pixels that an image may have on the way to its size, of 16 bytes each: those of the longest
/// image at the largest `size` of a recipe.
const SCALED_LIMIT: u64 = 64 << 20;
/// An image that is longer than so many times its shorter side loses its ends before it is scaled.
const LONGEST: u32 = 4;

/// The pixels of one image, each channel after the other, each of them row by row.
pub(crate) struct Picture {
    pub(crate) channels: usize,
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) pixels: Vec<u8>,
}

/// The format that the extension of a file names.
pub(crate) fn format(path: &Path) -> Option<ImageFormat> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "jpg" | "jpeg" => Some(ImageFormat::Jpeg),
        "png" => Some(ImageFormat::Png),
        "webp" => Some(ImageFormat::WebP),
        _ => None,
    }
}

/// Reads an image file, and hashes it.
pub(crate) fn read(path: &Path, reading: ImageReading) -> Result<(Picture, SourceFile), DataError> {
    if path.is_dir() {
        return Err(malformed(path, "an image file", "a folder".into(), INSIDE));
    }
    let expected = format(path).ok_or_else(|| {
        let expected = "an image file: .jpg, .jpeg, .png or .webp";
        malformed(path, expected, "another file".into(), "convert the file, or move it elsewhere")
    })?;
    let input = Input::open(path)?;
    if input.length() > FILE_LIMIT {
        let bytes = input.length();
        return Err(DataError::FileTooLarge { path: path.into(), bytes, limit: FILE_LIMIT });
    }
    let (bytes, source) = input.whole()?;
    refuse_other(path, &bytes, expected)?;
    if expected == ImageFormat::Jpeg && !ends(&bytes) {
        let found = "no end of the image".into();
        return Err(malformed(path, "a whole JPEG image", found, DAMAGED));
    }
    let picture = arranged(path, &decode(path, bytes, expected)?, reading)?;
    Ok((picture, source))
}

/// What to do about a folder among images.
const INSIDE: &str =
    "put the images into the folder of their class itself; a folder holds either classes or images";

/// What to do about a file that cannot be decoded.
pub(crate) const DAMAGED: &str =
    "get the file again or remove it; `skip_bad` allows so many bad files";

/// What to do about an image that is too large.
pub(crate) const LARGE: &str =
    "scale the image down, or remove it; `skip_bad` allows so many bad files";

/// What to do about transparency.
pub(crate) const TRANSPARENT: &str =
    "set channels = 3 or channels = 1: transparency is left out then";

fn decode(path: &Path, bytes: Vec<u8>, format: ImageFormat) -> Result<DynamicImage, DataError> {
    if let Some((width, height)) = png_sides(&bytes).filter(|_| format == ImageFormat::Png) {
        check_sides(path, width, height)?;
    }
    let refused = |error: ImageError| undecoded(path, format, &error);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MEMORY_LIMIT);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits.clone());
    // The header alone is read here, so that its claims are refused before anything is made of them.
    let mut decoder = reader.into_decoder().map_err(refused)?;
    let (width, height) = decoder.dimensions();
    check_sides(path, width, height)?;
    let bytes = decoder.total_bytes();
    if bytes > MEMORY_LIMIT {
        let found = format!("{bytes}, of {width}x{height} pixels");
        return Err(malformed(path, &most_memory(), found, LARGE));
    }
    limits.reserve(bytes).and_then(|()| decoder.set_limits(limits)).map_err(refused)?;
    DynamicImage::from_decoder(decoder).map_err(refused)
}

/// The width and height that a PNG file begins with, of which its decoder says nothing where they are too large.
fn png_sides(bytes: &[u8]) -> Option<(u32, u32)> {
    let side = |place| Some(u32::from_be_bytes(*bytes.get(place..)?.first_chunk()?));
    side(16).zip(side(20))
}

fn check_sides(path: &Path, width: u32, height: u32) -> Result<(), DataError> {
    if width.max(height) <= SIDE_LIMIT {
        return Ok(());
    }
    let expected = format!("at most {SIDE_LIMIT} pixels along a side");
    Err(malformed(path, &expected, format!("{width}x{height}"), LARGE))
}

fn most_memory() -> String {
    format!("at most {MEMORY_LIMIT} bytes to decode the image")
}

/// What a user can make of the error of a decoder, which speaks of the decoder.
fn undecoded(path: &Path, format: ImageFormat, error: &ImageError) -> DataError {
    let format = name(format);
    match error {
        ImageError::Limits(_) => malformed(path, &most_memory(), "more".into(), LARGE),
        ImageError::Unsupported(_) => {
            let expected = format!("a {format} image of a kind that is read");
            malformed(path, &expected, "another kind".into(), "save the image again as PNG")
        }
        _ => {
            let found = "one that is damaged or cut off".into();
            malformed(path, &format!("a whole {format} image"), found, DAMAGED)
        }
    }
}

/// Whether a JPEG file has its end behind the last of its scans. The decoder fills in what a file that
/// was cut off lacks.
fn ends(bytes: &[u8]) -> bool {
    let last = |marker: u8| bytes.windows(2).rposition(|pair| *pair == [0xff, marker]);
    last(0xd9) > last(0xda)
}

fn arranged(
    path: &Path,
    image: &DynamicImage,
    reading: ImageReading,
) -> Result<Picture, DataError> {
    let color = image.color();
    let channels = match reading.channels {
        Some(channels) => channels,
        None if color.has_alpha() => {
            let found = "an image with transparency".into();
            return Err(malformed(path, "a grey or an RGB image", found, TRANSPARENT));
        }
        None => usize::from(color.channel_count()),
    };
    let resized = reading.size.map(|size| resized(path, image, size)).transpose()?;
    let image = resized.as_ref().unwrap_or(image);
    let pixels = if channels == 1 {
        image.to_luma8().into_raw()
    } else {
        let interleaved = image.to_rgb8().into_raw();
        let plane = |channel| interleaved.iter().skip(channel).step_by(channels).copied();
        (0..channels).flat_map(plane).collect()
    };
    let (height, width) = (image.height() as usize, image.width() as usize);
    Ok(Picture { channels, height, width, pixels })
}

/// The middle of an image as a square of `size` pixels a side.
///
/// Scaling makes all of an image before the square is cut out of it, so that a strip of one pixel would
/// become as many squares as it is long.
fn resized(path: &Path, image: &DynamicImage, size: usize) -> Result<DynamicImage, DataError> {
    let (width, height) = (image.width(), image.height());
    let shorter = width.min(height);
    let [wide, high] = [width, height].map(|side| middle(side, shorter));
    let cut = ((wide, high) != (width, height))
        .then(|| image.crop_imm((width - wide) / 2, (height - high) / 2, wide, high));
    let scaled =
        |side: u32| u64::from(side).saturating_mul(size as u64) / u64::from(shorter.max(1));
    let pixels = u64::from(wide).max(scaled(wide)).saturating_mul(scaled(high));
    let size = u32::try_from(size).ok().filter(|_| pixels <= SCALED_LIMIT).ok_or_else(|| {
        let expected = format!("at most {SCALED_LIMIT} pixels on the way to `size` = {size}");
        malformed(path, &expected, pixels.to_string(), "set `size` to a smaller one")
    })?;
    let image = cut.as_ref().unwrap_or(image);
    Ok(image.resize_to_fill(size, size, FilterType::Triangle))
}

/// How much of a side is scaled: all, or as much of its middle as [`LONGEST`] says, less one where the ends
/// would not be equal.
fn middle(side: u32, shorter: u32) -> u32 {
    let most = shorter.saturating_mul(LONGEST);
    if side <= most { side } else { most - (side - most) % 2 }
}

fn malformed(path: &Path, expected: &str, found: String, hint: &'static str) -> DataError {
    DataError::Malformed { path: path.into(), expected: expected.into(), found, hint }
}
