//! Which figures a summary gives, and in which order.

pub(crate) mod calibration;
pub(crate) mod confusion;
pub(crate) mod curves;
pub(crate) mod difference;
pub(crate) mod pull;
pub(crate) mod sweep;

use crate::plot::canvas::Figure;
use crate::summary::Summary;

/// Every figure, in the order of the report.
pub(crate) fn all(summary: &Summary) -> Vec<Figure> {
    let mut figures: Vec<Figure> = difference::figure(summary).into_iter().collect();
    figures.extend(curves::figures(summary));
    figures.extend(confusion::maps(summary));
    figures.extend(confusion::gain(summary));
    figures.extend(calibration::figures(summary));
    figures.extend(pull::figure(summary));
    figures.extend(sweep::figure(summary));
    figures
}
