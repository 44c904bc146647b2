//! A small vision transformer.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use data::SampleShape;
use options::{Key, OptionError, Section};
use serde::{Deserialize, Serialize};
use tensors::gelu;

use crate::architecture::{LARGEST_LAYER, read_size};
use crate::plan::{Check, Plan, image};
use crate::{AnyNetwork, Attention, Initial, Layer, LayerNorm, Linear, Network, NnError, Taps};

/// Sizes of a [`VisionTransformer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisionTransformerSizes {
    /// Rows and columns of a patch; height and width of the images must be multiples of it.
    pub patch: usize,
    /// Numbers of a token, a multiple of the number of heads.
    pub width: usize,
    /// Encoder layers.
    pub depth: usize,
    /// Heads of the attention.
    pub heads: usize,
    /// Hidden units between the two dense layers of an encoder layer.
    pub hidden: usize,
    /// Whether a token more learns from the teacher.
    #[serde(default)]
    pub distillation_token: bool,
}

/// A transformer over the patches of an image: Dosovitskiy et al. (2021), with the normalisation
/// before each part, exact GELU, learned positions, and the mean of the tokens in place of a class
/// token.
///
/// With a distillation token (Touvron et al., "Training data-efficient image transformers & distillation
/// through attention", 2021) a learned token follows those of the image and has a head of its own. In
/// training the one head learns from labels and the other from the teacher ([`Output::for_labels`],
/// [`Output::for_teacher`]); what the network says is the mean of both, as in the paper's section 4.
///
/// Taps: `layer1`, `layer2`, ... `[batch, tokens, width]`, those of the image; the scores of the attention in each, `layer1.attention`, ...
/// `[batch, heads, tokens, tokens]`; and `pooled`, `[batch, width]`.
///
/// [`Output::for_labels`]: crate::Output::for_labels
/// [`Output::for_teacher`]: crate::Output::for_teacher
#[derive(Module, Debug)]
pub struct VisionTransformer {
    embedding: Linear,
    /// `[tokens, width]`
    positions: Param<Tensor<2>>,
    layers: Vec<EncoderLayer>,
    norm: LayerNorm,
    output: Linear,
    /// `[1, width]`
    distillation_token: Option<Param<Tensor<2>>>,
    distillation_output: Option<Linear>,
    #[module(skip)]
    input: [usize; 3],
    #[module(skip)]
    patch: usize,
}

/// Attention and two dense layers, each with a normalisation before it and a residual around it.
#[derive(Module, Debug)]
pub struct EncoderLayer {
    attention_norm: LayerNorm,
    attention: Attention,
    dense_norm: LayerNorm,
    dense1: Linear,
    dense2: Linear,
}

const MOST_LAYERS: usize = 256;
const PATCH: Key = Key("patch", "rows and columns of a patch");
const EMBEDDING: Key = Key("embedding", "numbers of a token");
const DEPTH: Key = Key("depth", "encoder layers");
const HEADS: Key = Key("heads", "heads of the attention");
const DISTILLATION_TOKEN: Key =
    Key("distillation_token", "whether a token more learns from the teacher");
const FEED_FORWARD: Key = Key("feed_forward", "hidden units of an encoder layer");

impl VisionTransformerSizes {
    /// The defaults are ViT-Lite-6/4 of Hassani et al. (2021).
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        Ok(Self {
            patch: read_size(section, PATCH, 4, LARGEST_LAYER)?,
            width: read_size(section, EMBEDDING, 256, LARGEST_LAYER)?,
            depth: read_size(section, DEPTH, 6, MOST_LAYERS)?,
            heads: read_size(section, HEADS, 4, LARGEST_LAYER)?,
            hidden: read_size(section, FEED_FORWARD, 512, LARGEST_LAYER)?,
            distillation_token: section.boolean(DISTILLATION_TOKEN, false)?,
        })
    }
}

impl Plan for VisionTransformerSizes {
    fn name(&self) -> String {
        let Self { patch, width, depth, .. } = self;
        let token = if self.distillation_token { " with a distillation token" } else { "" };
        format!("vit {depth}/{patch} of {width}{token}")
    }

