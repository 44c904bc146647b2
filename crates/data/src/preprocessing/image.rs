/*!
Pixels: scaled to [0, 1], then standardised with the mean and deviation of each channel.
*/

use serde::{Deserialize, Serialize};

use super::cells::{number, single};
use crate::error::DataError;
use crate::idx::Images;
use crate::sample::SampleShape;
use crate::table::Table;

/// The scale of images of one size. A raw pixel from 0 to 255 becomes
/// `(pixel / 255 - mean) / deviation`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImagePreprocessing {
    /// Rows of pixels.
    pub height: usize,
    /// Pixels in a row.
    pub width: usize,
    /// The mean of all training pixels of each channel, in units of 255.
    pub mean: Vec<f64>,
    /// Their standard deviation, 1 where all pixels are equal.
    pub deviation: Vec<f64>,
    /// The names of the classes, in the order of their numbers.
    pub classes: Vec<String>,
}

const LARGEST_PIXEL: f64 = 255.0;

impl ImagePreprocessing {
    pub(crate) fn fit(images: &Images, classes: Vec<String>, training: &[usize]) -> Self {
        let mut counts = [0_u64; 256];
        for row in training {
            for &pixel in images.image(*row) {
                if let Some(count) = counts.get_mut(usize::from(pixel)) {
                    *count += 1;
                }
            }
        }
        let (mean, deviation) = moments(&counts);
        Self {
            height: images.height,
            width: images.width,
            mean: vec![mean],
            deviation: vec![deviation],
            classes,
        }
    }

    pub(crate) fn shape(&self) -> SampleShape {
        SampleShape::Image { channels: self.mean.len(), height: self.height, width: self.width }
    }

    pub(crate) fn background(&self) -> Vec<f32> {
        (0..self.mean.len()).map(|channel| self.scaled(channel, 0.0) as f32).collect()
    }

    /// The values of the chosen images.
    pub(crate) fn of_pixels(&self, images: &Images, rows: &[usize]) -> Result<Vec<f32>, DataError> {
        let found = SampleShape::Image { channels: 1, height: images.height, width: images.width };
        if found != self.shape() {
            return Err(DataError::ShapeMismatch {
                path: images.path.clone(),
                expected: self.shape().to_string(),
                found: found.to_string(),
            });
        }
        let scaled: [f32; 256] = std::array::from_fn(|pixel| self.scaled(0, pixel as f64) as f32);
        let pixels = rows.iter().flat_map(|&row| images.image(row));
        Ok(pixels.filter_map(|&pixel| scaled.get(usize::from(pixel)).copied()).collect())
    }

    /// The values of all rows of a table with the columns `pixel_0`, `pixel_1` and so on.
    pub(crate) fn of_table(&self, table: &Table) -> Result<Vec<f32>, DataError> {
        let columns = (0..self.shape().len())
            .map(|pixel| table.column(&format!("pixel_{pixel}")))
            .collect::<Result<Vec<_>, _>>()?;
        let area = self.height.saturating_mul(self.width).max(1);
        let mut values = Vec::new();
        for row in &table.rows {
            for (pixel, &column) in columns.iter().enumerate() {
                let scaled = self.scaled(pixel / area, number(table, row, column)?);
                values.push(single(table, row, column, scaled)?);
            }
        }
        Ok(values)
    }

    fn scaled(&self, channel: usize, pixel: f64) -> f64 {
        let mean = self.mean.get(channel).copied().unwrap_or(0.0);
        let deviation = self.deviation.get(channel).copied().unwrap_or(1.0);
        (pixel / LARGEST_PIXEL - mean) / deviation
    }
}

/// Mean and standard deviation of pixels, in units of 255, from how often each value occurs.
fn moments(counts: &[u64; 256]) -> (f64, f64) {
    let total = counts.iter().sum::<u64>().max(1) as f64;
    let weighted = |weight: &dyn Fn(f64) -> f64| {
        let sum: f64 = counts
            .iter()
            .enumerate()
            .map(|(pixel, &count)| count as f64 * weight(pixel as f64 / LARGEST_PIXEL))
            .sum();
        sum / total
    };
    let mean = weighted(&|value| value);
    let deviation = weighted(&|value| (value - mean).powi(2)).sqrt();
    let constant = counts.iter().filter(|&&count| count > 0).count() <= 1;
    (mean, if constant { 1.0 } else { deviation })
}
