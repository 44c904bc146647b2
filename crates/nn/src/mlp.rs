//! The multi-layer perceptron.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::relu;

use crate::{Initial, Layer, Linear, Network, Taps};

/// Dense layers with ReLU between them and a dense output.
///
/// Taps: `hidden1`, `hidden2`, ... after each ReLU, `[batch, units]`.
#[derive(Module, Debug)]
pub struct Mlp {
    hidden: Vec<Linear>,
    output: Linear,
}

impl Mlp {
    /// `inputs` to `hidden` units, layer by layer, to `classes` logits.
    pub fn new(inputs: usize, hidden: &[usize], classes: usize, initial: &Initial) -> Self {
        let mut width = inputs;
        let mut layers = Vec::with_capacity(hidden.len());
        for (index, &units) in hidden.iter().enumerate() {
            layers.push(Linear::new(width, units, &initial.below(&format!("hidden.{index}"))));
            width = units;
        }
        Self { hidden: layers, output: Linear::new(width, classes, &initial.below("output")) }
    }

    pub(crate) fn layers(inputs: usize, hidden: &[usize], classes: usize) -> Vec<Layer> {
        let mut width = inputs;
        let mut layers = Vec::new();
        for (index, &units) in hidden.iter().enumerate() {
            layers.push(Layer::linear(&format!("hidden.{index}"), "dense + ReLU", width, units));
            width = units;
        }
        layers.push(Layer::linear("output", "dense", width, classes));
        layers
    }

    pub(crate) fn tap_names(hidden: &[usize]) -> Vec<String> {
        (1..=hidden.len()).map(|number| format!("hidden{number}")).collect()
    }
}

impl Network for Mlp {
    fn forward(&self, inputs: Tensor<2>, taps: &mut Taps) -> Tensor<2> {
        if taps.wants_none() {
            let layers = self.hidden.iter().chain([&self.output]);
            let layers: Vec<_> =
                layers.map(|layer| (layer.weight.val(), layer.bias.val())).collect();
            return tensors::dense_layers(inputs, &layers);
        }
        let mut value = inputs;
        for (index, layer) in self.hidden.iter().enumerate() {
            value = relu(layer.forward(value));
            taps.keep(&format!("hidden{}", index + 1), || value.clone());
        }
        self.output.forward(value)
    }

    fn dense_layers(&self) -> Option<Vec<[usize; 2]>> {
        let layers = self.hidden.iter().chain([&self.output]);
        Some(layers.map(|layer| layer.weight.lazy_shape().dims()).collect())
    }
}
