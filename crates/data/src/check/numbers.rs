//! Numbers far beyond the scale of their column.

use words::{counted, verb};

use super::missing::code;
use super::survey::{Column, Survey, numbers};
use super::{Defect, Finding};

/// So many interquartile ranges from the median; 6,700 deviations of normal numbers.
const FAR: f64 = 10_000.0;

pub(super) fn find(survey: &Survey<'_>, findings: &mut Vec<Finding>) {
    for column in survey.columns.iter().filter(|column| !column.is_words) {
        let Some((median, range)) = median_and_range(column) else { continue };
        // A number that stands for a missing value is told as that.
        let code = code(column).map(|(code, ..)| code);
        for part in &survey.parts {
            let numbers = numbers(&survey.cells(part, column.name));
            let far = |number: &Option<f64>| {
                let other = number.filter(|_| *number != code);
                other.is_some_and(|number| (number - median).abs() > FAR * range)
            };
            let Some(row) = numbers.iter().position(far) else { continue };
            let count = numbers.iter().filter(|number| far(number)).count();
            let value = numbers.get(row).copied().flatten().unwrap_or_default();
            let message = format!(
                "{count} of {} of {} {} more than {FAR} interquartile ranges ({}) from the \
                 median {median} of training, this one {value}",
                counted(numbers.len(), "cell"),
                part.name,
                verb(count, "is", "are"),
                range as f32
            );
            let place = part.cell_place(row, column.name);
            findings.push(Finding::warning(Defect::Outlier, place, message));
        }
    }
}

/// The median of the training rows and the distance of their quartiles; none where it is 0.
fn median_and_range(column: &Column<'_>) -> Option<(f64, f64)> {
    let mut sorted: Vec<f64> = numbers(&column.cells).into_iter().flatten().collect();
    sorted.sort_by(f64::total_cmp);
    let quantile = |share: f64| sorted.get((share * sorted.len() as f64) as usize).copied();
    let range = quantile(0.75)? - quantile(0.25)?;
    Some((quantile(0.5)?, range)).filter(|_| range > 0.0)
}
