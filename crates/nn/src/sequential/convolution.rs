//! `conv`: a convolution.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use data::SampleShape;
use options::{Key, OptionError, Section};
use serde::{Deserialize, Serialize};
use tensors::{depthwise_convolution, grouped_convolution};

use super::described::{Kind, Mistake, Part, named, within};
use crate::architecture::{LARGEST_LAYER, read_size};
use crate::plan::image;
use crate::{Initial, Layer};

/// Rows and columns of a kernel, of a window, and from one to the next.
pub(super) const LARGEST_KERNEL: usize = 255;

const CHANNELS: Key = Key("channels", "channels that come out");
const GROUPS: Key = Key("groups", "groups of channels that do not see each other");
pub(super) const KERNEL: Key = Key("kernel", "rows and columns of the kernel");
pub(super) const STRIDE: Key = Key("stride", "pixels from one place of the kernel to the next");
pub(super) const BIAS: Key = Key("bias", "a number that is added to each channel");

/// The options of a convolution. Padding is half of the kernel, so that an odd kernel keeps the size
/// of the image with stride 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ConvolutionPlan {
    channels: usize,
    #[serde(flatten)]
    window: Window,
    groups: usize,
}

/// What convolutions of every kind have.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Window {
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) bias: bool,
}

impl Window {
    pub(super) fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        Ok(Self {
            kernel: read_size(section, KERNEL, 3, LARGEST_KERNEL)?,
            stride: read_size(section, STRIDE, 1, LARGEST_KERNEL)?,
            bias: section.boolean(BIAS, true)?,
        })
    }

    /// The images that a convolution to `channels` channels makes.
    pub(super) fn output(
        &self,
        kind: &str,
        channels: usize,
        input: SampleShape,
        path: &str,
    ) -> Result<SampleShape, Mistake> {
        within(kind, path, "`kernel`", self.kernel, LARGEST_KERNEL)?;
        within(kind, path, "`stride`", self.stride, LARGEST_KERNEL)?;
        let SampleShape::Image { height, width, .. } = input else {
            return Err(Mistake::no_images(kind, path, &input));
        };
        let placed = |length: usize| {
            let rest = (length + 2 * (self.kernel / 2)).checked_sub(self.kernel);
            rest.map(|rest| rest / self.stride + 1)
        };
        match (placed(height), placed(width)) {
            (Some(height), Some(width)) => Ok(SampleShape::Image { channels, height, width }),
            _ => {
                let expected = format!("images that a {0}x{0} kernel fits into", self.kernel);
                let hint = "make `kernel` smaller, or pool less before it";
                Err(Mistake::new(kind, path, &expected, &input, hint))
            }
        }
    }

    /// The row of a convolution of so many groups.
    pub(super) fn row(
        &self,
        kind: &str,
        path: &str,
        groups: usize,
        input: SampleShape,
        output: SampleShape,
    ) -> Layer {
        let [inputs, ..] = image(input);
        let [outputs, height, width] = image(output);
        let size = [height, width];
        let kernel = self.kernel;
        let row = Layer::grouped_convolution(path, inputs, outputs, kernel, groups, size);
        let bias = if self.bias { outputs as u64 } else { 0 };
        Layer {
            kind: format!("{kind} {kernel}x{kernel}"),
            parameters: row.parameters + bias,
            ..row
        }
    }

    /// The layer with He-normal weights and zero bias.
    pub(super) fn build(
        &self,
        [inputs, outputs]: [usize; 2],
        groups: usize,
        initial: &Initial,
    ) -> Part {
        let kernel = self.kernel;
        let reached = outputs / groups * kernel * kernel;
        let shape = [outputs, inputs / groups, kernel, kernel];
        Part::Convolution(ListedConvolution {
            weight: initial.he_normal("weight", shape, reached),
            bias: self.bias.then(|| initial.constant(0.0, outputs)),
            groups,
            stride: self.stride,
        })
    }
}

impl ConvolutionPlan {
    pub(super) fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        Ok(Self {
            channels: read_size(section, CHANNELS, 16, LARGEST_LAYER)?,
            window: Window::read(section)?,
            groups: read_size(section, GROUPS, 1, LARGEST_LAYER)?,
        })
    }
}

impl Kind for ConvolutionPlan {
    fn output(&self, input: SampleShape, path: &str) -> Result<SampleShape, Mistake> {
        within("conv", path, "`channels`", self.channels, LARGEST_LAYER)?;
        within("conv", path, "`groups`", self.groups, LARGEST_LAYER)?;
        let output = self.window.output("conv", self.channels, input, path)?;
        let [inputs, ..] = image(input);
        if inputs.is_multiple_of(self.groups) && self.channels.is_multiple_of(self.groups) {
            return Ok(output);
        }
        Err(Mistake {
            place: named("conv", path),
            expected: format!("channels that are multiples of the {} groups", self.groups),
            found: format!("{inputs} before it and {} behind it", self.channels),
            hint: "choose `groups` that divide both numbers of channels, or leave `groups` out"
                .to_owned(),
        })
    }

    fn row(&self, path: &str, input: SampleShape, output: SampleShape) -> Layer {
        self.window.row("convolution", path, self.groups, input, output)
    }

    fn build(&self, input: SampleShape, _path: &str, initial: &Initial) -> Part {
        let [inputs, ..] = image(input);
        self.window.build([inputs, self.channels], self.groups, initial)
    }
}

/// A convolution with or without bias.
#[derive(Module, Debug)]
pub(super) struct ListedConvolution {
    /// `[outputs, inputs / groups, kernel, kernel]`
    weight: Param<Tensor<4>>,
    /// `[outputs]`
    bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    groups: usize,
    #[module(skip)]
    stride: usize,
}

impl ListedConvolution {
    /// Images with their channels last.
    pub(super) fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let weight = self.weight.val();
        let [outputs, inputs, kernel, _] = weight.dims();
        let (stride, padding) = (self.stride, kernel / 2);
        let output = if inputs == 1 && self.groups == outputs {
            depthwise_convolution(input, weight, stride, padding)
        } else {
            grouped_convolution(input, weight, stride, padding, self.groups)
        };
        match &self.bias {
            Some(bias) => output + bias.val().reshape([1, 1, 1, outputs]),
            None => output,
        }
    }
}
