//! The shape of a depthwise convolution.

/// A depthwise convolution of `[batch, height, width, channels]` with weights `[channels, kernel,
/// kernel]` to `[batch, output height, output width, channels]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Images.
    pub batch: usize,
    /// Rows of an image.
    pub height: usize,
    /// Columns of an image.
    pub width: usize,
    /// Channels of input and output.
    pub channels: usize,
    /// Rows and columns of the kernel, at least 1.
    pub kernel: usize,
    /// Rows and columns from one place of the kernel to the next, at least 1.
    pub stride: usize,
    /// Rows and columns of zeros around an image.
    pub padding: usize,
}

impl Shape {
    /// Rows of the output.
    pub fn output_height(&self) -> usize {
        self.placed(self.height)
    }

    /// Columns of the output.
    pub fn output_width(&self) -> usize {
        self.placed(self.width)
    }

    /// Numbers of an input image.
    pub(super) fn input_image(&self) -> usize {
        self.height * self.width * self.channels
    }

    /// Numbers of an output image.
    pub(super) fn output_image(&self) -> usize {
        self.output_height() * self.output_width() * self.channels
    }

    /// Multiply-adds of one pass.
    pub(super) fn work(&self) -> usize {
        self.batch * self.output_image() * self.kernel * self.kernel
    }

    /// Places of the kernel along an axis of this length; none where it does not fit.
    fn placed(&self, length: usize) -> usize {
        match (length + 2 * self.padding).checked_sub(self.kernel) {
            Some(rest) => rest / self.stride + 1,
            None => 0,
        }
    }
}
