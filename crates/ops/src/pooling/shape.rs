//! The shape of max pooling.

/// Windows of `kernel` by `kernel` pixels over `[batch, height, width, channels]`, without padding;
/// pixels that no whole window reaches are left out.
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
    /// Rows and columns of a window, at least 1.
    pub kernel: usize,
    /// Rows and columns from one window to the next, at least 1.
    pub stride: usize,
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

    /// Numbers of a row of an input image.
    pub(super) fn input_row(&self) -> usize {
        self.width * self.channels
    }

    /// Numbers of an input image.
    pub(super) fn input_image(&self) -> usize {
        self.height * self.input_row()
    }

    /// Numbers of a row of an output image.
    pub(super) fn output_row(&self) -> usize {
        self.output_width() * self.channels
    }

    /// Numbers of an output image.
    pub(super) fn output_image(&self) -> usize {
        self.output_height() * self.output_row()
    }

    fn placed(&self, length: usize) -> usize {
        length.checked_sub(self.kernel).map_or(0, |rest| rest / self.stride + 1)
    }
}
