/*!
Pixels: bytes scaled to [0, 1], then all standardised with the mean and deviation of each channel.
*/

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cells::{number, single};
use crate::error::DataError;
use crate::hint::OTHER_SHAPE;
use crate::images::{Images, Pixels};
use crate::reading::ImageReading;
use crate::room::Room;
use crate::sample::SampleShape;
use crate::table::Table;
use crate::values::{Form, Levels, Stretch, Values, extend_by_levels};

/// The scale of images of one size. A raw pixel becomes `(pixel / unit - mean) / deviation`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImagePreprocessing {
    /// Rows of pixels.
    pub height: usize,
    /// Pixels in a row.
    pub width: usize,
    /// The mean of all training pixels of each channel, in units.
    pub mean: Vec<f64>,
    /// Their standard deviation, 1 where all pixels are equal.
    pub deviation: Vec<f64>,
    /// 255 where a pixel is a byte, 1 where it is a number of another type.
    #[serde(default = "byte_unit")]
    pub unit: f64,
    /// How they are read from files.
    #[serde(default)]
    pub reading: ImageReading,
    /// The names of the classes, in the order of their numbers.
    pub classes: Vec<String>,
}

const fn byte_unit() -> f64 {
    255.0
}

impl ImagePreprocessing {
    pub(crate) fn fit(
        images: &Images,
        classes: Vec<String>,
        training: &[usize],
        reading: ImageReading,
    ) -> Result<Self, DataError> {
        let unit = images.pixels.unit();
        let (mean, deviation) = moments(images, training)?.into_iter().unzip();
        let (height, width) = (images.height, images.width);
        let reading = reading.settled();
        Ok(Self { height, width, mean, deviation, unit, reading, classes })
    }

    pub(crate) fn shape(&self) -> SampleShape {
        SampleShape::Image { channels: self.mean.len(), height: self.height, width: self.width }
    }

    pub(crate) fn background(&self) -> Vec<f32> {
        (0..self.mean.len()).map(|channel| self.scaled(channel, 0.0) as f32).collect()
    }

    pub(crate) fn levels(&self) -> Option<Vec<Vec<f32>>> {
        let of_channel =
            |channel| (0..=255).map(|byte| self.scaled(channel, f64::from(byte)) as f32).collect();
        (self.unit == byte_unit()).then(|| (0..self.mean.len()).map(of_channel).collect())
    }

    /// The values of the chosen images. Pixels in a file stay there.
    pub(crate) fn of_pixels(
        &self,
        images: &Images,
        rows: &[usize],
        room: &Room,
    ) -> Result<Values, DataError> {
        let (expected, found) = (self.in_words(), in_words(images.shape(), images.pixels.unit()));
        if found != expected {
            let (path, hint) = (images.path.clone(), OTHER_SHAPE);
            return Err(DataError::Malformed { path, expected, found, hint });
        }
        let size = self.shape().len();
        let levels = self.levels().unwrap_or_default();
        let levels: Vec<Levels> =
            levels.iter().filter_map(|levels| levels.as_slice().try_into().ok()).collect();
        if matches!(images.pixels, Pixels::Stored(_)) {
            return Ok(stretches(&images.pixels, rows, size, levels));
        }
        let mut writer = room.writer(rows.len(), size)?;
        let mut values = Vec::with_capacity(size);
        for &row in rows {
            values.clear();
            extend_by_levels(&mut values, &images.pixels.bytes(row, size)?, &levels);
            for (channel, plane) in images.pixels.numbers(row, size).chunks(self.area()).enumerate()
            {
                values.extend(plane.iter().map(|&p| self.scaled(channel, f64::from(p)) as f32));
            }
            if values.iter().any(|value| !value.is_finite()) {
                return Err(DataError::Malformed {
                    path: images.path.clone(),
                    expected: "pixels that single precision can hold when scaled".into(),
                    found: "a larger one".into(),
                    hint: "bring the pixels of all images into one range",
                });
            }
            writer.push(&values)?;
        }
        writer.finish()
    }

