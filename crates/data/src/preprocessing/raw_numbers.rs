/*!
Raw rows as numbers, for a model that another framework trained and that scales them by itself.
*/

use super::Preprocessing;
use super::column::{Column, ColumnScale};
use super::image::ImagePreprocessing;
use super::table::TablePreprocessing;
use super::vector::VectorPreprocessing;
use crate::error::DataError;
use crate::options::refused;

/// How a model wants pixels: `(pixel * range - mean) / deviation`, where a pixel is from 0 to 1 if
/// it is a byte.
#[derive(Clone, Debug, PartialEq)]
pub struct PixelScale {
    /// What the brightest byte becomes: 1, or 255 for bytes as they are.
    pub range: f64,
    /// Of each channel, or one for all; none for 0.
    pub mean: Vec<f64>,
    /// Of each channel, or one for all, above 0; none for 1.
    pub deviation: Vec<f64>,
}

impl Preprocessing {
    /// The same rows as the numbers that their files hold, in the order of their columns; images as
    /// `pixels` says. A missing cell is refused.
    ///
    /// # Errors
    /// [`DataError::Option`] for a column of words, which is no number, for another number of channels,
    /// and for `pixels` of samples that are no images.
    pub fn raw_numbers(&self, pixels: &PixelScale) -> Result<Self, DataError> {
        let is_plain = pixels.range == 1.0 && pixels.mean.is_empty() && pixels.deviation.is_empty();
        match self {
            Self::Image(image) => image.rescaled(pixels).map(Self::Image),
            _ if !is_plain => {
                let nothing = "nothing, because the samples are no images";
                Err(refused("pixel_range, pixel_mean or pixel_deviation", "set", nothing))
            }
            Self::Table(table) => {
                let columns = table.columns.iter().map(plain).collect::<Result<Vec<_>, _>>()?;
                Ok(Self::Table(TablePreprocessing { missing: None, columns, ..table.clone() }))
            }
            Self::Bytes(bytes) => Ok(Self::Bytes(bytes.clone())),
            Self::Vector(vector) => Ok(Self::Vector(VectorPreprocessing {
                mean: vec![0.0; vector.mean.len()],
                deviation: vec![1.0; vector.mean.len()],
                classes: vector.classes.clone(),
            })),
        }
    }
}

fn plain(column: &Column) -> Result<Column, DataError> {
    let scale = match &column.scale {
        ColumnScale::Standardised { .. } => {
            ColumnScale::Standardised { mean: 0.0, deviation: 1.0, fill: None }
        }
        ColumnScale::Divided { .. } => ColumnScale::Divided { by: 1.0 },
        ColumnScale::OneHot { .. } => {
            let expected = format!("scaled, because the column `{}` holds words", column.name);
            return Err(refused("values", "raw", expected));
        }
    };
    Ok(Column { name: column.name.clone(), scale })
}

impl ImagePreprocessing {
    fn rescaled(&self, pixels: &PixelScale) -> Result<Self, DataError> {
        let channels = self.mean.len();
        let each = |key, given: &[f64], usual: f64| match given {
            [] => Ok(vec![usual; channels]),
            [one] => Ok(vec![*one; channels]),
            all if all.len() == channels => Ok(all.to_vec()),
            all => {
                let expected = format!(
                    "one number, or one for each of {}",
                    words::counted(channels, "channel")
                );
                Err(refused(key, all.len(), expected))
            }
        };
        let in_range = |values: Vec<f64>| values.iter().map(|value| value / pixels.range).collect();
        Ok(Self {
            mean: in_range(each("pixel_mean", &pixels.mean, 0.0)?),
            deviation: in_range(each("pixel_deviation", &pixels.deviation, 1.0)?),
            ..self.clone()
        })
    }
}
