//! Average pooling of windows.

use burn::tensor::Tensor;
use tensors::depthwise_convolution;

/// The mean of each `size` by `size` window: `[batch, height, width, channels]` to
/// `[batch, (height + 2 padding - size) / stride + 1, ..., channels]`. Zeros of the padding count.
pub(crate) fn average_pool(
    images: Tensor<4>,
    size: usize,
    stride: usize,
    padding: usize,
) -> Tensor<4> {
    let [.., channels] = images.dims();
    // Ones are exact in every number format, which a share of the window is not.
    let ones: Tensor<4> =
        Tensor::ones([channels, 1, size, size], (&images.device(), images.dtype()));
    depthwise_convolution(images, ones, stride, padding) * (1.0 / (size * size) as f64)
}
