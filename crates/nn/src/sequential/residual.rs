//! `residual`: layers with a shortcut around them.

use burn::module::Module;
use data::SampleShape;
use options::{Key, OptionError, Section};
use serde::{Deserialize, Serialize};
use tensors::Activation;

use super::described::{self, Kind, LayerPlan, Mistake, Part, shapes, sizes};
use super::value::Value;
use crate::plan::image;
use crate::{Initial, Layer, Linear, NormalisedConvolution, Taps};

const INNER: Key = Key("inner", "the layers that the shortcut goes around");
const SHORTCUT: Key = Key("shortcut", "identity, or a projection where the shape changes");

/// The options of a residual block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ResidualPlan {
    inner: Vec<LayerPlan>,
    shortcut: ShortcutPlan,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ShortcutPlan {
    /// The input as it is.
    Identity,
    /// For images a 1x1 convolution with the stride of the layers and batch normalisation, for values
    /// in a row a dense layer.
    Projection,
}

impl ResidualPlan {
    pub(super) fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        let example = "[{ kind = \"conv\", channels = 16 }]";
        let inner = section.tables(INNER, LayerPlan::KIND, example, LayerPlan::read)?;
        let shortcut =
            match section.choice(SHORTCUT, "identity", &["identity", "projection"])?.as_str() {
                "projection" => ShortcutPlan::Projection,
                _ => ShortcutPlan::Identity,
            };
        Ok(Self { inner, shortcut })
    }

    fn shapes(&self, input: SampleShape, path: &str) -> Result<Vec<SampleShape>, Mistake> {
        shapes(&self.inner, input, &format!("{path}.inner"))
    }

    pub(super) fn inner_taps(&self, path: &str) -> Vec<String> {
        let numbered = self.inner.iter().enumerate();
        numbered
            .flat_map(|(number, layer)| layer.inner_taps(&format!("{path}.inner.{number}")))
            .collect()
    }
}

/// The stride of a 1x1 convolution from one size of images to the other.
fn stride(input: SampleShape, output: SampleShape) -> Option<usize> {
    let ([_, height, width], [_, rows, columns]) = (image(input), image(output));
    (1..=height.max(width))
        .find(|stride| height.div_ceil(*stride) == rows && width.div_ceil(*stride) == columns)
}

/// Whether a projection leads from one shape to the other.
fn projects(input: SampleShape, output: SampleShape) -> bool {
    match (input, output) {
        (SampleShape::Vector(_), SampleShape::Vector(_)) => true,
        (SampleShape::Image { .. }, SampleShape::Image { .. }) => stride(input, output).is_some(),
        _ => false,
    }
}

impl Kind for &ResidualPlan {
    fn output(&self, input: SampleShape, path: &str) -> Result<SampleShape, Mistake> {
        let output = self.shapes(input, path)?.last().copied().unwrap_or(input);
        let fits = match self.shortcut {
            ShortcutPlan::Identity => output == input,
            ShortcutPlan::Projection => projects(input, output),
        };
        if fits {
            return Ok(output);
        }
        let (expected, hint) = match self.shortcut {
            ShortcutPlan::Identity => (
                format!("{input}, as go in"),
                "set `shortcut = \"projection\"`, or keep the shape inside",
            ),
            ShortcutPlan::Projection => (
                format!("what a projection makes of {input}"),
                "keep rows as rows and images as images inside, smaller by the same stride in height and width",
            ),
        };
        let place =
            format!("what the layers inside of {} give", described::named("residual", path));
        Err(Mistake { place, expected, found: output.to_string(), hint: hint.to_owned() })
    }

    fn row(&self, path: &str, input: SampleShape, output: SampleShape) -> Layer {
        let inside = self.shapes(input, path).unwrap_or_default();
        let mut parts = described::rows(&self.inner, input, &inside, path);
        let ([inputs, ..], [outputs, height, width]) = (image(input), image(output));
        match (self.shortcut, output) {
            (ShortcutPlan::Identity, _) => {}
            (ShortcutPlan::Projection, SampleShape::Image { .. }) => {
                parts.push(Layer::convolution(path, inputs, outputs, 1, [height, width]));
                parts.push(Layer::batch_norm(path, outputs, [height, width]));
            }
            (ShortcutPlan::Projection, SampleShape::Vector(_) | SampleShape::Tokens { .. }) => {
                parts.push(Layer::linear(path, "dense", input.len(), output.len()));
            }
        }
        Layer::block(path, "residual block", &parts, &sizes(output))
    }

    fn build(&self, input: SampleShape, path: &str, initial: &Initial) -> Part {
        let inside = self.shapes(input, path).unwrap_or_default();
        let output = inside.last().copied().unwrap_or(input);
        let below = initial.below("shortcut");
        let shortcut = match (self.shortcut, output) {
            (ShortcutPlan::Identity, _) => None,
            (ShortcutPlan::Projection, SampleShape::Image { channels, .. }) => {
                let ([inputs, ..], stride) = (image(input), stride(input, output).unwrap_or(1));
                let channels = [inputs, channels];
                let projection = NormalisedConvolution::new(channels, 1, stride, &below);
                Some(Shortcut::Images(projection))
            }
            (ShortcutPlan::Projection, SampleShape::Vector(_) | SampleShape::Tokens { .. }) => {
                Some(Shortcut::Rows(Linear::new(input.len(), output.len(), &below)))
            }
        };
        let path = format!("{path}.inner");
        let inner = described::build(&self.inner, input, &inside, &path, initial);
        Part::Residual(Residual { inner, shortcut })
    }
}

/// Layers and what goes around them.
#[derive(Module, Debug)]
pub(super) struct Residual {
    inner: Vec<Part>,
    shortcut: Option<Shortcut>,
}

/// A shortcut with weights.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "a network holds a handful of layers")]
enum Shortcut {
    Images(NormalisedConvolution),
    Rows(Linear),
}

impl Residual {
    pub(super) fn forward(&self, input: Value, taps: &mut Taps) -> Value {
        let mut value = input.clone();
        for layer in &self.inner {
            value = layer.forward(value, taps);
        }
        let around = match &self.shortcut {
            None => input,
            Some(Shortcut::Images(projection)) => {
                Value::Images(projection.forward(input.images(), None, Activation::None))
            }
            Some(Shortcut::Rows(projection)) => Value::Rows(projection.forward(input.rows())),
        };
        match around {
            Value::Rows(around) => Value::Rows(value.rows() + around),
            Value::Images(around) => Value::Images(value.images() + around),
        }
    }
}
