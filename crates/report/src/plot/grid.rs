//! A grid of shaded numbers: the values of one key by those of another.
//!
//! Shade never stands alone: each cell carries its number.

use super::axis::is_drawable;
use super::canvas::{Canvas, Figure, Words};
use crate::escape;

const LEFT: f64 = 92.0;
const TOP: f64 = 72.0;
const CELL: (f64, f64) = (64.0, 34.0);

/// Narrower sheets would be shown larger than the other plots.
const NARROWEST: f64 = 440.0;

/// A grid with more values along an axis cannot be read.
const MOST: usize = 40;

/// One number.
pub(crate) struct Cell {
    pub(crate) row: usize,
    pub(crate) column: usize,
    pub(crate) value: f64,
    pub(crate) text: String,
    /// Whether it gets a frame.
    pub(crate) marked: bool,
}

/// What a grid needs to know.
pub(crate) struct Grid<'a> {
    pub(crate) name: &'static str,
    pub(crate) title: &'a str,
    /// Name and values of the axis downwards, where there are two.
    pub(crate) rows: Option<(&'a str, &'a [String])>,
    /// Name and values of the axis to the right.
    pub(crate) columns: (&'a str, &'a [String]),
    pub(crate) cells: Vec<Cell>,
    pub(crate) caption: &'a str,
    pub(crate) description: String,
}

/// Draws the grid; `None` where no number is finite, or an axis is too long.
pub(crate) fn draw(grid: Grid<'_>) -> Option<Figure> {
    let height = grid.rows.map_or(1, |(_, values)| values.len());
    let width = grid.columns.1.len();
    let values: Vec<f64> =
        grid.cells.iter().map(|cell| cell.value).filter(|value| is_drawable(*value)).collect();
    if values.is_empty() || width > MOST || height > MOST {
        return None;
    }
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sheet = (LEFT + CELL.0 * width as f64 + 4.0, TOP + CELL.1 * height as f64 + 4.0);
    let mut canvas = Canvas::new(sheet.0.max(NARROWEST), sheet.1);
    names(&mut canvas, &grid);
    for cell in grid.cells.iter().filter(|cell| cell.row < height && cell.column < width) {
        let corner = (LEFT + CELL.0 * cell.column as f64, TOP + CELL.1 * cell.row as f64);
        draw_cell(
            &mut canvas,
            cell,
            corner,
            (cell.value - low) / (high - low).max(f64::MIN_POSITIVE),
        );
    }
    let words = Words { description: grid.description, caption: grid.caption.to_owned() };
    Some(canvas.finish(grid.name, grid.title, words))
}

fn names(canvas: &mut Canvas, grid: &Grid<'_>) {
    let (key, values) = grid.columns;
    canvas.text("name start", (LEFT, TOP - 26.0), &format!("{key} →"));
    for (index, value) in values.iter().enumerate() {
        let x = LEFT + CELL.0 * (index as f64 + 0.5);
        canvas.text("tick middle", (x, TOP - 8.0), &escape::shortened(value, 9));
    }
    let Some((key, values)) = grid.rows else { return };
    // There is room for the name of the key without its section.
    let key = key.rsplit('.').next().unwrap_or(key);
    canvas.text("name start", (0.0, TOP - 8.0), &escape::shortened(&format!("{key} ↓"), 15));
    for (index, value) in values.iter().enumerate() {
        let y = TOP + CELL.1 * (index as f64 + 0.5) + 4.0;
        canvas.text("tick end", (LEFT - 8.0, y), &escape::shortened(value, 12));
    }
}

fn draw_cell(canvas: &mut Canvas, cell: &Cell, (x, y): (f64, f64), share: f64) {
    let shade = 0.06 + 0.54 * share.clamp(0.0, 1.0);
    canvas.rectangle("good", (x, y), CELL, shade);
    canvas.text("cell middle", (x + CELL.0 / 2.0, y + CELL.1 / 2.0 + 4.0), &cell.text);
    let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)];
    let inset = if cell.marked { 2.0 } else { 0.0 };
    let place = |(right, down): (f64, f64)| {
        (x + inset + right * (CELL.0 - 2.0 * inset), y + inset + down * (CELL.1 - 2.0 * inset))
    };
    let class = if cell.marked { "chosen" } else { "grid" };
    canvas.path(class, &corners.map(place));
}
