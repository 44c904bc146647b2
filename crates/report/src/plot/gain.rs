//! A change for each class, largest gain first: a stem from the line of no change to a dot, with its number beside it.

use super::axis::{Scale, is_drawable};
use super::canvas::{Canvas, Figure, Words};
use super::frame::Frame;
use crate::{escape, number};

/// With more classes than this only both ends are shown.
const MOST: usize = 40;

/// One class and its change, in the units of the axis.
pub(crate) struct Change {
    pub(crate) class: String,
    pub(crate) value: f64,
}

/// What is written into the plot.
pub(crate) struct Labels<'a> {
    pub(crate) name: &'a str,
    pub(crate) title: &'a str,
    pub(crate) axis: &'a str,
    pub(crate) caption: String,
}

/// Draws the changes; `None` where none is finite.
pub(crate) fn draw(mut changes: Vec<Change>, labels: Labels) -> Option<Figure> {
    changes.retain(|change| is_drawable(change.value));
    changes.sort_by(|one, other| other.value.total_cmp(&one.value));
    let hidden = changes.len().saturating_sub(MOST);
    if hidden > 0 {
        changes.drain(MOST / 2..MOST / 2 + hidden);
    }
    let horizontal = Scale::covering(changes.iter().map(|change| change.value).chain([0.0]), 5)?;
    let height = 20.0 * changes.len() as f64;
    if changes.is_empty() {
        return None;
    }
    let mut canvas = Canvas::new(440.0, 34.0 + height + 42.0);
    let vertical = Scale::covering([0.0, 1.0], 1)?;
    let frame = Frame { left: 118.0, top: 28.0, width: 258.0, height, horizontal, vertical };
    frame.draw_horizontal(&mut canvas, labels.axis);
    canvas.line("zero", (frame.x(0.0), frame.top), (frame.x(0.0), frame.bottom()));
    for (index, change) in changes.iter().enumerate() {
        let y = frame.top + 20.0 * (index as f64 + 0.5);
        let class = if change.value < 0.0 { "worse" } else { "better" };
        canvas.line(&format!("stem {class}"), (frame.x(0.0), y), (frame.x(change.value), y));
        canvas.circle(&format!("head {class}"), (frame.x(change.value), y), 4.0);
        canvas.text(
            "tick end",
            (frame.left - 12.0, y + 4.0),
            &escape::shortened(&change.class, 16),
        );
        canvas.text("tick end", (canvas.width() - 4.0, y + 4.0), &number::signed(change.value, 2));
    }
    let description = describe(&changes);
    let mut caption = labels.caption;
    if hidden > 0 {
        caption.push_str(&format!(
            " The {} classes between both ends are left out.",
            number::count(hidden as u64)
        ));
    }
    Some(canvas.finish(labels.name, labels.title, Words { description, caption }))
}

fn describe(changes: &[Change]) -> String {
    let words = changes
        .iter()
        .map(|change| format!("{} {}", change.class, number::signed(change.value, 2)));
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Labels<'static> {
        Labels { name: "class-gain", title: "Gain", axis: "points", caption: String::new() }
    }

    #[test]
    fn the_largest_gain_comes_first() {
        let changes = [("b", -1.0), ("a", 2.0), ("c", f64::NAN)];
        let changes =
            changes.map(|(class, value)| Change { class: class.to_owned(), value }).into();
        let svg = draw(changes, labels()).unwrap().standalone();
        assert!(svg.contains("a +2.00, b −1.00<"), "{svg}");
    }

    #[test]
    fn of_many_classes_both_ends_are_shown() {
        let changes = (0..100)
            .map(|index| Change { class: format!("c{index}"), value: f64::from(index) })
            .collect();
        let figure = draw(changes, labels()).unwrap();
        let (svg, page) = (figure.standalone(), figure.inline());
        assert_eq!(svg.matches("class=\"head ").count(), MOST);
        assert!(svg.contains(">c99<") && svg.contains(">c0<") && !svg.contains(">c50<"));
        assert!(page.contains("The 60 classes between both ends are left out."));
    }
}
