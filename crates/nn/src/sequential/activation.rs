//! `relu`, `relu6` and `gelu`.

use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use data::SampleShape;
use serde::{Deserialize, Serialize};
use tensors::gelu;

use super::described::{Kind, Mistake, Operation, Part, sizes};
use super::value::Value;
use crate::{Initial, Layer};

/// Activations have no options.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ActivationPlan {}

/// The functions.
#[derive(Clone, Copy, Debug)]
pub(super) enum Function {
    Relu,
    Relu6,
    Gelu,
}

impl Function {
    fn name(self) -> &'static str {
        match self {
            Self::Relu => "ReLU",
            Self::Relu6 => "ReLU6",
            Self::Gelu => "GELU",
        }
    }

    pub(super) fn apply(self, value: Value) -> Value {
        match self {
            Self::Relu => value.map(relu, relu),
            Self::Relu6 => value.map(|rows| rows.clamp(0.0, 6.0), |images| images.clamp(0.0, 6.0)),
            Self::Gelu => value.map(gelu, gelu_of_images),
        }
    }
}

fn gelu_of_images(images: Tensor<4>) -> Tensor<4> {
    let shape = images.dims();
    gelu(images.flatten::<2>(0, 2)).reshape(shape)
}

impl Kind for Function {
    fn output(&self, input: SampleShape, _path: &str) -> Result<SampleShape, Mistake> {
        Ok(input)
    }

    fn row(&self, path: &str, _input: SampleShape, output: SampleShape) -> Layer {
        Layer::free(path, self.name(), &sizes(output))
    }

    fn build(&self, _input: SampleShape, _path: &str, _initial: &Initial) -> Part {
        Operation::Activation(*self).into()
    }
}
