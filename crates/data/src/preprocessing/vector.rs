/*!
Rows of numbers: each place standardised by itself.
*/

use serde::{Deserialize, Serialize};

use super::cells::{number, single};
use crate::error::DataError;
use crate::hint::OTHER_SHAPE;
use crate::sample::SampleShape;
use crate::table::Table;
use crate::vectors::Vectors;

/// The scale of rows of numbers. A raw number becomes `(number - mean) / deviation` of its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VectorPreprocessing {
    /// The mean of the training rows at each place.
    pub mean: Vec<f64>,
    /// Their standard deviation (divisor n), 1 where all numbers are equal.
    pub deviation: Vec<f64>,
    /// The names of the classes, in the order of their numbers.
    pub classes: Vec<String>,
}

impl VectorPreprocessing {
    pub(crate) fn fit(vectors: &Vectors, classes: Vec<String>, training: &[usize]) -> Self {
        let count = training.len().max(1) as f64;
        let width = vectors.width;
        let sums = |term: &dyn Fn(usize, f64) -> f64| {
            let mut sums = vec![0.0; width];
            for &row in training {
                for (place, (sum, &number)) in sums.iter_mut().zip(vectors.row(row)).enumerate() {
                    *sum += term(place, f64::from(number));
                }
            }
            sums.into_iter().map(|sum| sum / count).collect::<Vec<f64>>()
        };
        let mean = sums(&|_, number| number);
        let mean_at = |place: usize| mean.get(place).copied().unwrap_or_default();
        let variance = sums(&|place, number| (number - mean_at(place)).powi(2));
        let first = training.first().map_or(&[][..], |&row| vectors.row(row));
        // The mean of equal numbers may be rounded, which would leave a tiny deviation.
        let constant = |place: usize| {
            training.iter().all(|&row| vectors.row(row).get(place) == first.get(place))
        };
        let deviation = variance.into_iter().enumerate().map(|(place, variance)| {
            let deviation = variance.sqrt();
            if deviation == 0.0 || constant(place) { 1.0 } else { deviation }
        });
        Self { deviation: deviation.collect(), mean, classes }
    }

    pub(crate) fn shape(&self) -> SampleShape {
        SampleShape::Vector(self.mean.len())
    }

    /// `value_0`, `value_1` and so on.
    pub(crate) fn value_names(&self) -> Vec<String> {
        (0..self.mean.len()).map(|place| format!("value_{place}")).collect()
    }

    /// The values of the chosen rows.
    pub(crate) fn values(&self, vectors: &Vectors, rows: &[usize]) -> Result<Vec<f32>, DataError> {
        let found = SampleShape::Vector(vectors.width);
        if found != self.shape() {
            return Err(DataError::Malformed {
                path: vectors.path.clone(),
                expected: self.shape().to_string(),
                found: found.to_string(),
                hint: OTHER_SHAPE,
            });
        }
        let mut values = Vec::with_capacity(rows.len().saturating_mul(vectors.width));
        for &row in rows {
            let scales = self.mean.iter().zip(&self.deviation);
            for ((place, &number), (mean, deviation)) in
                vectors.row(row).iter().enumerate().zip(scales)
            {
                let scaled = ((f64::from(number) - mean) / deviation) as f32;
                if !scaled.is_finite() {
                    return Err(DataError::Malformed {
                        path: vectors.path.clone(),
                        expected: "numbers that single precision can hold".into(),
                        found: format!("{number} in row {row} at place {place}"),
                        hint: "correct the value, or remove the row",
                    });
                }
                values.push(scaled);
            }
        }
        Ok(values)
    }

    /// The values of all rows of a table with the columns `value_0`, `value_1` and so on.
    pub(crate) fn of_table(&self, table: &Table) -> Result<Vec<f32>, DataError> {
        let names = self.value_names();
        let columns = names.iter().map(|name| table.column(name)).collect::<Result<Vec<_>, _>>()?;
        let mut values = Vec::new();
        for row in table.rows() {
            for ((&column, mean), deviation) in columns.iter().zip(&self.mean).zip(&self.deviation)
            {
                let scaled = (number(row, column)? - mean) / deviation;
                values.push(single(row, column, scaled)?);
            }
        }
        Ok(values)
    }
}
