//! The shape of a convolution.

/// A two-dimensional convolution of `[batch, height, width, inputs]` with weights
/// `[outputs, inputs, kernel, kernel]` to `[batch, output height, output width, outputs]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Images.
    pub batch: usize,
    /// Rows of an image.
    pub height: usize,
    /// Columns of an image.
    pub width: usize,
    /// Channels of the input.
    pub inputs: usize,
    /// Channels of the output.
    pub outputs: usize,
    /// Rows and columns of the kernel.
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

    /// Numbers in the input.
    pub fn input_len(&self) -> usize {
        self.batch * self.height * self.width * self.inputs
    }

    /// Numbers in the output.
    pub fn output_len(&self) -> usize {
        self.output_pixels() * self.outputs
    }

    /// Numbers in the weights.
    pub fn weight_len(&self) -> usize {
        self.outputs * self.inputs * self.taps()
    }

    /// Pixels of all output images.
    pub(crate) fn output_pixels(&self) -> usize {
        self.batch * self.output_height() * self.output_width()
    }

    /// Places of the kernel.
    pub(crate) fn taps(&self) -> usize {
        self.kernel * self.kernel
    }

    /// Multiply-adds of one pass.
    pub(crate) fn work(&self) -> usize {
        self.output_len() * self.inputs * self.taps()
    }

    /// Places of the kernel along an axis of this length; none where it does not fit.
    fn placed(&self, length: usize) -> usize {
        match (length + 2 * self.padding).checked_sub(self.kernel) {
            Some(rest) => rest / self.stride.max(1) + 1,
            None => 0,
        }
    }

    /// Where the input is that an output pixel sees through a tap; none where that is padding.
    #[inline(always)]
    pub(crate) fn input_pixel(
        &self,
        [image, row, column]: [usize; 3],
        tap: usize,
    ) -> Option<usize> {
        let (down, right) = (tap / self.kernel, tap % self.kernel);
        let row = (row * self.stride + down).wrapping_sub(self.padding);
        let column = (column * self.stride + right).wrapping_sub(self.padding);
        let inside = row < self.height && column < self.width;
        inside.then(|| (image * self.height + row) * self.width + column)
    }
}
