//! `embedding`: learned numbers for each token.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use data::SampleShape;
use options::{Key, OptionError, Section};
use serde::{Deserialize, Serialize};

use super::described::{Kind, Mistake, Part, sizes, within};
use crate::architecture::{LARGEST_LAYER, read_size};
use crate::{Initial, Layer};

const UNITS: Key = Key("units", "numbers for each token");
const JOINED: Key = Key("joined", "tokens that become one pixel, side by side in its channels");
const ROWS: Key = Key("rows", "rows of pixels that the tokens fill one after the other");

/// As in the embeddings of transformers (Devlin et al., 2019).
const DEVIATION: f64 = 0.02;

/// The options of an embedding. Its images have `units * joined` channels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct EmbeddingPlan {
    units: usize,
    joined: usize,
    rows: usize,
}

impl EmbeddingPlan {
    pub(super) fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        Ok(Self {
            units: read_size(section, UNITS, 16, LARGEST_LAYER)?,
            joined: read_size(section, JOINED, 1, LARGEST_LAYER)?,
            rows: read_size(section, ROWS, 1, LARGEST_LAYER)?,
        })
    }
}

impl Kind for EmbeddingPlan {
    fn output(&self, input: SampleShape, path: &str) -> Result<SampleShape, Mistake> {
        within("embedding", path, "`units`", self.units, LARGEST_LAYER)?;
        within("embedding", path, "`joined`", self.joined, LARGEST_LAYER)?;
        within("embedding", path, "`rows`", self.rows, LARGEST_LAYER)?;
        let SampleShape::Tokens { length, .. } = input else {
            let hint =
                "leave it out: of samples only the bytes of files (`file` in `[data]`) are tokens";
            return Err(Mistake::new("embedding", path, "tokens", &input, hint));
        };
        let pixels = length / self.joined;
        if !length.is_multiple_of(self.joined) || !pixels.is_multiple_of(self.rows) {
            let expected = format!(
                "tokens that fill {} of pixels of {} each",
                words::counted(self.rows, "row"),
                words::counted(self.joined, "token")
            );
            let hint = "choose `joined` and `rows` whose product divides the number of tokens";
            return Err(Mistake::new("embedding", path, &expected, &input, hint));
        }
        let channels = self.units.saturating_mul(self.joined);
        Ok(SampleShape::Image { channels, height: self.rows, width: pixels / self.rows })
    }

    fn row(&self, path: &str, input: SampleShape, output: SampleShape) -> Layer {
        let weights = vocabulary(input).saturating_mul(self.units);
        Layer::weights(path, "embedding", weights, &sizes(output))
    }

    fn build(&self, input: SampleShape, _path: &str, initial: &Initial) -> Part {
        let shape = [vocabulary(input), self.units];
        let weight = initial.normal("weight", shape, DEVIATION);
        Part::Embedding(Embedding { weight, joined: self.joined, rows: self.rows })
    }
}

fn vocabulary(input: SampleShape) -> usize {
    match input {
        SampleShape::Tokens { vocabulary, .. } => vocabulary,
        SampleShape::Vector(_) | SampleShape::Image { .. } => 0,
    }
}

/// A row of numbers for each token.
#[derive(Module, Debug)]
pub(super) struct Embedding {
    /// `[vocabulary, units]`
    weight: Param<Tensor<2>>,
    #[module(skip)]
    joined: usize,
    #[module(skip)]
    rows: usize,
}

impl Embedding {
    /// `[batch, tokens]` to `[batch, rows, tokens / joined / rows, units * joined]`.
    pub(super) fn forward(&self, tokens: Tensor<2>) -> Tensor<4> {
        let [batch, length] = tokens.dims();
        let [_, units] = self.weight.dims();
        let columns = length / self.joined / self.rows;
        tensors::embedding(tokens, self.weight.val()).reshape([
            batch,
            self.rows,
            columns,
            units * self.joined,
        ])
    }
}
