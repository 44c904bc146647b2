/*!
What the labels of samples stand for.

A label is a number: that of a class, or that of a row of targets. So samples of every task are
divided, shuffled, mixed and hidden alike, and only a loss or a metric looks at the rows.
*/

use std::sync::Arc;

/// What the labels of samples stand for.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Targets {
    /// A label is the number of a class.
    #[default]
    Classes,
    /// A label is the number of a row that holds 1 for each label that applies and 0 for others.
    Labels(Arc<TargetRows>),
    /// A label is the number of a row of numbers, standardised.
    Numbers(Arc<TargetRows>),
}

/// Rows of one length, one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TargetRows {
    /// Numbers in a row.
    pub width: usize,
    /// The numbers of all rows.
    pub values: Vec<f32>,
}

impl TargetRows {
    /// The row of a label; none where there is no such row.
    pub fn row(&self, label: u32) -> Option<&[f32]> {
        let start = (label as usize).checked_mul(self.width)?;
        self.values.get(start..start.checked_add(self.width)?)
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.values.len().checked_div(self.width).unwrap_or_default()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Targets {
    /// The rows; none where labels are classes.
    pub fn rows(&self) -> Option<&TargetRows> {
        match self {
            Self::Classes => None,
            Self::Labels(rows) | Self::Numbers(rows) => Some(rows),
        }
    }

    /// Adds the rows of `other` at the end and says by how much its labels have to grow; both are of
    /// one task, or there are no rows here yet.
    pub(crate) fn append(&mut self, other: Self) -> u32 {
        match (self, other) {
            (Self::Labels(ours) | Self::Numbers(ours), Self::Labels(new) | Self::Numbers(new)) => {
                let before = ours.len() as u32;
                Arc::make_mut(ours).values.extend_from_slice(&new.values);
                before
            }
            (ours, other) => {
                *ours = other;
                0
            }
        }
    }
}