    fn check(&self, check: &Check) -> Result<(), NnError> {
        check.size("`patch`", "pixels", 1..=LARGEST_LAYER, self.patch)?;
        check.size("`embedding`", "numbers", 1..=LARGEST_LAYER, self.width)?;
        check.size("`depth`", "layers", 1..=MOST_LAYERS, self.depth)?;
        check.size("`heads`", "heads", 1..=self.width, self.heads)?;
        check.size("`feed_forward`", "units", 1..=LARGEST_LAYER, self.hidden)?;
        if !self.width.is_multiple_of(self.heads) {
            let expected = format!("a multiple of the {} heads", self.heads);
            return Err(check.mistake("`embedding`", &expected, &self.width.to_string()));
        }
        check.images(self.patch)?;
        let [_, height, width] = image(check.input);
        if !height.is_multiple_of(self.patch) || !width.is_multiple_of(self.patch) {
            let expected = format!("sides that are multiples of the patch, {}", self.patch);
            return Err(check.mistake("the images", &expected, &format!("{height}x{width}")));
        }
        Ok(())
    }

    fn layers(&self, input: SampleShape, classes: usize) -> Vec<Layer> {
        let Self { patch, width, depth, hidden, .. } = *self;
        let [channels, height, columns] = image(input);
        let patches = (height / patch) * (columns / patch);
        let tokens = patches + usize::from(self.distillation_token);
        let shape = [tokens, width];
        let each = |name: &str, layer: Layer, tokens: usize| {
            let products = layer.multiply_adds.saturating_mul(tokens as u64);
            let free = Layer::free(name, &layer.kind, &shape);
            Layer { parameters: layer.parameters, multiply_adds: products, ..free }
        };
        let dense = |name: &str, inputs: usize, outputs: usize| {
            each(name, Layer::linear(name, "dense", inputs, outputs), tokens)
        };
        let norm = |name: &str| Layer::weights(name, "layer norm", 2 * width, &shape);
        let embedding = Layer::linear("embedding", "dense", channels * patch * patch, width);
        let mut layers = vec![
            Layer { output: format!("{patches}x{width}"), ..each("embedding", embedding, patches) },
            Layer::weights("positions", "positions", patches * width, &[patches, width]),
        ];
        if self.distillation_token {
            layers.push(Layer::weights("distillation_token", "token", width, &shape));
        }
        for number in 0..depth {
            let name = format!("layers.{number}");
            let parts = [
                norm(&name),
                Layer::attention(&name, tokens, width, &shape),
                norm(&name),
                dense(&name, width, hidden),
                dense(&name, hidden, width),
            ];
            layers.push(Layer::block(&name, "encoder layer", &parts, &shape));
        }
        layers.push(norm("norm"));
        layers.push(Layer::free("pooled", "mean of the tokens", &[width]));
        layers.push(Layer::linear("output", "dense", width, classes));
        if self.distillation_token {
            layers.push(Layer::linear("distillation_output", "dense", width, classes));
        }
        layers
    }

    fn taps(&self) -> Vec<String> {
        let layers = (0..self.depth).flat_map(|number| [attention_tap(number), layer_tap(number)]);
        layers.chain(["pooled".to_owned()]).collect()
    }

    fn build(&self, input: SampleShape, classes: usize, initial: &Initial) -> AnyNetwork {
        AnyNetwork::VisionTransformer(VisionTransformer::new(image(input), *self, classes, initial))
    }
}

