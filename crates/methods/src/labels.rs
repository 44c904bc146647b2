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
    /// Label smoothing, in `[0, 1)`: the probability that a label gives away to all classes, its own
    /// included, in equal shares. Szegedy et al., "Rethinking the Inception Architecture for
    /// Computer Vision" (2016), section 7.
    pub smoothing: f64,
    /// In a mixed batch, the classes of the samples that each is mixed with, and the share of the
    /// sample itself; the loss is that of both classes by their shares.
    pub mixed: Option<(&'a [Option<u32>], f64)>,
    /// What the labels stand for.
    pub targets: &'a Targets,
}

impl<'a> Labels<'a> {
    /// The classes that the loss is taken with, and the share of each.
    pub(crate) fn shares(self) -> impl Iterator<Item = (&'a [Option<u32>], f64)> {
        let (own, partners) = match self.mixed {
            None => ((self.classes, 1.0), None),
            Some((partners, share)) => ((self.classes, share), Some((partners, 1.0 - share))),
        };
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
        Self { classes, smoothing: 0.0, mixed: None, targets: &CLASSES }
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
