//! A small vision transformer.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use tensors::gelu;

use crate::{Attention, Initial, LayerNorm, Linear, Network, Taps};

/// Sizes of a [`VisionTransformer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

/// A transformer over the patches of an image: Dosovitskiy et al. (2021), with the normalisation
/// before each part, exact GELU, learned positions, and the mean of the tokens in place of a class
/// token.
///
/// Taps: `layer1`, `layer2`, ... `[batch, tokens, width]`, and `pooled`, `[batch, width]`.
#[derive(Module, Debug)]
pub struct VisionTransformer {
    embedding: Linear,
    /// `[tokens, width]`
    positions: Param<Tensor<2>>,
    layers: Vec<EncoderLayer>,
    norm: LayerNorm,
    output: Linear,
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

impl VisionTransformer {
    /// `input` is channels, height and width.
    pub fn new(
        input: [usize; 3],
        sizes: VisionTransformerSizes,
        classes: usize,
        initial: &Initial,
    ) -> Self {
        let VisionTransformerSizes { patch, width, depth, heads, hidden } = sizes;
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
        let [tokens, width] = self.positions.dims();
        let embedded = self.embedding.forward(self.patches(inputs));
        let positions = self.positions.val().unsqueeze::<3>();
        let value = embedded.reshape([batch, tokens, width]) + positions;
        let mut value = value.reshape([batch * tokens, width]);
        for (number, layer) in self.layers.iter().enumerate() {
            value = layer.forward(value, tokens);
            let name = format!("layer{}", number + 1);
            taps.keep(&name, || value.clone().reshape([batch, tokens, width]));
        }
        let value = self.norm.forward(value).reshape([batch, tokens, width]);
        let pooled = value.mean_dim(1).flatten::<2>(1, 2);
        taps.keep("pooled", || pooled.clone());
        self.output.forward(pooled)
    }
}

impl EncoderLayer {
    /// `[rows, width]`, same shape out; a sample has `tokens` rows.
    pub fn forward(&self, input: Tensor<2>, tokens: usize) -> Tensor<2> {
        let attended = self.attention.forward(self.attention_norm.forward(input.clone()), tokens);
        let value = input + attended;
        let hidden = gelu(self.dense1.forward(self.dense_norm.forward(value.clone())));
        value + self.dense2.forward(hidden)
    }
}
