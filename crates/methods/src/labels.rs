//! What is known about the classes of a batch.

/// The labels of a batch, and how far they are believed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Labels<'a> {
    /// The class of each sample, or `None` where it is not known.
    pub classes: &'a [Option<u32>],
    /// Label smoothing, in `[0, 1)`: the probability that a label gives away to all classes, its own
    /// included, in equal shares. Szegedy et al., "Rethinking the Inception Architecture for
    /// Computer Vision" (2016), section 7.
    pub smoothing: f64,
}

impl<'a> From<&'a [Option<u32>]> for Labels<'a> {
    fn from(classes: &'a [Option<u32>]) -> Self {
        Self { classes, smoothing: 0.0 }
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
