//! The multi-layer perceptron.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use data::SampleShape;

use crate::architecture::LARGEST_LAYER;
use crate::plan::{Check, Plan};
use crate::{AnyNetwork, Initial, Layer, Linear, Network, NnError, Taps};

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
}

/// Units of the hidden layers.
pub(crate) struct MlpPlan(pub(crate) Vec<usize>);

impl Plan for MlpPlan {
    fn name(&self) -> String {
        match self.0.is_empty() {
            true => "mlp without hidden layer".to_owned(),
            false => format!("mlp {}", dashed(&self.0)),
        }
    }

    fn check(&self, check: &Check) -> Result<(), NnError> {
        self.0
            .iter()
            .try_for_each(|&units| check.size("`hidden`", "units", 1..=LARGEST_LAYER, units))
    }

    fn layers(&self, input: SampleShape, classes: usize) -> Vec<Layer> {
        let mut width = input.len();
        let mut layers = Vec::new();
        for (index, &units) in self.0.iter().enumerate() {
            layers.push(Layer::linear(&format!("hidden.{index}"), "dense + ReLU", width, units));
            width = units;
        }
        layers.push(Layer::linear("output", "dense", width, classes));
        layers
    }

    fn taps(&self) -> Vec<String> {
        (1..=self.0.len()).map(|number| format!("hidden{number}")).collect()
    }

    fn build(&self, input: SampleShape, classes: usize, initial: &Initial) -> AnyNetwork {
        AnyNetwork::Mlp(Mlp::new(input.len(), &self.0, classes, initial))
    }
}

/// Sizes in a row, such as `64-32`.
pub(crate) fn dashed(sizes: &[usize]) -> String {
    sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join("-")
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