    /// The values of all rows of a table with the columns `pixel_0`, `pixel_1` and so on.
    pub(crate) fn of_table(&self, table: &Table) -> Result<Vec<f32>, DataError> {
        let columns = (0..self.shape().len())
            .map(|pixel| table.column(&format!("pixel_{pixel}")))
            .collect::<Result<Vec<_>, _>>()?;
        let mut values = Vec::new();
        for row in table.rows() {
            for (pixel, &column) in columns.iter().enumerate() {
                let scaled = self.scaled(pixel / self.area(), number(row, column)?);
                values.push(single(row, column, scaled)?);
            }
        }
        Ok(values)
    }

    /// What the images must be.
    pub(crate) fn in_words(&self) -> String {
        in_words(self.shape(), self.unit)
    }

    fn area(&self) -> usize {
        self.height.saturating_mul(self.width).max(1)
    }

    fn scaled(&self, channel: usize, pixel: f64) -> f64 {
        let mean = self.mean.get(channel).copied().unwrap_or(0.0);
        let deviation = self.deviation.get(channel).copied().unwrap_or(1.0);
        (pixel / self.unit - mean) / deviation
    }
}

/// The shape, and what a pixel is where it is not the usual byte.
fn in_words(shape: SampleShape, unit: f64) -> String {
    if unit == byte_unit() { shape.to_string() } else { format!("{shape} of numbers, not bytes") }
}

/// The chosen images of some files, as they are read there.
fn stretches(pixels: &Pixels, rows: &[usize], width: usize, levels: Vec<Levels>) -> Values {
    let levels = Arc::new(levels);
    let mut values = Values::default();
    let mut located = rows.iter().filter_map(|&row| pixels.located(row)).peekable();
    while let Some((file, first)) = located.next() {
        let mut rows = vec![first];
        while let Some((_, next)) = located.next_if(|(other, _)| Arc::ptr_eq(other, file)) {
            rows.push(next);
        }
        let (file, form) = (Arc::clone(file), Form::Bytes(Arc::clone(&levels)));
        values.append(Stretch { file, width, rows, form }.into());
    }
    values
}

/// Mean and standard deviation of the pixels of each channel, in their unit.
fn moments(images: &Images, training: &[usize]) -> Result<Vec<(f64, f64)>, DataError> {
    let (size, area) = (images.shape().len(), images.height * images.width);
    let channels = 0..images.channels;
    Ok(match &images.pixels {
        Pixels::Bytes(_) | Pixels::Stored(_) => {
            let mut counts = vec![[0_u64; 256]; images.channels];
            for &row in training {
                let image = images.pixels.bytes(row, size)?;
                for (plane, counts) in image.chunks(area.max(1)).zip(&mut counts) {
                    for &pixel in plane {
                        if let Some(count) = counts.get_mut(usize::from(pixel)) {
                            *count += 1;
                        }
                    }
                }
            }
            counts.iter().map(moments_of_counts).collect()
        }
        Pixels::Numbers(_) => channels
            .map(|channel| {
                let pixels = training.iter().flat_map(|&row| {
                    let plane = images.pixels.numbers(row, size).chunks(area.max(1)).nth(channel);
                    plane.unwrap_or_default().iter().map(|&pixel| f64::from(pixel))
                });
                moments_of_numbers(pixels)
            })
            .collect(),
    })
}

/// Mean and standard deviation from how often each byte occurs.
fn moments_of_counts(counts: &[u64; 256]) -> (f64, f64) {
    let total = counts.iter().sum::<u64>().max(1) as f64;
    let weighted = |weight: &dyn Fn(f64) -> f64| {
        let sum: f64 = counts
            .iter()
            .enumerate()
            .map(|(pixel, &count)| count as f64 * weight(pixel as f64 / byte_unit()))
            .sum();
        sum / total
    };
    let mean = weighted(&|value| value);
    let deviation = weighted(&|value| (value - mean).powi(2)).sqrt();
    let constant = counts.iter().filter(|&&count| count > 0).count() <= 1;
    (mean, if constant { 1.0 } else { deviation })
}

fn moments_of_numbers(pixels: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let count = pixels.clone().count().max(1) as f64;
    let mean = pixels.clone().sum::<f64>() / count;
    let variance = pixels.clone().map(|pixel| (pixel - mean).powi(2)).sum::<f64>() / count;
    let first = pixels.clone().next();
    // The mean of equal numbers may be rounded, which would leave a tiny deviation.
    let constant = pixels.clone().all(|pixel| Some(pixel) == first);
    let deviation = variance.sqrt();
    (mean, if constant || deviation == 0.0 { 1.0 } else { deviation })
}
