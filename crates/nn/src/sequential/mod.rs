//! A network that a recipe lists layer by layer.

mod activation;
mod attention;
mod batch_norm;
mod convolution;
mod dense;
mod depthwise;
mod described;
mod dropout;
mod embedding;
mod flatten;
mod layer_norm;
mod pooling;
mod residual;
mod value;

use burn::module::Module;
use burn::tensor::Tensor;
use data::SampleShape;
use options::{Key, OptionError, Section};
use serde::{Deserialize, Serialize};

use crate::plan::{Check, Plan, image};
use crate::{AnyNetwork, Initial, Layer, Linear, Network, NnError, Taps, images};

use described::{Mistake, Part, shapes};
use value::Value;

pub use described::LayerPlan;

/// Layers one after the other, and a dense output to the classes.
///
/// Taps: `layers.0`, `layers.1`, ... what each layer gives, as the paths of its weights begin; and the scores of
/// attention, `layers.1.attention`, or `layers.1.inner.0.attention` in a residual block.
#[derive(Module, Debug)]
pub struct Sequential {
    layers: Vec<Part>,
    output: Linear,
    #[module(skip)]
    input: SampleShape,
}

/// The layers of a [`Sequential`] in order, without the output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SequentialLayers {
    /// What each layer is.
    pub layers: Vec<LayerPlan>,
}

const LAYERS: Key = Key("layers", "the layers in order, each with its kind");
const PATH: &str = "layers";

impl SequentialLayers {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        let example = "[{ kind = \"dense\", units = 64 }, { kind = \"relu\" }]";
        Ok(Self { layers: section.tables(LAYERS, LayerPlan::KIND, example, LayerPlan::read)? })
    }

    /// The network; checked before.
    pub(crate) fn network(
        &self,
        input: SampleShape,
        classes: usize,
        initial: &Initial,
    ) -> Sequential {
        let (shapes, width) = self.trace(input).unwrap_or_default();
        Sequential {
            layers: described::build(&self.layers, input, &shapes, PATH, initial),
            output: Linear::new(width, classes, &initial.below("output")),
            input,
        }
    }

    /// The shapes after each layer, and the numbers that reach the output.
    fn trace(&self, input: SampleShape) -> Result<(Vec<SampleShape>, usize), Mistake> {
        let embeds = matches!(self.layers.first(), Some(LayerPlan::Embedding(_)));
        if matches!(input, SampleShape::Tokens { .. }) && !embeds {
            return Err(Mistake {
                place: "the first layer".to_owned(),
                expected: "an `embedding`, because the samples are tokens".to_owned(),
                found: "another layer".to_owned(),
                hint: "such as `layers = [{ kind = \"embedding\", units = 16 }, ...]`".to_owned(),
            });
        }
        let shapes = shapes(&self.layers, input, PATH)?;
        match shapes.last().copied().unwrap_or(input) {
            SampleShape::Vector(width) => Ok((shapes, width)),
            found => Err(Mistake {
                place: "what reaches the output".to_owned(),
                expected: "values in a row".to_owned(),
                found: found.to_string(),
                hint: "end the list with `{ kind = \"flatten\" }` or `{ kind = \"global-average-pool\" }`"
                    .to_owned(),
            }),
        }
    }
}

impl Plan for SequentialLayers {
    fn name(&self) -> String {
        format!("network of {}", words::counted(self.layers.len() + 1, "layer"))
    }

    fn check(&self, check: &Check) -> Result<(), NnError> {
        let told = |Mistake { place, expected, found, hint }: Mistake| NnError::Shape {
            model: check.model.as_str().into(),
            input: place.into(),
            expected,
            found,
            hint: Some(hint.into()),
        };
        self.trace(check.input).map(drop).map_err(told)
    }

    fn layers(&self, input: SampleShape, classes: usize) -> Vec<Layer> {
        let (shapes, width) = self.trace(input).unwrap_or_default();
        let mut rows = described::rows(&self.layers, input, &shapes, PATH);
        rows.push(Layer::linear("output", "dense", width, classes));
        rows
    }

    fn taps(&self) -> Vec<String> {
        let taps = |(number, layer): (usize, &LayerPlan)| {
            let path = format!("{PATH}.{number}");
            let inner = layer.inner_taps(&path);
            inner.into_iter().chain([path])
        };
        self.layers.iter().enumerate().flat_map(taps).collect()
    }

    fn build(&self, input: SampleShape, classes: usize, initial: &Initial) -> AnyNetwork {
        AnyNetwork::Sequential(self.network(input, classes, initial))
    }
}

impl Network for Sequential {
    fn forward(&self, inputs: Tensor<2>, taps: &mut Taps) -> Tensor<2> {
        let mut value = match self.input {
            SampleShape::Vector(_) | SampleShape::Tokens { .. } => Value::Rows(inputs),
            SampleShape::Image { .. } => Value::Images(images(inputs, image(self.input))),
        };
        for (number, layer) in self.layers.iter().enumerate() {
            value = layer.forward(value, taps);
            taps.keep(&format!("{PATH}.{number}"), || value.feature());
        }
        self.output.forward(value.rows())
    }
}
