//! What each architecture says about itself before it is built.

use std::ops::RangeInclusive;

use data::SampleShape;

use crate::{AnyNetwork, Initial, Layer, NnError};

/// An architecture with its options; [`Architecture`](crate::Architecture) passes on to it.
pub(crate) trait Plan {
    /// The short name for tables.
    fn name(&self) -> String;

    /// Checks options and samples; classes and the size of a sample have been checked.
    fn check(&self, check: &Check) -> Result<(), NnError>;

    /// The layers with their shapes and costs; checked before.
    fn layers(&self, input: SampleShape, classes: usize) -> Vec<Layer>;

    /// The names of the taps in the order of the forward pass.
    fn taps(&self) -> Vec<String>;

    /// The network; checked before.
    fn build(&self, input: SampleShape, classes: usize, initial: &Initial) -> AnyNetwork;
}

/// What is checked, and how a mistake is told.
pub(crate) struct Check {
    /// The name of the architecture.
    pub(crate) model: String,
    /// The shape of a sample.
    pub(crate) input: SampleShape,
}

impl Check {
    /// The samples are images of at least `least` pixels on each side.
    pub(crate) fn images(&self, least: usize) -> Result<(), NnError> {
        let SampleShape::Image { height, width, .. } = self.input else {
            let found =
                format!("{} without height and width", words::counted(self.input.len(), "column"));
            return Err(self.mistake("the data", "images", &found));
        };
        if height.min(width) < least {
            let expected = format!("at least {least}x{least} pixels");
            return Err(self.mistake("the images", &expected, &format!("{height}x{width}")));
        }
        Ok(())
    }

    /// The samples are numbers or images, whose values can be multiplied.
    pub(crate) fn no_tokens(&self) -> Result<(), NnError> {
        match self.input {
            SampleShape::Vector(_) | SampleShape::Image { .. } => Ok(()),
            SampleShape::Tokens { .. } => {
                let expected = "numbers or images; a network of `layers` that begins with an \
                                `embedding` takes tokens";
                Err(self.mistake("the data", expected, &self.input.to_string()))
            }
        }
    }

    /// A number of something is in its range.
    pub(crate) fn size(
        &self,
        place: &str,
        what: &str,
        range: RangeInclusive<usize>,
        found: usize,
    ) -> Result<(), NnError> {
        if range.contains(&found) {
            return Ok(());
        }
        let expected = format!("{} to {} {what}", range.start(), range.end());
        Err(self.mistake(place, &expected, &found.to_string()))
    }

    /// The error.
    pub(crate) fn mistake(&self, place: &str, expected: &str, found: &str) -> NnError {
        NnError::Shape {
            model: self.model.as_str().into(),
            input: place.into(),
            expected: expected.to_owned(),
            found: found.to_owned(),
            hint: None,
        }
    }
}

/// Channels, height and width; a table is one row of pixels.
pub(crate) fn image(input: SampleShape) -> [usize; 3] {
    match input {
        SampleShape::Image { channels, height, width } => [channels, height, width],
        SampleShape::Vector(length) | SampleShape::Tokens { length, .. } => [1, 1, length],
    }
}

/// Height and width after a halving convolution with "same" padding.
pub(crate) fn halved([height, width]: [usize; 2]) -> [usize; 2] {
    [height.div_ceil(2), width.div_ceil(2)]
}
