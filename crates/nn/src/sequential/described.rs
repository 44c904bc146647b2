//! The kinds of layers, as a recipe and a saved model describe them.

use burn::module::Module;
use data::SampleShape;
use options::{Key, OptionError, Section};
use serde::{Deserialize, Serialize};

use super::activation::{self, ActivationPlan};
use super::attention::{self, AttentionPlan, ListedAttention};
use super::batch_norm::BatchNormPlan;
use super::convolution::{ConvolutionPlan, ListedConvolution};
use super::dense::DensePlan;
use super::depthwise::DepthwisePlan;
use super::dropout::DropoutPlan;
use super::embedding::{Embedding, EmbeddingPlan};
use super::flatten::FlattenPlan;
use super::layer_norm::LayerNormPlan;
use super::pooling::{self, GlobalPlan, PoolPlan};
use super::residual::{Residual, ResidualPlan};
use super::value::Value;
use crate::architecture::LARGEST_SAMPLE;
use crate::{BatchNorm, Dropout, Initial, Layer, LayerNorm, Linear, Taps};

/// What every kind of layer says about itself.
pub(super) trait Kind {
    /// The shape after it.
    fn output(&self, input: SampleShape, path: &str) -> Result<SampleShape, Mistake>;

    /// Its row in the summary; shapes have been checked.
    fn row(&self, path: &str, input: SampleShape, output: SampleShape) -> Layer;

    /// The layer with initial weights; shapes have been checked.
    fn build(&self, input: SampleShape, path: &str, initial: &Initial) -> Part;
}

/// A layer that cannot work, and where.
pub(super) struct Mistake {
    pub(super) place: String,
    pub(super) expected: String,
    pub(super) found: String,
    /// What to do about it.
    pub(super) hint: String,
}

impl Mistake {
    /// The layer at `path` gets something else than it needs.
    pub(super) fn new(
        kind: &str,
        path: &str,
        expected: &str,
        found: &SampleShape,
        hint: &str,
    ) -> Self {
        Self {
            place: format!("what reaches {}", named(kind, path)),
            expected: expected.to_owned(),
            found: found.to_string(),
            hint: hint.to_owned(),
        }
    }

    /// The layer at `path` needs images.
    pub(super) fn no_images(kind: &str, path: &str, found: &SampleShape) -> Self {
        let hint = match found {
            SampleShape::Vector(_) => {
                "put it before what makes a row of values (`flatten`, `dense`, `global-average-pool`); rows of a table \
                 are no images: `dense` works on them"
            }
            _ => "begin with an `embedding`, which makes images of tokens",
        };
        Self::new(kind, path, "images", found, hint)
    }
}

/// A layer by the key that it has in a recipe, which counts from 0, by its kind, and by its number for a person.
pub(super) fn named(kind: &str, path: &str) -> String {
    let number = path.rsplit('.').next().and_then(|number| number.parse::<usize>().ok());
    let number =
        number.map_or(String::new(), |number| format!(", layer {}", number.saturating_add(1)));
    format!("`{path}` ({kind}{number})")
}

/// A number of a layer is from 1 to `most`; a description may come from a file.
pub(super) fn within(
    kind: &str,
    path: &str,
    what: &str,
    found: usize,
    most: usize,
) -> Result<(), Mistake> {
    if (1..=most).contains(&found) {
        return Ok(());
    }
    Err(Mistake {
        place: named(kind, path),
        expected: format!("{what} from 1 to {most}"),
        found: found.to_string(),
        hint: format!("set it from 1 to {most}"),
    })
}

/// One layer of a [`Sequential`](crate::Sequential).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[allow(private_interfaces, reason = "a description is made by reading one")]
pub enum LayerPlan {
    /// A dense layer.
    Dense(DensePlan),
    /// A convolution.
    Conv(ConvolutionPlan),
    /// A convolution of each channel by itself.
    DepthwiseConv(DepthwisePlan),
    /// Batch normalisation.
    BatchNorm(BatchNormPlan),
    /// Layer normalisation of values in a row, or of the channels of each pixel.
    LayerNorm(LayerNormPlan),
    /// The largest value of each window.
    MaxPool(PoolPlan),
    /// The mean of each window.
    AveragePool(PoolPlan),
    /// The mean of each channel.
    GlobalAveragePool(GlobalPlan),
    /// Images as values in a row.
    Flatten(FlattenPlan),
    /// Numbers for each token.
    Embedding(EmbeddingPlan),
    /// Self-attention between pixels.
    Attention(AttentionPlan),
    /// Dropout.
    Dropout(DropoutPlan),
    /// ReLU.
    Relu(ActivationPlan),
    /// ReLU that ends at 6.
    Relu6(ActivationPlan),
    /// GELU.
    Gelu(ActivationPlan),
    /// Layers with a shortcut around them.
    Residual(ResidualPlan),
}

