//! Operations that blend an image with a poorer one, as Pillow's `ImageEnhance`: a factor of 0 gives the
//! poorer one, 1 the image, and more goes beyond it.

use super::Picture;

/// Blended with its grey version; a grey image stays.
pub(super) fn color(mut picture: Picture, factor: f32) -> Picture {
    if picture.planes.len() == 3 {
        let grey = grey(&picture);
        for plane in &mut picture.planes {
            blend(plane, &grey, factor);
        }
    }
    picture
}

/// Blended with its mean grey.
pub(super) fn contrast(mut picture: Picture, factor: f32) -> Picture {
    let grey = grey(&picture);
    let sum: u64 = grey.iter().map(|&byte| u64::from(byte)).sum();
    let mean = (sum as f64 / grey.len().max(1) as f64 + 0.5) as u8;
    let even = vec![mean; grey.len()];
    for plane in &mut picture.planes {
        blend(plane, &even, factor);
    }
    picture
}

/// Blended with black.
pub(super) fn brightness(mut picture: Picture, factor: f32) -> Picture {
    for plane in &mut picture.planes {
        let black = vec![0; plane.len()];
        blend(plane, &black, factor);
    }
    picture
}

/// Blended with its smoothed version.
pub(super) fn sharpness(mut picture: Picture, factor: f32) -> Picture {
    let Picture { height, width, .. } = picture;
    for plane in &mut picture.planes {
        let smooth = smoothed(plane, [height, width]);
        blend(plane, &smooth, factor);
    }
    picture
}

/// `poor + factor (plane - poor)`, cut off to whole numbers and to bytes.
fn blend(plane: &mut [u8], poor: &[u8], factor: f32) {
    if factor == 1.0 {
        return;
    }
    for (byte, &poor) in plane.iter_mut().zip(poor) {
        let difference = f32::from(i16::from(*byte) - i16::from(poor));
        *byte = (f32::from(poor) + factor * difference) as u8;
    }
}

/// The luminance of ITU-R BT.601 in 16 bits, for three channels; else the first plane.
fn grey(picture: &Picture) -> Vec<u8> {
    let [red, green, blue] = &picture.planes[..] else {
        return picture.planes.first().cloned().unwrap_or_default();
    };
    let colours = red.iter().zip(green).zip(blue);
    let luminance = |((&red, &green), &blue): ((&u8, &u8), &u8)| {
        let sum = u32::from(red) * 19_595 + u32::from(green) * 38_470 + u32::from(blue) * 7_471;
        ((sum + 0x8000) >> 16) as u8
    };
    colours.map(luminance).collect()
}

/// The mean of each pixel and its eight neighbours, in which the pixel counts five times; the pixels of
/// the edge stay.
fn smoothed(plane: &[u8], [height, width]: [usize; 2]) -> Vec<u8> {
    let mut out = plane.to_vec();
    let sum_of_three = |row: usize, column: usize| -> u32 {
        let start = row * width + column - 1;
        plane.get(start..start + 3).into_iter().flatten().map(|&byte| u32::from(byte)).sum()
    };
    for row in 1..height.saturating_sub(1) {
        for column in 1..width.saturating_sub(1) {
            let rows: u32 = (row - 1..=row + 1).map(|row| sum_of_three(row, column)).sum();
            if let Some(byte) = out.get_mut(row * width + column) {
                let sum = rows + 4 * u32::from(*byte);
                // A thirteenth, rounded; a half cannot occur.
                *byte = ((2 * sum + 13) / 26) as u8;
            }
        }
    }
    out
}
