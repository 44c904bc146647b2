//! Makes the report of a run: SVG plots, one self-contained HTML page, a model card, and files for TensorBoard.
//!
//! The crate takes a [`Summary`], which is plain data that the `job` crate fills and keeps in the run folder, and gives
//! back text. It trains nothing, measures nothing, prints nothing and writes no file. The page needs no network and no
//! script, can be read without colour, on paper, on a phone and in dark mode. Whatever came from outside (names of
//! classes and files, the recipe, the provenance) reaches the page as visible text only, and a value that is not a
//! finite number is shown as "n/a" and never becomes a coordinate.

#![deny(clippy::indexing_slicing)]

mod escape;
mod event_file;
mod figures;
mod model_card;
mod number;
mod page;
mod picture;
mod plot;
mod spread;
mod style;
pub mod summary;
mod table;
mod wording;

pub use summary::Summary;
pub use wording::{Wording, wording};

/// Gives the whole report as one HTML document, with styles and plots inside.
///
/// Parts for which the summary holds nothing (curves, confusion counts, layers) are left out; an empty summary still
/// gives a valid page.
///
/// ```
/// use potstill_report::{Summary, html};
///
/// let page = html(&Summary { name: "digits <1>".to_owned(), ..Summary::default() });
/// assert!(page.starts_with("<!doctype html>"));
/// assert!(page.contains("digits &lt;1&gt;"));
/// ```
pub fn html(summary: &Summary) -> String {
    page::document(summary)
}

/// Gives the plots of the report as standalone SVG files: pairs of a file name (`difference.svg`,
/// `validation-accuracy.svg`, ...) and the file's text, in the order of the report.
///
/// ```
/// use potstill_report::{Summary, plots};
///
/// assert!(plots(&Summary::default()).is_empty());
/// ```
pub fn plots(summary: &Summary) -> Vec<(String, String)> {
    figures::all(summary)
        .into_iter()
        .map(|figure| (format!("{}.svg", figure.name), figure.standalone()))
        .collect()
}

/// Gives the model card of the student as Markdown: what it is, what it learnt from, how it was made and how good it
/// is, with the places that a person has to fill in.
///
/// ```
/// use potstill_report::{Summary, model_card};
///
/// let card = model_card(&Summary { name: "digits".to_owned(), ..Summary::default() });
/// assert!(card.contains("# digits"));
/// ```
pub fn model_card(summary: &Summary) -> String {
    model_card::document(summary)
}

/// Gives the curves of training as files for TensorBoard: pairs of a path (`teacher-seed-0/events.out.tfevents...`)
/// and the content. They hold no time, so that equal runs have equal files.
pub fn event_files(summary: &Summary) -> Vec<(String, Vec<u8>)> {
    event_file::all(summary)
}