const KIND: Key = Key("kind", "what the layer is");

const KINDS: [&str; 16] = [
    "dense",
    "conv",
    "depthwise-conv",
    "batch-norm",
    "layer-norm",
    "max-pool",
    "average-pool",
    "global-average-pool",
    "flatten",
    "embedding",
    "attention",
    "dropout",
    "relu",
    "relu6",
    "gelu",
    "residual",
];

impl LayerPlan {
    /// What a table of `layers` is, by the name of its kind.
    pub const KIND: &str = "layer";

    /// Reads `kind` and what belongs to it.
    ///
    /// # Errors
    /// Unknown kinds, and values of another type or out of range.
    pub fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        let kind = section.name(KIND, "\"dense\"", &KINDS, &[])?;
        Ok(match kind.as_str() {
            "dense" => Self::Dense(DensePlan::read(section)?),
            "conv" => Self::Conv(ConvolutionPlan::read(section)?),
            "depthwise-conv" => Self::DepthwiseConv(DepthwisePlan::read(section)?),
            "batch-norm" => Self::BatchNorm(BatchNormPlan {}),
            "layer-norm" => Self::LayerNorm(LayerNormPlan {}),
            "max-pool" => Self::MaxPool(PoolPlan::read(section)?),
            "average-pool" => Self::AveragePool(PoolPlan::read(section)?),
            "global-average-pool" => Self::GlobalAveragePool(GlobalPlan {}),
            "flatten" => Self::Flatten(FlattenPlan {}),
            "embedding" => Self::Embedding(EmbeddingPlan::read(section)?),
            "attention" => Self::Attention(AttentionPlan::read(section)?),
            "dropout" => Self::Dropout(DropoutPlan::read(section)?),
            "relu" => Self::Relu(ActivationPlan {}),
            "relu6" => Self::Relu6(ActivationPlan {}),
            "gelu" => Self::Gelu(ActivationPlan {}),
            "residual" => Self::Residual(ResidualPlan::read(section)?),
            other => return Err(section.unknown_choice(KIND, other, &KINDS)),
        })
    }

    /// The kind, as a recipe calls it.
    fn word(&self) -> &'static str {
        match self {
            Self::Dense(_) => "dense",
            Self::Conv(_) => "conv",
            Self::DepthwiseConv(_) => "depthwise-conv",
            Self::BatchNorm(_) => "batch-norm",
            Self::LayerNorm(_) => "layer-norm",
            Self::MaxPool(_) => "max-pool",
            Self::AveragePool(_) => "average-pool",
            Self::GlobalAveragePool(_) => "global-average-pool",
            Self::Flatten(_) => "flatten",
            Self::Embedding(_) => "embedding",
            Self::Attention(_) => "attention",
            Self::Dropout(_) => "dropout",
            Self::Relu(_) => "relu",
            Self::Relu6(_) => "relu6",
            Self::Gelu(_) => "gelu",
            Self::Residual(_) => "residual",
        }
    }

    fn kind(&self) -> Box<dyn Kind + '_> {
        match self {
            Self::Dense(plan) => Box::new(*plan),
            Self::Conv(plan) => Box::new(*plan),
            Self::DepthwiseConv(plan) => Box::new(*plan),
            Self::BatchNorm(plan) => Box::new(*plan),
            Self::LayerNorm(plan) => Box::new(*plan),
            Self::MaxPool(plan) => Box::new(pooling::Max(*plan)),
            Self::AveragePool(plan) => Box::new(pooling::Average(*plan)),
            Self::GlobalAveragePool(plan) => Box::new(*plan),
            Self::Flatten(plan) => Box::new(*plan),
            Self::Embedding(plan) => Box::new(*plan),
            Self::Attention(plan) => Box::new(*plan),
            Self::Dropout(plan) => Box::new(*plan),
            Self::Relu(_) => Box::new(activation::Function::Relu),
            Self::Relu6(_) => Box::new(activation::Function::Relu6),
            Self::Gelu(_) => Box::new(activation::Function::Gelu),
            Self::Residual(plan) => Box::new(plan),
        }
    }

    /// The taps inside of the layer at `path`.
    pub(super) fn inner_taps(&self, path: &str) -> Vec<String> {
        match self {
            Self::Attention(_) => vec![attention::scores_tap(path)],
            Self::Residual(plan) => plan.inner_taps(path),
            _ => Vec::new(),
        }
    }
}

