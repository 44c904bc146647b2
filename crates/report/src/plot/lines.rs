//! Lines over epochs: a thin one for each seed and a thick one for their mean.

use std::collections::BTreeMap;

use super::axis::{Scale, is_drawable};
use super::canvas::{Canvas, Figure, Words};
use super::frame::Frame;
use super::legend;
use crate::number;

/// One quantity of one model, over all seeds.
pub(crate) struct Series {
    pub(crate) label: String,
    /// Its colour and dashes.
    pub(crate) class: &'static str,
    /// (epoch, value) of each seed.
    pub(crate) runs: Vec<Vec<(f64, f64)>>,
}

impl Series {
    fn is_drawable(&self) -> bool {
        self.runs.iter().flatten().any(|(x, y)| is_drawable(*x) && is_drawable(*y))
    }

    /// The mean at each epoch that every seed reached. Beyond the first seed to stop, a mean over the rest would jump.
    fn mean(&self) -> Vec<(f64, f64)> {
        let mut values: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
        for (x, y) in self.runs.iter().flatten().filter(|(x, _)| is_drawable(*x) && *x >= 0.0) {
            // The bits of numbers that are not negative have the order of the numbers; `+ 0.0` makes -0 a plain 0.
            values.entry((x + 0.0).to_bits()).or_default().push(*y);
        }
        let complete = values.into_iter().filter(|(_, values)| values.len() == self.runs.len());
        complete
            .map(|(x, values)| {
                (f64::from_bits(x), values.iter().sum::<f64>() / values.len() as f64)
            })
            .collect()
    }
}

/// What a plot of lines needs to know.
pub(crate) struct Chart<'a> {
    pub(crate) name: String,
    pub(crate) title: &'a str,
    pub(crate) vertical: &'a str,
    pub(crate) series: Vec<Series>,
    pub(crate) caption: String,
}

/// Draws the lines; `None` where nothing can be drawn.
pub(crate) fn draw(chart: Chart) -> Option<Figure> {
    let series: Vec<&Series> = chart.series.iter().filter(|series| series.is_drawable()).collect();
    let all = || series.iter().flat_map(|series| series.runs.iter().flatten());
    let horizontal = Scale::covering(all().map(|point| point.0).chain([0.0]), 6)?;
    let vertical = Scale::covering(all().map(|point| point.1), 5)?;

    let mut canvas = Canvas::new(440.0, 300.0);
    let entries: Vec<(&str, String)> =
        series.iter().map(|series| (series.class, series.label.clone())).collect();
    let top = legend::draw(&mut canvas, 22.0, &entries) + 28.0;
    let frame =
        Frame { left: 46.0, top, width: 384.0, height: 300.0 - 40.0 - top, horizontal, vertical };
    frame.draw_vertical(&mut canvas, chart.vertical);
    frame.draw_horizontal(&mut canvas, "epoch");
    for series in &series {
        if series.runs.len() > 1 {
            series.runs.iter().for_each(|run| {
                draw_line(&mut canvas, &frame, &format!("run {}", series.class), run)
            });
        }
    }
    for series in &series {
        draw_line(&mut canvas, &frame, &format!("mean {}", series.class), &series.mean());
    }
    let description = format!("{} by epoch. Last mean: {}.", chart.vertical, last_means(&series));
    Some(canvas.finish(chart.name, chart.title, Words { description, caption: chart.caption }))
}

/// A line with gaps where there is no finite value; a value alone between gaps is a dot.
fn draw_line(canvas: &mut Canvas, frame: &Frame, class: &str, points: &[(f64, f64)]) {
    for piece in points.split(|(x, y)| !is_drawable(*x) || !is_drawable(*y)) {
        match piece {
            [] => {}
            [point] => canvas.circle(&format!("dot {class}"), frame.place(*point), 2.5),
            _ => canvas
                .path(class, &piece.iter().map(|point| frame.place(*point)).collect::<Vec<_>>()),
        }
    }
}

fn last_means(series: &[&Series]) -> String {
    let words = series.iter().map(|series| {
        let last = series.mean().last().map_or(f64::NAN, |point| point.1);
        format!("{} {}", series.label, number::fixed(last, 3))
    });
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(runs: Vec<Vec<(f64, f64)>>) -> Series {
        Series { label: "loss".to_owned(), class: "student", runs }
    }

    #[test]
    fn the_mean_ends_where_the_first_seed_stops() {
        let series =
            series(vec![vec![(1.0, 2.0), (2.0, 1.0), (3.0, 0.5)], vec![(1.0, 4.0), (2.0, 2.0)]]);
        assert_eq!(series.mean(), [(1.0, 3.0), (2.0, 1.5)]);
    }

    #[test]
    fn a_value_that_is_not_finite_leaves_a_gap() {
        let run = vec![(1.0, 1.0), (2.0, 0.9), (3.0, f64::NAN), (4.0, 0.8)];
        let chart = Chart {
            name: "loss".to_owned(),
            title: "Loss",
            vertical: "loss",
            series: vec![series(vec![run])],
            caption: String::new(),
        };
        let svg = draw(chart).unwrap().standalone();
        assert_eq!(
            svg.matches("<path class=\"mean student\"").count(),
            2,
            "a sample in the key and one piece of line"
        );
        assert_eq!(svg.matches("<circle class=\"dot mean student\"").count(), 1);
        assert!(!svg.contains("NaN"));
    }

    #[test]
    fn nothing_to_draw_gives_no_figure() {
        let chart = Chart {
            name: "loss".to_owned(),
            title: "Loss",
            vertical: "loss",
            series: vec![series(vec![vec![(1.0, f64::NAN)]])],
            caption: String::new(),
        };
        assert!(draw(chart).is_none());
    }
}
