//! `attention`: multi-head self-attention over the pixels of an image.

use burn::module::Module;
use burn::tensor::Tensor;
use data::SampleShape;
use options::{Key, OptionError, Section};
use serde::{Deserialize, Serialize};

use super::described::{Kind, Mistake, Part, named, sizes, within};
use crate::architecture::{LARGEST_LAYER, read_size};
use crate::plan::image;
use crate::{Attention, Initial, Layer, Taps};

/// Scores of a sample, of all heads together; 4 GiB for the 256 samples that are asked about at once.
const MOST_SCORES: usize = 1 << 22;

const HEADS: Key = Key("heads", "heads of the attention; the channels must be a multiple of them");

/// The options of attention.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct AttentionPlan {
    heads: usize,
}

impl AttentionPlan {
    pub(super) fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        Ok(Self { heads: read_size(section, HEADS, 4, LARGEST_LAYER)? })
    }
}

/// The tap with the scores of the layer at `path`.
pub(super) fn scores_tap(path: &str) -> String {
    format!("{path}.attention")
}

impl Kind for AttentionPlan {
    fn output(&self, input: SampleShape, path: &str) -> Result<SampleShape, Mistake> {
        let SampleShape::Image { channels, height, width } = input else {
            let expected = "images, each pixel a position, such as an `embedding` gives";
            let hint = "put it before what makes a row of values (`flatten`, `dense`, `global-average-pool`)";
            return Err(Mistake::new("attention", path, expected, &input, hint));
        };
        within("attention", path, "`heads`", self.heads, LARGEST_LAYER)?;
        if !channels.is_multiple_of(self.heads) {
            return Err(Mistake {
                place: named("attention", path),
                expected: format!("channels that are a multiple of the {} heads", self.heads),
                found: format!("{channels} before it"),
                hint: format!("choose `heads` that divide {channels}"),
            });
        }
        let positions = height.saturating_mul(width);
        let scores = positions.saturating_mul(positions).saturating_mul(self.heads);
        within("attention", path, "scores between positions", scores, MOST_SCORES).map_err(
            |mistake| {
                let hint = "make fewer positions of the image before it, for example by `max-pool`";
                Mistake { hint: hint.to_owned(), ..mistake }
            },
        )?;
        Ok(input)
    }

    fn row(&self, path: &str, input: SampleShape, output: SampleShape) -> Layer {
        let [channels, height, width] = image(input);
        Layer::attention(path, height * width, channels, &sizes(output))
    }

    fn build(&self, input: SampleShape, path: &str, initial: &Initial) -> Part {
        let [channels, ..] = image(input);
        let attention = Attention::new(channels, self.heads, initial);
        Part::Attention(ListedAttention { attention, scores: scores_tap(path) })
    }
}

/// Attention with the name of its tap.
#[derive(Module, Debug)]
pub(super) struct ListedAttention {
    attention: Attention,
    #[module(skip)]
    scores: String,
}

impl ListedAttention {
    /// `[batch, height, width, channels]`, same shape out. The positions are the pixels, row by row.
    pub(super) fn forward(&self, images: Tensor<4>, taps: &mut Taps) -> Tensor<4> {
        let [batch, height, width, channels] = images.dims();
        let positions = height * width;
        let rows = images.reshape([batch * positions, channels]);
        let attended = self.attention.forward(rows, positions, (&self.scores, taps));
        attended.reshape([batch, height, width, channels])
    }
}
