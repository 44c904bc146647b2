//! The area of a plot between two scales, with its grid, ticks and names of axes.

use super::axis::Scale;
use super::canvas::{Canvas, Place};

/// Where values lie on the sheet.
pub(crate) struct Frame {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) horizontal: Scale,
    pub(crate) vertical: Scale,
}

impl Frame {
    pub(crate) fn x(&self, value: f64) -> f64 {
        self.left + self.width * self.horizontal.share(value)
    }

    pub(crate) fn y(&self, value: f64) -> f64 {
        self.bottom() - self.height * self.vertical.share(value)
    }

    pub(crate) fn place(&self, (x, y): (f64, f64)) -> Place {
        (self.x(x), self.y(y))
    }

    pub(crate) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub(crate) fn right(&self) -> f64 {
        self.left + self.width
    }

    /// Ticks of the horizontal axis below the area, and the axis' name.
    pub(crate) fn draw_horizontal(&self, canvas: &mut Canvas, name: &str) {
        let bottom = self.bottom();
        canvas.line("axis", (self.left, bottom), (self.right(), bottom));
        for tick in &self.horizontal.ticks {
            let x = self.x(*tick);
            canvas.line("axis", (x, bottom), (x, bottom + 4.0));
            canvas.text("tick middle", (x, bottom + 17.0), &self.horizontal.label(*tick));
        }
        canvas.text("name middle", (self.left + self.width / 2.0, bottom + 34.0), name);
    }

    /// Grid lines with their values left of the area, and the axis' name above them.
    pub(crate) fn draw_vertical(&self, canvas: &mut Canvas, name: &str) {
        for tick in &self.vertical.ticks {
            let y = self.y(*tick);
            canvas.line("grid", (self.left, y), (self.right(), y));
            canvas.text("tick end", (self.left - 6.0, y + 4.0), &self.vertical.label(*tick));
        }
        canvas.text("name start", (0.0, self.top - 12.0), name);
    }
}
