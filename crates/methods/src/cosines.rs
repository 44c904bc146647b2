//! Cosines of the samples of a batch.

use crate::feature_map::inverse;

/// The cosine of each sample with each other one; 0 with a sample whose values are all 0.
#[derive(Debug)]
pub(crate) struct Cosines {
    /// `side * side`.
    pub(crate) values: Vec<f64>,
    /// Samples.
    pub(crate) side: usize,
    /// One by the length of each sample, or 0.
    scales: Vec<f64>,
}

impl Cosines {
    /// From the products of the samples' values with one another.
    pub(crate) fn of(products: &[f64]) -> Self {
        let side = products.len().isqrt();
        let squares = products.iter().step_by(side + 1);
        let scales: Vec<f64> = squares.map(|square| inverse(square.sqrt())).collect();
        let pairs = scales.iter().flat_map(|a| scales.iter().map(move |b| a * b));
        let values = products.iter().zip(pairs).map(|(product, scale)| product * scale).collect();
        Self { values, side, scales }
    }

    /// Turns the gradient by the cosines into that by the products.
    pub(crate) fn pull_back(&self, slopes: &[f64]) -> Vec<f64> {
        let pairs = self.scales.iter().flat_map(|a| self.scales.iter().map(move |b| a * b));
        let mut gradient: Vec<f64> = slopes.iter().zip(pairs).map(|(slope, s)| slope * s).collect();
        // The length of a sample is in its row and in its column.
        let mut along = vec![0.0; self.side];
        let width = self.side.max(1);
        let rows = slopes.chunks_exact(width).zip(self.values.chunks_exact(width));
        for (i, (slopes, cosines)) in rows.enumerate() {
            let mut own = 0.0;
            for ((slope, cosine), column) in slopes.iter().zip(cosines).zip(&mut along) {
                own += slope * cosine;
                *column += slope * cosine;
            }
            if let Some(sum) = along.get_mut(i) {
                *sum += own;
            }
        }
        let diagonal = gradient.iter_mut().step_by(self.side + 1);
        for ((slope, along), scale) in diagonal.zip(&along).zip(&self.scales) {
            *slope -= 0.5 * along * scale * scale;
        }
        gradient
    }
}
