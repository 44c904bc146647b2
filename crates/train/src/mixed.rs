//! What is known about the other samples of a mixed batch.

use data::Mix;

/// What the other samples of a mixed batch are.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixed {
    /// The classes of the partners.
    pub partners: Vec<Option<u32>>,
    /// How much the label of each partner counts; empty where all count alike.
    pub weights: Vec<f32>,
    /// The share of the samples themselves, from 0 to 1.
    pub share: f64,
}

impl Mixed {
    /// The partners of samples with these labels and weights.
    pub(crate) fn of(mix: &Mix, labels: &[Option<u32>], weights: &[f32]) -> Self {
        let order = mix.partners();
        Self {
            partners: order.iter().map(|&row| labels.get(row).copied().flatten()).collect(),
            weights: order.iter().filter_map(|&row| weights.get(row)).copied().collect(),
            share: mix.share(),
        }
    }
}
