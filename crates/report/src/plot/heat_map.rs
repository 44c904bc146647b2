//! A square of shaded cells, true class by predicted class.
//!
//! Shade never stands alone: with few classes each cell carries its number, and with many a cell that is for the worse
//! is struck through.

use super::canvas::{Canvas, Figure, Words};
use crate::escape;

/// Up to this many classes cells carry numbers.
const NUMBERED: usize = 12;

/// Above this many classes cells are too small to be seen and no map is drawn.
pub(crate) const MOST: usize = 120;

/// Room for the names of classes, left of the cells and above them.
const LEFT: f64 = 74.0;
const SIDE: f64 = 334.0;

/// Room for the last of the turned names.
const RIGHT: f64 = 32.0;

/// How a cell is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As one would wish: right predictions, or a change for the better.
    Good,
    /// Wrong predictions, or a change for the worse.
    Bad,
}

/// One cell that is not zero.
pub(crate) struct Cell {
    pub(crate) row: usize,
    pub(crate) column: usize,
    /// From 0 to 1.
    pub(crate) shade: f64,
    pub(crate) tone: Tone,
    pub(crate) text: String,
}

/// What a heat map needs to know.
pub(crate) struct Map<'a> {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) classes: &'a [String],
    pub(crate) cells: Vec<Cell>,
    /// Whether cells for the worse are struck through where there is no room for their number.
    pub(crate) struck: bool,
    pub(crate) words: Words,
}

/// Draws the map; `None` where there are no classes or too many.
pub(crate) fn draw(map: Map) -> Option<Figure> {
    let number = map.classes.len();
    if number == 0 || number > MOST {
        return None;
    }
    let size = SIDE / number as f64;
    let turned = map.classes.iter().any(|class| class.chars().count() > 4);
    let top = if turned { 104.0 } else { 62.0 };
    let mut canvas = Canvas::new(LEFT + SIDE + RIGHT, top + SIDE + 4.0);
    canvas.rectangle("sheet", (LEFT, top), (SIDE, SIDE), 1.0);
    draw_names(&mut canvas, &map, top, size, turned);
    for cell in map.cells.iter().filter(|cell| cell.row < number && cell.column < number) {
        let corner = (LEFT + size * cell.column as f64, top + size * cell.row as f64);
        draw_cell(&mut canvas, cell, corner, size, number <= NUMBERED, map.struck);
    }
    draw_grid(&mut canvas, top, size, number);
    Some(canvas.finish(map.name, &map.title, map.words))
}

fn draw_names(canvas: &mut Canvas, map: &Map, top: f64, size: f64, turned: bool) {
    canvas.text("name start", (0.0, top - 8.0), "true");
    canvas.text("name start", (LEFT, 34.0), "predicted →");
    // Names closer than a line of text would overprint each other.
    let every = (12.0 / size).ceil().max(1.0) as usize;
    for (index, class) in map.classes.iter().enumerate().step_by(every) {
        let centre = size * (index as f64 + 0.5);
        canvas.text("tick end", (LEFT - 6.0, top + centre + 4.0), &escape::shortened(class, 11));
        let above = (LEFT + centre, top - 6.0);
        if turned {
            canvas.turned_text(
                "tick start",
                (above.0 + 3.0, above.1),
                -50,
                &escape::shortened(class, 11),
            );
        } else {
            canvas.text("tick middle", above, class);
        }
    }
}

fn draw_cell(
    canvas: &mut Canvas,
    cell: &Cell,
    (x, y): (f64, f64),
    size: f64,
    numbered: bool,
    struck: bool,
) {
    let class = match cell.tone {
        Tone::Good => "good",
        Tone::Bad => "bad",
    };
    // A cell that is not zero must be told from one that is.
    let shade = 0.06 + 0.84 * cell.shade.clamp(0.0, 1.0);
    canvas.rectangle(class, (x, y), (size, size), shade);
    if numbered {
        // Where the number needs to be light: on the deepest blue by day, on all that is bright by night.
        let class = match shade {
            shade if shade > 0.8 && cell.tone == Tone::Good => "cell full middle",
            shade if shade > 0.6 => "cell strong middle",
            _ => "cell middle",
        };
        canvas.text(class, (x + size / 2.0, y + size / 2.0 + 4.0), &cell.text);
    } else if struck && cell.tone == Tone::Bad {
        canvas.line("strike", (x, y + size), (x + size, y));
    }
}

fn draw_grid(canvas: &mut Canvas, top: f64, size: f64, number: usize) {
    let lines = if number <= 40 { number } else { 1 };
    for index in 0..=lines {
        let offset = if lines == 1 { SIDE * index as f64 } else { size * index as f64 };
        canvas.line("grid", (LEFT + offset, top), (LEFT + offset, top + SIDE));
        canvas.line("grid", (LEFT, top + offset), (LEFT + SIDE, top + offset));
    }
}
