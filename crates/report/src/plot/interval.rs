//! A difference as a dot with whiskers beside the line of no difference, and a dot for each seed below it.

use super::axis::{Scale, is_drawable};
use super::canvas::{Canvas, Figure, Words};
use super::frame::Frame;

/// The numbers of the plot, in the units of its axis.
pub(crate) struct Interval {
    pub(crate) mean: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) parts: Vec<f64>,
}

/// What is written into the plot.
pub(crate) struct Labels<'a> {
    pub(crate) name: &'a str,
    pub(crate) title: &'a str,
    pub(crate) axis: &'a str,
    /// What a place left and right of zero means.
    pub(crate) sides: (&'a str, &'a str),
}

/// Draws the interval; `None` where neither the mean nor any part is finite.
pub(crate) fn draw(interval: &Interval, labels: &Labels, words: Words) -> Option<Figure> {
    let parts: Vec<f64> =
        interval.parts.iter().copied().filter(|part| is_drawable(*part)).collect();
    let ends = [interval.mean, interval.low, interval.high];
    if !is_drawable(interval.mean) && parts.is_empty() {
        return None;
    }
    let values: Vec<f64> =
        ends.into_iter().chain(parts.iter().copied()).filter(|value| is_drawable(*value)).collect();
    let horizontal = Scale::covering(with_margins(&values), 6)?;
    let vertical = Scale::covering([0.0, 1.0], 1)?;
    let mut canvas = Canvas::new(480.0, 170.0);
    let frame = Frame { left: 80.0, top: 44.0, width: 360.0, height: 84.0, horizontal, vertical };
    frame.draw_horizontal(&mut canvas, labels.axis);
    let zero = frame.x(0.0);
    canvas.line("zero", (zero, frame.top - 6.0), (zero, frame.bottom()));
    canvas.text("side end", (zero - 10.0, frame.top - 10.0), &format!("← {}", labels.sides.0));
    canvas.text("side start", (zero + 10.0, frame.top - 10.0), &format!("{} →", labels.sides.1));

    let (upper, lower) = (frame.top + 24.0, frame.top + 60.0);
    canvas.text("key start", (0.0, upper + 4.0), "mean, 95 %");
    if is_drawable(interval.low) && is_drawable(interval.high) {
        let (low, high) = (frame.x(interval.low), frame.x(interval.high));
        canvas.line("whisker", (low, upper), (high, upper));
        for end in [low, high] {
            canvas.line("whisker", (end, upper - 7.0), (end, upper + 7.0));
        }
    }
    if is_drawable(interval.mean) {
        canvas.circle("centre", (frame.x(interval.mean), upper), 6.5);
    }
    canvas.text("key start", (0.0, lower + 4.0), "each seed");
    for part in parts {
        canvas.circle("part", (frame.x(part), lower), 4.5);
    }
    Some(canvas.finish(labels.name, labels.title, words))
}

/// The values and a little room: nothing is drawn on the edge, and both sides of zero stay in view however clear the
/// result, so that the reader sees what was possible.
fn with_margins(values: &[f64]) -> Vec<f64> {
    let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let room = values.iter().flat_map(|value| [value - 0.05 * largest, value + 0.05 * largest]);
    room.chain([-0.5 * largest, 0.5 * largest]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: Labels =
        Labels { name: "difference", title: "t", axis: "points", sides: ("worse", "better") };

    #[test]
    fn the_mean_lies_between_its_whiskers_and_the_zero_line_is_there() {
        let interval = Interval { mean: 0.9, low: 0.2, high: 1.6, parts: vec![0.4, 1.4] };
        let svg = draw(&interval, &LABELS, Words::default()).unwrap().standalone();
        // -0.8 to 1.68 in steps of 0.5 gives -1 to 2: 360 units for 3 points, zero at 80 + 360 / 3.
        assert!(svg.contains("<path class=\"zero\" d=\"M200 38L200 128\"/>"), "{svg}");
        assert!(svg.contains("<circle class=\"centre\" cx=\"308\""), "{svg}");
        assert!(svg.contains("<path class=\"whisker\" d=\"M224 68L392 68\"/>"), "{svg}");
        assert_eq!(svg.matches("class=\"part\"").count(), 2);
    }

    #[test]
    fn without_an_interval_the_seeds_are_still_shown() {
        let interval = Interval {
            mean: f64::NAN,
            low: f64::NAN,
            high: f64::INFINITY,
            parts: vec![0.4, f64::NAN],
        };
        let svg = draw(&interval, &LABELS, Words::default()).unwrap().standalone();
        assert_eq!(svg.matches("class=\"part\"").count(), 1);
        assert!(!svg.contains("class=\"whisker\""));
        assert!(!svg.contains("NaN"));
        let nothing = Interval { parts: vec![], ..interval };
        assert!(draw(&nothing, &LABELS, Words::default()).is_none());
    }
}
