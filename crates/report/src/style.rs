//! The looks: one sheet for the page and one for plots, which standalone plots carry too.
//!
//! Colours are those of Okabe and Ito, told apart by people with any colour vision; lines differ by dashes as well.

/// Styles of the page.
pub(crate) const PAGE: &str = include_str!("page.css");

/// Styles of a plot. Plain colours and no variables: some readers of SVG know none.
pub(crate) const PLOT: &str = include_str!("plot.css");
