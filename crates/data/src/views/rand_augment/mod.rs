/*!
RandAugment: Cubuk, Zoph, Shlens and Le, "RandAugment: Practical automated data augmentation with a reduced
search space" (2020).

Of the 14 operations of its section 3 so many are drawn, with repetition, and carried out one after the other
at one magnitude. What a magnitude means for each is as in torchvision's `RandAugment` with 31 bins: of half
of the operations that have a direction the sign is turned. The arithmetic of pixels is Pillow's, on bytes.
*/

mod blending;
mod geometry;
mod tones;

use random::Generator;

use crate::sample::SampleShape;
use geometry::Affine;

/// The magnitude at which every operation has its largest effect.
pub(crate) const LARGEST_MAGNITUDE: usize = 30;

/// How images are varied.
#[derive(Clone, Debug)]
pub(super) struct RandAugment {
    /// Operations of a view.
    pub(super) operations: usize,
    /// From 0 to [`LARGEST_MAGNITUDE`].
    pub(super) magnitude: usize,
    /// The scaled value of each byte, for each channel.
    pub(super) levels: Vec<Vec<f32>>,
}

/// An image as bytes, one plane a channel.
struct Picture {
    planes: Vec<Vec<u8>>,
    height: usize,
    width: usize,
}

#[derive(Clone, Copy)]
enum Operation {
    Identity,
    AutoContrast,
    Equalize,
    Rotate,
    Solarize,
    Color,
    Posterize,
    Contrast,
    Brightness,
    Sharpness,
    ShearX,
    ShearY,
    TranslateX,
    TranslateY,
}

const ALL: [Operation; 14] = [
    Operation::Identity,
    Operation::AutoContrast,
    Operation::Equalize,
    Operation::Rotate,
    Operation::Solarize,
    Operation::Color,
    Operation::Posterize,
    Operation::Contrast,
    Operation::Brightness,
    Operation::Sharpness,
    Operation::ShearX,
    Operation::ShearY,
    Operation::TranslateX,
    Operation::TranslateY,
];

/// The largest rotation, in degrees.
const ROTATION: f64 = 30.0;
/// The largest shear, in pixels a pixel.
const SHEAR: f64 = 0.3;
/// The largest translation as a share of the side: 150 pixels of 331.
const TRANSLATION: f64 = 150.0 / 331.0;
/// By how much the factor of a blend differs from 1 at most.
const BLEND: f64 = 0.9;
/// Bits that are taken from a byte at most.
const BITS: f64 = 4.0;

impl RandAugment {
    /// Varies an image of scaled values in its place.
    pub(super) fn apply(&self, generator: &mut Generator, values: &mut [f32], shape: SampleShape) {
        let SampleShape::Image { height, width, .. } = shape else { return };
        let area = (height * width).max(1);
        let planes = values.chunks_exact(area).zip(&self.levels);
        let planes = planes.map(|(plane, levels)| bytes(plane, levels)).collect();
        let mut picture = Picture { planes, height, width };
        for _ in 0..self.operations {
            let drawn = generator.below(ALL.len() as u64) as usize;
            let turned = generator.below(2) == 1;
            if let Some(operation) = ALL.get(drawn) {
                picture = operation.carried_out(picture, self.share(), turned);
            }
        }
        let planes = values.chunks_exact_mut(area).zip(&self.levels).zip(&picture.planes);
        for ((values, levels), bytes) in planes {
            for (value, byte) in values.iter_mut().zip(bytes) {
                *value = levels.get(usize::from(*byte)).copied().unwrap_or_default();
            }
        }
    }

    /// The magnitude as a share of the largest.
    fn share(&self) -> f64 {
        self.magnitude as f64 / LARGEST_MAGNITUDE as f64
    }
}

/// The bytes that scaled values were made from; the scale is a straight line.
fn bytes(values: &[f32], levels: &[f32]) -> Vec<u8> {
    let (Some(&black), Some(&white)) = (levels.first(), levels.last()) else { return Vec::new() };
    let slope = 255.0 / (f64::from(white) - f64::from(black));
    let byte = |&value: &f32| ((f64::from(value) - f64::from(black)) * slope).round() as u8;
    values.iter().map(byte).collect()
}

impl Operation {
    /// The picture after the operation at a magnitude from 0 to 1, in one direction or the other.
    fn carried_out(self, picture: Picture, magnitude: f64, turned: bool) -> Picture {
        let sign = if turned { -1.0 } else { 1.0 };
        let factor = (1.0 + sign * BLEND * magnitude) as f32;
        let (height, width) = (picture.height as f64, picture.width as f64);
        // Whole pixels.
        let distance = |side: f64| sign * (TRANSLATION * side * magnitude).trunc();
        match self {
            Self::Identity => picture,
            Self::AutoContrast => picture.mapped(tones::stretched),
            Self::Equalize => picture.mapped(tones::equalised),
            Self::Solarize => picture.mapped(|_| tones::solarised(255.0 * (1.0 - magnitude))),
            Self::Posterize => {
                picture.mapped(|_| tones::posterised((BITS * magnitude).round() as u32))
            }
            Self::Color => blending::color(picture, factor),
            Self::Contrast => blending::contrast(picture, factor),
            Self::Brightness => blending::brightness(picture, factor),
            Self::Sharpness => blending::sharpness(picture, factor),
            Self::Rotate => {
                picture.moved(Affine::rotation(sign * ROTATION * magnitude, [width, height]))
            }
            Self::ShearX => picture.moved(Affine::shear(sign * SHEAR * magnitude, 0.0)),
            Self::ShearY => picture.moved(Affine::shear(0.0, sign * SHEAR * magnitude)),
            Self::TranslateX => picture.moved(Affine::translation(distance(width), 0.0)),
            Self::TranslateY => picture.moved(Affine::translation(0.0, distance(height))),
        }
    }
}

impl Picture {
    /// Each byte of a plane replaced by what `table` makes of the plane says.
    fn mapped(mut self, table: impl Fn(&[u8]) -> [u8; 256]) -> Self {
        for plane in &mut self.planes {
            let table = table(plane);
            for byte in plane {
                *byte = table.get(usize::from(*byte)).copied().unwrap_or_default();
            }
        }
        self
    }

    fn moved(mut self, affine: Affine) -> Self {
        for plane in &mut self.planes {
            *plane = affine.apply(plane, [self.height, self.width]);
        }
        self
    }
}