/// The shape after each layer.
pub(super) fn shapes(
    layers: &[LayerPlan],
    input: SampleShape,
    path: &str,
) -> Result<Vec<SampleShape>, Mistake> {
    let mut shape = input;
    let mut shapes = Vec::with_capacity(layers.len());
    for (number, layer) in layers.iter().enumerate() {
        let path = format!("{path}.{number}");
        shape = layer.kind().output(shape, &path)?;
        let (kind, values) = (layer.word(), shape.len());
        within(kind, &path, "values in a sample", values, LARGEST_SAMPLE).map_err(|mistake| {
            let hint = "pool before it, or give it fewer channels or units";
            Mistake { hint: hint.to_owned(), ..mistake }
        })?;
        shapes.push(shape);
    }
    Ok(shapes)
}

/// Each layer with its path and the shapes before and after it.
fn traced<'a>(
    layers: &'a [LayerPlan],
    input: SampleShape,
    shapes: &'a [SampleShape],
    path: &'a str,
) -> impl Iterator<Item = (Box<dyn Kind + 'a>, String, [SampleShape; 2])> {
    let before = std::iter::once(input).chain(shapes.iter().copied());
    let pairs = before.zip(shapes.iter().copied());
    layers.iter().zip(pairs).enumerate().map(move |(number, (layer, (before, after)))| {
        (layer.kind(), format!("{path}.{number}"), [before, after])
    })
}

/// The rows of the summary.
pub(super) fn rows(
    layers: &[LayerPlan],
    input: SampleShape,
    shapes: &[SampleShape],
    path: &str,
) -> Vec<Layer> {
    let row = |(kind, path, [before, after]): (Box<dyn Kind + '_>, String, [SampleShape; 2])| {
        kind.row(&path, before, after)
    };
    traced(layers, input, shapes, path).map(row).collect()
}

/// The layers with initial weights; `initial` belongs to what `path` starts at.
pub(super) fn build(
    layers: &[LayerPlan],
    input: SampleShape,
    shapes: &[SampleShape],
    path: &str,
    initial: &Initial,
) -> Vec<Part> {
    let part = |(kind, path, [before, _]): (Box<dyn Kind + '_>, String, [SampleShape; 2])| {
        kind.build(before, &path, &initial.below(&path))
    };
    traced(layers, input, shapes, path).map(part).collect()
}

/// Sizes of the axes of one sample, for the summary.
pub(super) fn sizes(shape: SampleShape) -> Vec<usize> {
    match shape {
        SampleShape::Vector(length) | SampleShape::Tokens { length, .. } => vec![length],
        SampleShape::Image { channels, height, width } => vec![channels, height, width],
    }
}

/// A layer with its weights.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "a network holds a handful of layers")]
pub(super) enum Part {
    Dense(Linear),
    Convolution(ListedConvolution),
    BatchNorm(BatchNorm),
    LayerNorm(LayerNorm),
    Embedding(Embedding),
    Attention(ListedAttention),
    Residual(Residual),
    Free(Free),
}

/// A layer without weights.
#[derive(Module, Debug)]
pub(super) struct Free {
    #[module(skip)]
    operation: Operation,
}

/// What a layer without weights does.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    MaxPool(usize),
    AveragePool(usize),
    GlobalAveragePool,
    Flatten,
    Dropout(Dropout),
    Activation(activation::Function),
}

impl From<Operation> for Part {
    fn from(operation: Operation) -> Self {
        Self::Free(Free { operation })
    }
}

impl Part {
    pub(super) fn forward(&self, value: Value, taps: &mut Taps) -> Value {
        match self {
            Self::Dense(layer) => Value::Rows(layer.forward(value.rows())),
            Self::Convolution(layer) => Value::Images(layer.forward(value.images())),
            Self::BatchNorm(layer) => super::batch_norm::forward(layer, value),
            Self::LayerNorm(layer) => super::layer_norm::forward(layer, value),
            Self::Embedding(layer) => Value::Images(layer.forward(value.rows())),
            Self::Attention(layer) => Value::Images(layer.forward(value.images(), taps)),
            Self::Residual(layer) => layer.forward(value, taps),
            Self::Free(Free { operation }) => match operation {
                Operation::MaxPool(size) => pooling::max(value, *size),
                Operation::AveragePool(size) => pooling::average(value, *size),
                Operation::GlobalAveragePool => pooling::global(value),
                Operation::Flatten => Value::Rows(value.rows()),
                Operation::Dropout(layer) => value
                    .map(|rows| layer.forward(rows, taps), |images| layer.forward(images, taps)),
                Operation::Activation(function) => function.apply(value),
            },
        }
    }
}
