//! The key of a plot: a sample of each line with its name, in as many rows as they need.

use super::canvas::{Canvas, Place};
use crate::escape;

/// Height of one row.
const ROW: f64 = 17.0;

/// Length of a sample line, with the gap before its name.
const SAMPLE: f64 = 32.0;

/// Longer names are cut, so that each fits on a row.
const LONGEST: usize = 50;

/// Names each line below `top`; gives the place below the last row.
pub(crate) fn draw(canvas: &mut Canvas, top: f64, entries: &[(&str, String)]) -> f64 {
    let (mut x, mut y) = (0.0, top);
    for (class, label) in entries {
        let label = escape::shortened(label, LONGEST);
        // Without a font at hand, six and a half units a character is a safe guess for twelve-unit type.
        let width = SAMPLE + 6.5 * label.chars().count() as f64 + 14.0;
        if x > 0.0 && x + width > canvas.width() {
            (x, y) = (0.0, y + ROW);
        }
        sample(canvas, class, (x, y + 8.0));
        canvas.text("key start", (x + SAMPLE, y + 12.0), &label);
        x += width;
    }
    y + ROW
}

fn sample(canvas: &mut Canvas, class: &str, (x, y): Place) {
    canvas.line(&format!("mean {class}"), (x, y), (x + SAMPLE - 6.0, y));
}
