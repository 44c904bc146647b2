//! `max-pool`, `average-pool` and `global-average-pool`.

use data::SampleShape;
use options::{Key, OptionError, Section};
use serde::{Deserialize, Serialize};
use tensors::{global_average, max_pool};

use super::convolution::LARGEST_KERNEL;
use super::described::{Kind, Mistake, Operation, Part, sizes, within};
use super::value::Value;
use crate::architecture::read_size;
use crate::layer::average_pool;
use crate::{Initial, Layer};

const SIZE: Key = Key("size", "rows and columns of a window; windows lie side by side");

/// The options of pooling in windows. Pixels that no whole window reaches are left out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct PoolPlan {
    size: usize,
}

impl PoolPlan {
    pub(super) fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        Ok(Self { size: read_size(section, SIZE, 2, LARGEST_KERNEL)? })
    }

    fn output(&self, kind: &str, input: SampleShape, path: &str) -> Result<SampleShape, Mistake> {
        let size = self.size;
        within(kind, path, "`size`", size, LARGEST_KERNEL)?;
        match input {
            SampleShape::Image { channels, height, width } if height.min(width) >= size => {
                Ok(SampleShape::Image { channels, height: height / size, width: width / size })
            }
            SampleShape::Vector(_) | SampleShape::Tokens { .. } => {
                Err(Mistake::no_images(kind, path, &input))
            }
            SampleShape::Image { .. } => {
                let expected = format!("images of at least {size}x{size} pixels");
                let hint = "make `size` smaller, or pool less before it";
                Err(Mistake::new(kind, path, &expected, &input, hint))
            }
        }
    }

    fn row(&self, kind: &str, path: &str, output: SampleShape) -> Layer {
        Layer::free(path, &format!("{kind} pool {0}x{0}", self.size), &sizes(output))
    }
}

/// `max-pool`
pub(super) struct Max(pub(super) PoolPlan);

impl Kind for Max {
    fn output(&self, input: SampleShape, path: &str) -> Result<SampleShape, Mistake> {
        self.0.output("max-pool", input, path)
    }

    fn row(&self, path: &str, _input: SampleShape, output: SampleShape) -> Layer {
        self.0.row("max", path, output)
    }

    fn build(&self, _input: SampleShape, _path: &str, _initial: &Initial) -> Part {
        Operation::MaxPool(self.0.size).into()
    }
}

/// `average-pool`
pub(super) struct Average(pub(super) PoolPlan);

impl Kind for Average {
    fn output(&self, input: SampleShape, path: &str) -> Result<SampleShape, Mistake> {
        self.0.output("average-pool", input, path)
    }

    fn row(&self, path: &str, _input: SampleShape, output: SampleShape) -> Layer {
        self.0.row("average", path, output)
    }

    fn build(&self, _input: SampleShape, _path: &str, _initial: &Initial) -> Part {
        Operation::AveragePool(self.0.size).into()
    }
}

/// `global-average-pool` has no options.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct GlobalPlan {}

impl Kind for GlobalPlan {
    fn output(&self, input: SampleShape, path: &str) -> Result<SampleShape, Mistake> {
        match input {
            SampleShape::Image { channels, .. } => Ok(SampleShape::Vector(channels)),
            SampleShape::Vector(_) | SampleShape::Tokens { .. } => {
                Err(Mistake::no_images("global-average-pool", path, &input))
            }
        }
    }

    fn row(&self, path: &str, _input: SampleShape, output: SampleShape) -> Layer {
        Layer::free(path, "global average", &sizes(output))
    }

    fn build(&self, _input: SampleShape, _path: &str, _initial: &Initial) -> Part {
        Operation::GlobalAveragePool.into()
    }
}

pub(super) fn max(value: Value, size: usize) -> Value {
    Value::Images(max_pool(value.images(), size))
}

pub(super) fn average(value: Value, size: usize) -> Value {
    Value::Images(average_pool(value.images(), size, size, 0))
}

pub(super) fn global(value: Value) -> Value {
    Value::Rows(global_average(value.images()))
}