impl VisionTransformer {
    /// `input` is channels, height and width.
    pub fn new(
        input: [usize; 3],
        sizes: VisionTransformerSizes,
        classes: usize,
        initial: &Initial,
    ) -> Self {
        let VisionTransformerSizes { patch, width, depth, heads, hidden, distillation_token } =
            sizes;
        let [channels, height, columns] = input;
        let tokens = (height / patch) * (columns / patch);
        let layer = |number: usize| {
            let initial = initial.below(&format!("layers.{number}"));
            EncoderLayer {
                attention_norm: LayerNorm::new(width, &initial.below("attention_norm")),
                attention: Attention::new(width, heads, &initial.below("attention")),
                dense_norm: LayerNorm::new(width, &initial.below("dense_norm")),
                dense1: Linear::new(width, hidden, &initial.below("dense1")),
                dense2: Linear::new(hidden, width, &initial.below("dense2")),
            }
        };
        Self {
            embedding: Linear::new(channels * patch * patch, width, &initial.below("embedding")),
            positions: initial.normal("positions", [tokens, width], 0.02),
            layers: (0..depth).map(layer).collect(),
            norm: LayerNorm::new(width, &initial.below("norm")),
            output: Linear::new(width, classes, &initial.below("output")),
            distillation_token: distillation_token
                .then(|| initial.normal("distillation_token", [1, width], 0.02)),
            distillation_output: distillation_token
                .then(|| Linear::new(width, classes, &initial.below("distillation_output"))),
            input,
            patch,
        }
    }

    /// The patches of all images, `[batch * tokens, channels * patch * patch]`.
    fn patches(&self, inputs: Tensor<2>) -> Tensor<2> {
        let [batch, _] = inputs.dims();
        let [channels, height, width] = self.input;
        let patch = self.patch;
        let (rows, columns) = (height / patch, width / patch);
        let parts = inputs.reshape([batch, channels, rows, patch, columns, patch]);
        let parts = parts.permute([0, 2, 4, 1, 3, 5]);
        parts.reshape([batch * rows * columns, channels * patch * patch])
    }
}

impl Network for VisionTransformer {
    fn forward(&self, inputs: Tensor<2>, taps: &mut Taps) -> Tensor<2> {
        let [batch, _] = inputs.dims();
        let [patches, width] = self.positions.dims();
        let embedded = self.embedding.forward(self.patches(inputs));
        let positions = self.positions.val().unsqueeze::<3>();
        let mut value = embedded.reshape([batch, patches, width]) + positions;
        if let Some(token) = &self.distillation_token {
            let token = token.val().unsqueeze::<3>().repeat_dim(0, batch);
            value = Tensor::cat(vec![value, token], 1);
        }
        let [_, tokens, _] = value.dims();
        let mut value = value.reshape([batch * tokens, width]);
        for (number, layer) in self.layers.iter().enumerate() {
            let name = layer_tap(number);
            value = layer.forward(value, tokens, (&attention_tap(number), taps));
            // Positions of the image alone, so that they lie as those of a transformer without a token.
            taps.keep(&name, || {
                value.clone().reshape([batch, tokens, width]).narrow(1, 0, patches)
            });
        }
        let value = self.norm.forward(value).reshape([batch, tokens, width]);
        let pooled = value.clone().narrow(1, 0, patches).mean_dim(1).flatten::<2>(1, 2);
        taps.keep("pooled", || pooled.clone());
        let logits = self.output.forward(pooled);
        let Some(head) = &self.distillation_output else { return logits };
        let taught = head.forward(value.narrow(1, patches, 1).flatten::<2>(1, 2));
        taps.keep_heads(&logits, &taught);
        (logits + taught) * 0.5
    }
}

/// The tap of what a layer gives, counted from 0.
fn layer_tap(number: usize) -> String {
    format!("layer{}", number + 1)
}

/// The tap of its attention.
fn attention_tap(number: usize) -> String {
    format!("layer{}.attention", number + 1)
}

impl EncoderLayer {
    /// `[rows, width]`, same shape out; a sample has `tokens` rows. The scores of the attention are a tap of this
    /// name.
    pub fn forward(&self, input: Tensor<2>, tokens: usize, scores: (&str, &mut Taps)) -> Tensor<2> {
        let normal = self.attention_norm.forward(input.clone());
        let attended = self.attention.forward(normal, tokens, scores);
        let value = input + attended;
        let hidden = gelu(self.dense1.forward(self.dense_norm.forward(value.clone())));
        value + self.dense2.forward(hidden)
    }
}
