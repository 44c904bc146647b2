//! What is known about the classes, labels or numbers of a batch.

use data::{TargetRows, Targets};

use crate::MethodError;

/// What labels stand for where nothing else is said.
static CLASSES: Targets = Targets::Classes;

/// The labels of a batch, and how far they are believed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Labels<'a> {
    /// The class of each sample, or the number of its targets; `None` where it is not known.
    pub classes: &'a [Option<u32>],
    /// How much each label counts, 0 or more; empty where all count alike. The loss is the sum of
    /// each label's loss times its weight, over the number of labels: weights are 1 on the average
    /// over all data, not over each batch.
    pub weights: &'a [f32],
    /// Label smoothing, in `[0, 1)`: the probability that a label gives away to all classes, its own
    /// included, in equal shares. Szegedy et al., "Rethinking the Inception Architecture for
    /// Computer Vision" (2016), section 7.
    pub smoothing: f64,
    /// In a mixed batch, the classes of the samples that each is mixed with, and the share of the
    /// sample itself; the loss is that of both classes by their shares.
    pub mixed: Option<(&'a [Option<u32>], f64)>,
    /// The weights of these classes; empty where all count alike.
    pub partner_weights: &'a [f32],
    /// What the labels stand for.
    pub targets: &'a Targets,
}

/// One of the distributions of classes that a batch is compared with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LabelShare<'a> {
    pub(crate) classes: &'a [Option<u32>],
    /// Empty where all count alike.
    pub(crate) weights: &'a [f32],
    /// Its share of the loss.
    pub(crate) share: f64,
}

impl<'a> Labels<'a> {
    /// The classes that the loss is taken with, and the share of each.
    pub(crate) fn shares(self) -> impl Iterator<Item = LabelShare<'a>> {
        let share = self.mixed.map_or(1.0, |(_, share)| share);
        let own = LabelShare { classes: self.classes, weights: self.weights, share };
        let partners = self.mixed.map(|(classes, share)| LabelShare {
            classes,
            weights: self.partner_weights,
            share: 1.0 - share,
        });
        std::iter::once(own).chain(partners)
    }

    /// The rows that the labels number, checked to be as wide as the student's output; `method` is
    /// who asks.
    ///
    /// # Errors
    /// [`MethodError::NoTargets`] where the labels are classes, [`MethodError::TargetWidth`].
    pub(crate) fn rows(
        self,
        method: &'static str,
        outputs: usize,
    ) -> Result<&'a TargetRows, MethodError> {
        let rows = self.targets.rows().ok_or(MethodError::NoTargets { method })?;
        if rows.width != outputs {
            return Err(MethodError::TargetWidth { expected: outputs, found: rows.width });
        }
        Ok(rows)
    }
}

impl<'a> From<&'a [Option<u32>]> for Labels<'a> {
    fn from(classes: &'a [Option<u32>]) -> Self {
        Self {
            classes,
            weights: &[],
            smoothing: 0.0,
            mixed: None,
            partner_weights: &[],
            targets: &CLASSES,
        }
    }
}

impl<'a, const N: usize> From<&'a [Option<u32>; N]> for Labels<'a> {
    fn from(classes: &'a [Option<u32>; N]) -> Self {
        classes.as_slice().into()
    }
}

impl<'a> From<&'a Vec<Option<u32>>> for Labels<'a> {
    fn from(classes: &'a Vec<Option<u32>>) -> Self {
        classes.as_slice().into()
    }
}
