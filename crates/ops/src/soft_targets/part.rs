//! Some rows of a batch, and what is the same for all of them.

use super::{Terms, Weighted};

/// Rows that one thread works on.
pub(super) struct Part<'a> {
    pub(super) student: &'a [f32],
    /// Nothing without a soft term.
    pub(super) teacher: &'a [f32],
    /// How much each row counts in the soft term; nothing where all count once.
    weights: &'a [f32],
    /// Nothing without a label term.
    pub(super) labels: Weighted<'a>,
    pub(super) gradient: &'a mut [f32],
}

impl<'a> Part<'a> {
    /// The whole batch.
    pub(super) fn all(student: &'a [f32], terms: Terms<'a>, gradient: &'a mut [f32]) -> Self {
        let teacher = terms.soft.map_or(&[][..], |soft| soft.teacher);
        let weights = terms.soft.map_or(&[][..], |soft| soft.weights);
        let none = Weighted { labels: &[], weights: &[] };
        let labels = terms.label.map_or(none, |label| label.labels);
        Self { student, teacher, weights, labels, gradient }
    }

    /// The batch in parts of `length` numbers each, the last of fewer.
    pub(super) fn pieces(
        student: &'a [f32],
        terms: Terms<'a>,
        gradient: &'a mut [f32],
        [length, classes]: [usize; 2],
    ) -> Vec<Self> {
        let all = Part::all(student, terms, &mut []);
        let pieces = student.chunks(length).zip(gradient.chunks_mut(length)).enumerate();
        let piece = |(number, (student, gradient)): (usize, (&'a [f32], &'a mut [f32]))| {
            let start = number * length;
            let teacher = all.teacher.get(start..start + student.len()).unwrap_or_default();
            let rows = start / classes..(start + student.len()) / classes;
            let weights = all.weights.get(rows.clone()).unwrap_or_default();
            let labels = Weighted {
                labels: all.labels.labels.get(rows.clone()).unwrap_or_default(),
                weights: all.labels.weights.get(rows).unwrap_or_default(),
            };
            Part { student, teacher, weights, labels, gradient }
        };
        pieces.map(piece).collect()
    }

    /// How much a row counts in the soft term.
    #[inline(always)]
    pub(super) fn weight(&self, row: usize) -> f64 {
        self.weights.get(row).map_or(1.0, |weight| f64::from(*weight))
    }

    /// The label of a row and its weight, where it has one.
    #[inline(always)]
    pub(super) fn label(&self, row: usize) -> Option<(usize, f64)> {
        let label = (*self.labels.labels.get(row)?)?;
        let weight = self.labels.weights.get(row).map_or(1.0, |weight| f64::from(*weight));
        Some((label as usize, weight))
    }
}

/// What is the same for all rows.
#[derive(Clone, Copy)]
pub(super) struct Factors {
    pub(super) classes: usize,
    /// `1 / T`
    pub(super) inverse: f32,
    /// Of the soft gradient: weight, `T / samples`.
    pub(super) soft: f64,
    /// Of the sum of divergences: `T^2 / samples`.
    pub(super) soft_value: f64,
    /// Of the label gradient: weight, `1 / count`.
    pub(super) label: f64,
    /// Of the sum of the labels' losses: `1 / count`.
    pub(super) label_value: f64,
    /// The target's probability of the label, beside that of every class.
    pub(super) sure: f64,
    /// The target's probability of every class, the label included.
    pub(super) every: f64,
}

impl Factors {
    pub(super) fn of(terms: &Terms<'_>, batch: usize, classes: usize) -> Self {
        let samples = terms.soft.and_then(|soft| soft.samples).unwrap_or(batch).max(1) as f64;
        let (temperature, soft) =
            terms.soft.map_or((1.0, 0.0), |soft| (soft.temperature, soft.weight));
        let (count, smoothing, label) = terms.label.map_or((1, 0.0, 0.0), |label| {
            (label.labels.labels.iter().flatten().count(), label.smoothing, label.weight)
        });
        let label_value = 1.0 / count.max(1) as f64;
        Self {
            classes,
            inverse: (1.0 / temperature) as f32,
            soft: soft * temperature / samples,
            soft_value: temperature * temperature / samples,
            label: label * label_value,
            label_value,
            sure: 1.0 - smoothing,
            every: smoothing / classes as f64,
        }
    }
}
