//! How strongly the terms of the loss pull at the distilled student, one against the other.

use std::collections::BTreeSet;

use super::curves::{PARTS, runs};
use crate::plot::canvas::Figure;
use crate::plot::lines::{self, Chart, Series};
use crate::summary::{Point, Role, Summary};

/// The share of each term in the sum of the norms; nothing where the loss has one term alone.
pub(crate) fn figure(summary: &Summary) -> Option<Figure> {
    let student = summary.curves.iter().filter(|curve| curve.role == Role::Student);
    let points = student.flat_map(|curve| &curve.points);
    let names: BTreeSet<&String> = points.flat_map(|point| point.gradient_norms.keys()).collect();
    if names.len() < 2 {
        return None;
    }
    let series = names.into_iter().zip(PARTS.into_iter().cycle()).map(|(name, class)| Series {
        label: name.clone(),
        class,
        runs: runs(summary, Role::Student, |point| share(point, name)),
    });
    lines::draw(Chart {
        name: "gradients".to_owned(),
        title: "Pull of each part of the loss on the distilled student",
        vertical: "share of the gradient",
        series: series.collect(),
        caption: "Each part's norm of the gradient by the student's logits, with the part's weight, as a share of \
                  the sum of all; of one batch at the end of each epoch."
            .to_owned(),
    })
}

fn share(point: &Point, name: &str) -> f64 {
    let sum: f64 = point.gradient_norms.values().sum();
    point.gradient_norms.get(name).map_or(f64::NAN, |norm| norm / sum)
}
