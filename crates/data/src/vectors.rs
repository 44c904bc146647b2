/*!
Rows of numbers without names, as an array of two dimensions holds them.
*/

use std::path::PathBuf;

/// Rows of one length.
pub(crate) struct Vectors {
    pub(crate) path: PathBuf,
    pub(crate) count: usize,
    pub(crate) width: usize,
    /// The numbers of all rows, one row after the other.
    pub(crate) values: Vec<f32>,
}

impl Vectors {
    /// The numbers of one row; none beyond the last.
    pub(crate) fn row(&self, index: usize) -> &[f32] {
        let start = index.saturating_mul(self.width);
        self.values.get(start..start.saturating_add(self.width)).unwrap_or_default()
    }
}
