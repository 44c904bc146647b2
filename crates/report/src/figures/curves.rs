//! How training went: the loss of each model by its parts, and what validation said of all of them.

use std::collections::BTreeSet;

use crate::plot::canvas::Figure;
use crate::plot::lines::{self, Chart, Series};
use crate::summary::{Curve, Point, Role, Summary};
use crate::wording::wording;

/// The colours of the parts of a loss.
pub(super) const PARTS: [&str; 5] = ["part-1", "part-2", "part-3", "part-4", "part-5"];

/// The curves that the summary has numbers for.
pub(crate) fn figures(summary: &Summary) -> Vec<Figure> {
    let words = wording(summary.task);
    let roles: BTreeSet<Role> = summary.curves.iter().map(|curve| curve.role).collect();
    let values =
        [if words.is_share { score as fn(&Point) -> f64 } else { error }, loss_of, agreement];
    let validation = words.curves.into_iter().zip(values);
    let compared = validation.map(|([name, title, vertical], value)| {
        let series = roles.iter().filter_map(|role| of_role(summary, *role, value)).collect();
        Chart { name: name.to_owned(), title, vertical, series, caption: String::new() }
    });
    // The distilled student first: its loss has the parts that a reader looks for.
    let losses = roles.iter().rev().filter_map(|role| {
        let title = format!("Training loss of the {}", role.words());
        lines::draw(loss(summary, *role, &title))
    });
    compared.filter_map(lines::draw).chain(losses).collect()
}

fn score(point: &Point) -> f64 {
    point.validation_score
}

fn error(point: &Point) -> f64 {
    -point.validation_score
}

fn loss_of(point: &Point) -> f64 {
    point.validation_loss
}

fn agreement(point: &Point) -> f64 {
    point.agreement.unwrap_or(f64::NAN)
}

fn of_role(summary: &Summary, role: Role, value: impl Fn(&Point) -> f64) -> Option<Series> {
    let runs = runs(summary, role, value);
    (!runs.is_empty()).then(|| Series { label: role.words().into_owned(), class: role.key(), runs })
}

/// What each seed of a model has by epoch.
pub(super) fn runs(
    summary: &Summary,
    role: Role,
    value: impl Fn(&Point) -> f64,
) -> Vec<Vec<(f64, f64)>> {
    let curves = summary.curves.iter().filter(|curve| curve.role == role);
    curves
        .map(|curve| curve.points.iter().map(|point| (point.epoch, value(point))).collect())
        .collect()
}

/// The training loss of one model: the sum that was minimised, and its parts where it has more than one.
fn loss<'t>(summary: &Summary, role: Role, title: &'t str) -> Chart<'t> {
    let points = || {
        summary
            .curves
            .iter()
            .filter(|curve| curve.role == role)
            .flat_map(|curve: &Curve| &curve.points)
    };
    let names: BTreeSet<&String> = points().flat_map(|point| point.parts.keys()).collect();
    let whole = names.len() == 1
        && points().all(|point| point.parts.values().all(|part| *part == point.loss));
    let only = names.first().filter(|_| whole);
    let total = only.map_or_else(|| "loss".to_owned(), |name| format!("loss ({name})"));
    let mut series = vec![Series {
        label: total,
        class: "total",
        runs: runs(summary, role, |point| point.loss),
    }];
    if only.is_none() {
        for (name, class) in names.into_iter().zip(PARTS.into_iter().cycle()) {
            let value = |point: &Point| point.parts.get(name).copied().unwrap_or(f64::NAN);
            series.push(Series { label: name.clone(), class, runs: runs(summary, role, value) });
        }
    }
    Chart { name: format!("loss-{role}"), title, vertical: "loss", series, caption: String::new() }
}
