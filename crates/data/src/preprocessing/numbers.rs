/*!
Columns of numbers: median, mean and deviation of the training rows.
*/

use super::cells::{is_missing, missing_value, number};
use super::column::{ColumnScale, Fill};
use super::table::TrainingColumn;
use crate::error::DataError;
use crate::table_error::TableError;

/// Mean and deviation of the training rows, missing ones at the median of the others.
pub(crate) fn standardised(column: &TrainingColumn<'_>) -> Result<ColumnScale, DataError> {
    let missing = column.options.missing.as_deref();
    let place = column.place;
    let mut numbers = Vec::with_capacity(column.training.len());
    let mut absent = 0;
    for row in column.rows() {
        if !is_missing(row.cell(place), missing.unwrap_or_default()) {
            numbers.push(number(row, place)?);
        } else if missing.is_some() {
            absent += 1;
        } else {
            return Err(missing_value(row, place));
        }
    }
    let Some(median) = median(&numbers) else {
        let (path, column) = (column.table.heading.path.clone(), column.name.to_owned());
        return Err(TableError::WithoutValues { path, column }.into());
    };
    numbers.resize(numbers.len() + absent, median);
    let (mean, deviation) = moments(&numbers);
    let fill = missing.map(|_| Fill { median, indicator: absent > 0 });
    Ok(ColumnScale::Standardised { mean, deviation, fill })
}

/// The middle number, or the mean of the two in the middle.
pub(crate) fn median(numbers: &[f64]) -> Option<f64> {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = *sorted.get((sorted.len() - 1) / 2)?;
    Some(lower + (upper - lower) / 2.0)
}

/// Mean and standard deviation, which is 1 for equal numbers.
pub(crate) fn moments(numbers: &[f64]) -> (f64, f64) {
    let count = numbers.len().max(1) as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let variance = numbers.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    let deviation = variance.sqrt();
    // The mean of equal numbers may be rounded, which would leave a tiny deviation.
    let constant = numbers.windows(2).all(|pair| pair.first() == pair.last());
    (mean, if constant || deviation == 0.0 { 1.0 } else { deviation })
}
