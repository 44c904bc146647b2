//! Small pictures within the page.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::summary::Picture;

/// A side of a picture on the page, in its own units.
const SIDE: u32 = 56;

/// The picture as an element; words where it cannot be shown.
pub(crate) fn image(picture: &Picture, words: &str) -> String {
    match png(picture) {
        Some(bytes) => format!(
            "<img class=\"sample\" width=\"{SIDE}\" height=\"{SIDE}\" alt=\"{words}\" src=\"data:image/png;base64,{}\">",
            STANDARD.encode(bytes)
        ),
        None => words.to_owned(),
    }
}

/// None where the bytes are not those of grey or coloured pixels of that size.
fn png(picture: &Picture) -> Option<Vec<u8>> {
    let pixels = u64::from(picture.width) * u64::from(picture.height);
    let color = match (picture.bytes.len() as u64).checked_div(pixels)? {
        1 => png::ColorType::Grayscale,
        3 => png::ColorType::Rgb,
        _ => return None,
    };
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, picture.width, picture.height);
    encoder.set_color(color);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&picture.bytes).ok()?;
    writer.finish().ok()?;
    Some(bytes)
}
