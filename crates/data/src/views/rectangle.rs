//! A rectangle of an image whose pixels are taken away.

use std::ops::Range;

/// Rows and columns; what lies outside of the image is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rectangle {
    pub(super) rows: Range<usize>,
    pub(super) columns: Range<usize>,
}

impl Rectangle {
    /// Puts the mean pixel, which is 0 in a scaled image, in the place of all pixels inside.
    pub(super) fn erase(&self, channels: &mut [f32], height: usize, width: usize) {
        let rows = self.rows.start.min(height)..self.rows.end.min(height);
        let columns = self.columns.start.min(width)..self.columns.end.min(width);
        for channel in channels.chunks_exact_mut(height * width) {
            let inside = channel.chunks_exact_mut(width).take(rows.end).skip(rows.start);
            for row in inside {
                if let Some(inside) = row.get_mut(columns.clone()) {
                    inside.fill(0.0);
                }
            }
        }
    }
}
