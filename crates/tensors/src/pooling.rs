//! Pooling of images with their channels last.

use burn::tensor::Tensor;
use burn::tensor::module::max_pool2d;
use burn::tensor::ops::MaxPoolOptions;
use ops::Level;
use ops::memory::Buffer;
use ops::pooling::{Shape, average, average_gradient, max, max_gradient};

use crate::layout::{channels_first, channels_last};
use crate::operation::{Operation, apply};
use crate::value::{Numbers, Value, numbers, recycle, shape, slice};

/// The largest value of each `size` by `size` window, windows side by side:
/// `[batch, height, width, channels]` to `[batch, height / size, width / size, channels]`.
pub fn max_pool(images: Tensor<4>, size: usize) -> Tensor<4> {
    if let Some(value) = Value::of(&images) {
        return apply(MaxPool { size }, [value]).tensor();
    }
    let options = MaxPoolOptions::new([size; 2]).with_stride([size; 2]);
    channels_last(max_pool2d(channels_first(images), options))
}

/// The mean over rows and columns: `[batch, height, width, channels]` to `[batch, channels]`.
pub fn global_average(images: Tensor<4>) -> Tensor<2> {
    match Value::of(&images) {
        Some(value) => apply(GlobalAverage, [value]).tensor(),
        None => images.mean_dims(&[1, 2]).flatten::<2>(1, 3),
    }
}

/// The four sizes of images.
fn sizes(images: &Numbers) -> [usize; 4] {
    shape(images).try_into().unwrap_or_default()
}

#[derive(Clone, Copy, Debug)]
struct MaxPool {
    size: usize,
}

impl MaxPool {
    fn shape(self, images: &Numbers) -> Shape {
        let [batch, height, width, channels] = sizes(images);
        Shape { batch, height, width, channels, kernel: self.size, stride: self.size }
    }
}

impl Operation<1> for MaxPool {
    /// Input and output.
    type Saved = [Numbers; 2];

    fn forward(&self, [images]: [Numbers; 1], taped: bool) -> (Numbers, Option<[Numbers; 2]>) {
        let shape = self.shape(&images);
        let sizes = [shape.batch, shape.output_height(), shape.output_width(), shape.channels];
        let mut out = Buffer::exact(sizes.iter().product());
        max(Level::best(), &shape, slice(&images), &mut out);
        let output = numbers(out, &sizes);
        let saved = taped.then(|| [images, output.clone()]);
        (output, saved)
    }

    fn backward(
        &self,
        [images, output]: [Numbers; 2],
        gradient: Numbers,
        _wanted: [bool; 1],
    ) -> [Option<Numbers>; 1] {
        let mut out = Buffer::exact(slice(&images).len());
        let (x, y, dy) = (slice(&images), slice(&output), slice(&gradient));
        max_gradient(Level::best(), &self.shape(&images), x, y, dy, &mut out);
        let found = numbers(out, &sizes(&images));
        recycle([images, output, gradient]);
        [Some(found)]
    }
}

#[derive(Clone, Copy, Debug)]
struct GlobalAverage;

impl Operation<1> for GlobalAverage {
    /// The sizes of the input.
    type Saved = [usize; 4];

    fn forward(&self, [images]: [Numbers; 1], taped: bool) -> (Numbers, Option<[usize; 4]>) {
        let [batch, height, width, channels] = sizes(&images);
        let mut out = Buffer::exact(batch * channels);
        average(Level::best(), slice(&images), [batch, height * width, channels], &mut out);
        (numbers(out, &[batch, channels]), taped.then(|| sizes(&images)))
    }

    fn backward(
        &self,
        [batch, height, width, channels]: [usize; 4],
        gradient: Numbers,
        _wanted: [bool; 1],
    ) -> [Option<Numbers>; 1] {
        let pixels = height * width;
        let mut out = Buffer::exact(batch * pixels * channels);
        average_gradient(Level::best(), slice(&gradient), [batch, pixels, channels], &mut out);
        [Some(numbers(out, &[batch, height, width, channels]))]
    }
}
