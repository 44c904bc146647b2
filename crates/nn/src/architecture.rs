//! The named architectures, checked against the data before they are built.

use std::ops::RangeInclusive;

use burn::tensor::Device;
use data::SampleShape;
use random::Stream;
use serde::{Deserialize, Serialize};

use crate::resnet::blocks_of_depth;
use crate::{AnyNetwork, Cnn, Initial, Layer, Mlp, NnError, Resnet};

/// Units or channels of one layer; more would not fit a machine.
pub(crate) const LARGEST_LAYER: usize = 65_536;

/// Depth of a residual network; 1202 is the deepest of He et al. (2016).
pub(crate) const DEEPEST: usize = 1202;

/// Channels of the first stage of a residual network.
pub(crate) const WIDEST: usize = 4096;

/// Values in one sample.
const LARGEST_SAMPLE: usize = 1 << 28;

/// A network as a recipe describes it.
///
/// ```
/// use potstill_nn::{Architecture, totals};
/// use data::SampleShape;
///
/// let student = Architecture::Mlp { hidden: vec![32, 32] };
/// let layers = student.layers(SampleShape::Vector(64), 10)?;
/// assert_eq!(totals(&layers).parameters, 64 * 32 + 32 + 32 * 32 + 32 + 32 * 10 + 10);
/// # Ok::<(), potstill_nn::NnError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "model", rename_all = "kebab-case")]
pub enum Architecture {
    /// Dense layers with ReLU: [`Mlp`].
    Mlp {
        /// Units of the hidden layers, in order.
        hidden: Vec<usize>,
    },
    /// A small plain convolution network: [`Cnn`].
    Cnn {
        /// Channels of the stages, in order.
        channels: Vec<usize>,
    },
    /// The CIFAR residual network: [`Resnet`].
    Resnet {
        /// `6 n + 2`, such as 8, 14, 20, 32, 44, 56 or 110.
        depth: usize,
        /// Channels of the first stage.
        width: usize,
    },
}

impl Architecture {
    /// The short name for tables, such as `mlp 32-32` or `resnet8`.
    pub fn name(&self) -> String {
        let dashed =
            |sizes: &[usize]| sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join("-");
        match self {
            Self::Mlp { hidden } if hidden.is_empty() => "mlp without hidden layer".to_owned(),
            Self::Mlp { hidden } => format!("mlp {}", dashed(hidden)),
            Self::Cnn { channels } => format!("cnn {}", dashed(channels)),
            Self::Resnet { depth, width: 16 } => format!("resnet{depth}"),
            Self::Resnet { depth, width } => format!("resnet{depth} width {width}"),
        }
    }

    /// Checks that the network can work on samples of this shape, and that all sizes are within
    /// bounds, so that its costs can be counted; a description may come from a file.
    ///
    /// # Errors
    /// [`NnError::Shape`] with the place of the mistake.
    pub fn check(&self, input: SampleShape, classes: usize) -> Result<(), NnError> {
        self.check_size("the labels", "classes", 2..=LARGEST_LAYER, classes)?;
        self.check_size("the data", "values in a sample", 1..=LARGEST_SAMPLE, input.len())?;
        match self {
            Self::Mlp { hidden } => {
                for &units in hidden {
                    self.check_size("`hidden`", "units", 1..=LARGEST_LAYER, units)?;
                }
                Ok(())
            }
            Self::Cnn { channels } => {
                for &outputs in channels {
                    self.check_size("`channels`", "channels", 1..=LARGEST_LAYER, outputs)?;
                }
                let [_, height, width] = self.image(input)?;
                let least = 1_usize << channels.len().min(32);
                if height.min(width) < least {
                    let expected =
                        format!("at least {least}x{least} pixels for {} stages", channels.len());
                    let found = format!("{height}x{width}");
                    return Err(self.shape_error("the images", &expected, &found));
                }
                Ok(())
            }
            Self::Resnet { depth, width: channels } => {
                if blocks_of_depth(*depth).is_none() || *depth > DEEPEST {
                    let expected = format!("6 n + 2, such as 8, 14, 20 or 32, up to {DEEPEST}");
                    return Err(self.shape_error("`depth`", &expected, &depth.to_string()));
                }
                self.check_size("`width`", "channels", 1..=WIDEST, *channels)?;
                let [_, height, width] = self.image(input)?;
                if height.min(width) < 4 {
                    let found = format!("{height}x{width}");
                    return Err(self.shape_error("the images", "at least 4x4 pixels", &found));
                }
                Ok(())
            }
        }
    }

    /// The layers with their shapes and costs.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn layers(&self, input: SampleShape, classes: usize) -> Result<Vec<Layer>, NnError> {
        self.check(input, classes)?;
        Ok(match self {
            Self::Mlp { hidden } => Mlp::layers(input.len(), hidden, classes),
            Self::Cnn { channels } => Cnn::layers(self.image(input)?, channels, classes),
            Self::Resnet { depth, width } => {
                let blocks = blocks_of_depth(*depth).unwrap_or(1);
                Resnet::layers(self.image(input)?, blocks, *width, classes)
            }
        })
    }

    /// The names of the taps that the network offers, in the order of the forward pass.
    pub fn taps(&self) -> Vec<String> {
        match self {
            Self::Mlp { hidden } => Mlp::tap_names(hidden),
            Self::Cnn { channels } => Cnn::tap_names(channels),
            Self::Resnet { .. } => Resnet::tap_names(),
        }
    }

    /// Builds the network with initial weights drawn from `stream`.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn build(
        &self,
        input: SampleShape,
        classes: usize,
        stream: Stream,
        device: &Device,
    ) -> Result<AnyNetwork, NnError> {
        self.check(input, classes)?;
        let initial = Initial::new(stream, device);
        Ok(match self {
            Self::Mlp { hidden } => {
                AnyNetwork::Mlp(Mlp::new(input.len(), hidden, classes, &initial))
            }
            Self::Cnn { channels } => {
                AnyNetwork::Cnn(Cnn::new(self.image(input)?, channels, classes, &initial))
            }
            Self::Resnet { depth, width } => {
                let blocks = blocks_of_depth(*depth).unwrap_or(1);
                let image = self.image(input)?;
                AnyNetwork::Resnet(Resnet::new(image, blocks, *width, classes, &initial))
            }
        })
    }

    fn image(&self, input: SampleShape) -> Result<[usize; 3], NnError> {
        match input {
            SampleShape::Image { channels, height, width } => Ok([channels, height, width]),
            SampleShape::Vector(length) => {
                let found = format!("{length} columns without height and width");
                Err(self.shape_error("the data", "images", &found))
            }
        }
    }

    fn check_size(
        &self,
        input: &str,
        what: &str,
        range: RangeInclusive<usize>,
        found: usize,
    ) -> Result<(), NnError> {
        if range.contains(&found) {
            return Ok(());
        }
        let expected = format!("{} to {} {what}", range.start(), range.end());
        Err(self.shape_error(input, &expected, &found.to_string()))
    }

    fn shape_error(&self, input: &str, expected: &str, found: &str) -> NnError {
        NnError::Shape {
            model: self.name(),
            input: input.to_owned(),
            expected: expected.to_owned(),
            found: found.to_owned(),
        }
    }
}
