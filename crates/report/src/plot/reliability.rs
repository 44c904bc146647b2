//! A reliability diagram: accuracy against confidence, the line where both agree, and how the predictions are spread.

use super::axis::{Scale, is_drawable};
use super::canvas::{Canvas, Figure, Words};
use super::frame::Frame;
use crate::number;

/// One group of predictions of similar confidence.
pub(crate) struct Group {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) confidence: f64,
    pub(crate) accuracy: f64,
    pub(crate) count: u64,
}

/// What is written into the diagram.
pub(crate) struct Labels<'a> {
    pub(crate) name: String,
    pub(crate) title: String,
    /// Colour and dashes of the model.
    pub(crate) class: &'a str,
}

/// Draws the diagram; `None` where no group holds a prediction.
pub(crate) fn draw(groups: &[Group], labels: Labels, caption: String) -> Option<Figure> {
    let filled: Vec<&Group> =
        groups.iter().filter(|group| group.count > 0 && is_sound(group)).collect();
    if filled.is_empty() {
        return None;
    }
    let mut canvas = Canvas::new(340.0, 430.0);
    let frame = Frame {
        left: 40.0,
        top: 52.0,
        width: 290.0,
        height: 270.0,
        horizontal: Scale::covering([0.0, 1.0], 5)?,
        vertical: Scale::covering([0.0, 1.0], 5)?,
    };
    frame.draw_vertical(&mut canvas, "accuracy");
    canvas.line("diagonal", frame.place((0.0, 0.0)), frame.place((1.0, 1.0)));
    for group in &filled {
        let here = frame.place((group.confidence, group.accuracy));
        canvas.line("gap", here, (here.0, frame.y(group.confidence)));
    }
    let places: Vec<_> =
        filled.iter().map(|group| frame.place((group.confidence, group.accuracy))).collect();
    canvas.path(&format!("mean {}", labels.class), &places);
    for place in places {
        canvas.circle(&format!("dot mean {}", labels.class), place, 3.5);
    }
    let total: u64 = filled.iter().fold(0, |sum, group| sum.saturating_add(group.count));
    draw_spread(&mut canvas, &filled, frame, total);
    let description = describe(&filled);
    Some(canvas.finish(labels.name, &labels.title, Words { description, caption }))
}

fn is_sound(group: &Group) -> bool {
    let shares = [group.low, group.high, group.confidence, group.accuracy];
    shares.iter().all(|share| is_drawable(*share) && (0.0..=1.0).contains(share))
        && group.low < group.high
}

/// Bars below the diagram: the share of predictions in each group.
fn draw_spread(canvas: &mut Canvas, groups: &[&Group], diagram: Frame, total: u64) {
    let largest = groups.iter().map(|group| group.count).max().unwrap_or(1);
    let frame = Frame { top: diagram.bottom() + 14.0, height: 54.0, ..diagram };
    for group in groups {
        let height = frame.height * (group.count as f64 / largest as f64);
        let (left, right) = (frame.x(group.low), frame.x(group.high));
        canvas.rectangle(
            "bar",
            (left + 0.5, frame.bottom() - height),
            ((right - left - 1.0).max(0.0), height),
            1.0,
        );
    }
    let tallest = number::percent(largest as f64 / total as f64, 0);
    canvas.text("tick end", (frame.left - 6.0, frame.top + 9.0), &tallest);
    canvas.text("tick end", (frame.left - 6.0, frame.bottom() + 2.0), "0");
    frame.draw_horizontal(canvas, "confidence; below: share of predictions");
}

fn describe(groups: &[&Group]) -> String {
    let words = groups.iter().map(|group| {
        let (confidence, accuracy) =
            (number::percent(group.confidence, 1), number::percent(group.accuracy, 1));
        format!("confidence {confidence}: accuracy {accuracy} of {}", number::count(group.count))
    });
    words.collect::<Vec<_>>().join("; ")
}
