//! Trainable layers of a method, on images with their channels last.

use burn::tensor::Tensor;
use burn::tensor::activation::leaky_relu;
use nn::Parameter;
use random::Stream;

use crate::projector::uniform;
use crate::{MethodError, OwnParameters};

/// What is added to a variance before its root.
const EPSILON: f64 = 1e-5;

/// The parameters of a method by their paths.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnLayers<'a> {
    /// Whose they are.
    pub(crate) method: &'static str,
    /// As they are now.
    pub(crate) parameters: &'a OwnParameters,
}

impl OwnLayers<'_> {
    /// One parameter.
    ///
    /// # Errors
    /// [`MethodError::NotFitted`] where it is missing.
    pub(crate) fn get(self, path: &str) -> Result<Tensor<1>, MethodError> {
        let missing = MethodError::NotFitted { method: self.method };
        self.parameters.get(path).cloned().ok_or(missing)
    }

    /// A convolution that keeps the size, with a bias where there is one: `[batch, height, width, inputs]` to
    /// `[batch, height, width, outputs]`.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub(crate) fn convolution(
        self,
        path: &str,
        value: Tensor<4>,
        kernel: usize,
    ) -> Result<Tensor<4>, MethodError> {
        let [.., inputs] = value.dims();
        let weight = self.get(&format!("{path}.weight"))?;
        let outputs = weight.dims()[0] / (inputs * kernel * kernel).max(1);
        let weight = weight.reshape([outputs, inputs, kernel, kernel]);
        let made = tensors::convolution(value, weight, 1, kernel / 2);
        Ok(match self.parameters.get(&format!("{path}.bias")) {
            Some(bias) => made + bias.clone().reshape([1, 1, 1, outputs]),
            None => made,
        })
    }

    /// Batch normalisation by the batch itself, channels last.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub(crate) fn normalised(self, path: &str, value: Tensor<4>) -> Result<Tensor<4>, MethodError> {
        let [batch, height, width, channels] = value.dims();
        let share = 1.0 / (batch * height * width).max(1) as f64;
        let mean = |value: Tensor<4>| value.sum_dim(2).sum_dim(1).sum_dim(0) * share;
        let centred = value.clone() - mean(value);
        let deviation = (mean(centred.clone() * centred.clone()) + EPSILON).sqrt();
        let own = |name: &str| {
            let found = self.get(&format!("{path}.{name}"))?;
            Ok(found.reshape([1, 1, 1, channels]))
        };
        Ok(centred * (own("scale")? / deviation) + own("shift")?)
    }

    /// 3x3 convolutions one after the other, each followed by a leaky ReLU with the slope 0.1.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub(crate) fn leaky(
        self,
        paths: &[String],
        value: Tensor<4>,
    ) -> Result<Tensor<4>, MethodError> {
        paths
            .iter()
            .try_fold(value, |value, path| Ok(leaky_relu(self.convolution(path, value, 3)?, 0.1)))
    }
}

/// Weights and bias of a convolution, uniform within `1 / sqrt(inputs * kernel^2)`.
pub(crate) fn convolution(
    stream: &Stream,
    path: &str,
    [inputs, outputs]: [usize; 2],
    kernel: usize,
) -> [(String, Parameter); 2] {
    let reach = inputs * kernel * kernel;
    let [weight, bias] = ["weight", "bias"].map(|name| format!("{path}.{name}"));
    let weights = uniform(stream, &weight, vec![outputs, inputs, kernel, kernel], reach);
    let biases = uniform(stream, &bias, vec![outputs], reach);
    [(weight, weights), (bias, biases)]
}

/// Scale and shift behind a batch normalisation.
pub(crate) fn normalisation(path: &str, channels: usize) -> [(String, Parameter); 2] {
    [("scale", 1.0), ("shift", 0.0)].map(|(name, value)| {
        let own = Parameter { shape: vec![channels], values: vec![value; channels] };
        (format!("{path}.{name}"), own)
    })
}
