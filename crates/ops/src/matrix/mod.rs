//! Products of matrices.

mod outer;
mod panels;
mod plain;
mod rows;
mod tile;

pub use outer::multiply_transposed;
pub(crate) use outer::{gathered_outer, outer};
pub use panels::Panels;
pub use plain::multiply_lines;
pub use rows::multiply;
pub(crate) use rows::{RowsByPanels, by_panel};
pub(crate) use tile::{WIDTH, multiply_add, with_vectors};
