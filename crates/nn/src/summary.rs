//! What a network is made of and what it costs, known before it is built.

use serde::{Deserialize, Serialize};

/// One row of the table that is shown before training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// Path of the layer in the network.
    pub name: String,
    /// What it is, for a person.
    pub kind: String,
    /// Shape of one sample after it, such as `64` or `16x28x28`.
    pub output: String,
    /// Trainable values.
    pub parameters: u64,
    /// Multiplications of the forward pass of one sample, as the field counts them: those of
    /// dense layers and convolutions, without normalisation and activation.
    pub multiply_adds: u64,
}

/// The sums over all layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Trainable values.
    pub parameters: u64,
    /// Multiply-adds of one forward pass of one sample.
    pub multiply_adds: u64,
}

/// Adds up parameters and multiply-adds.
pub fn totals(layers: &[Layer]) -> Totals {
    Totals {
        parameters: sum(layers.iter().map(|layer| layer.parameters)),
        multiply_adds: sum(layers.iter().map(|layer| layer.multiply_adds)),
    }
}

/// Stays at the largest number rather than starting again at 0.
fn sum(counts: impl Iterator<Item = u64>) -> u64 {
    counts.fold(0, u64::saturating_add)
}

impl Layer {
    pub(crate) fn linear(name: &str, kind: &str, inputs: usize, outputs: usize) -> Self {
        let products = inputs as u64 * outputs as u64;
        Self {
            name: name.to_owned(),
            kind: kind.to_owned(),
            output: dimensions(&[outputs]),
            parameters: products + outputs as u64,
            multiply_adds: products,
        }
    }

    /// A convolution with the size of the image that comes out.
    pub(crate) fn convolution(
        name: &str,
        inputs: usize,
        outputs: usize,
        kernel: usize,
        [height, width]: [usize; 2],
    ) -> Self {
        let weights = inputs as u64 * outputs as u64 * (kernel * kernel) as u64;
        Self {
            name: name.to_owned(),
            kind: format!("convolution {kernel}x{kernel}"),
            output: dimensions(&[outputs, height, width]),
            parameters: weights,
            multiply_adds: weights.saturating_mul((height * width) as u64),
        }
    }

    pub(crate) fn batch_norm(name: &str, channels: usize, [height, width]: [usize; 2]) -> Self {
        Self {
            name: name.to_owned(),
            kind: "batch norm".to_owned(),
            output: dimensions(&[channels, height, width]),
            parameters: 2 * channels as u64,
            multiply_adds: 0,
        }
    }

    /// A convolution of `groups` groups of channels; with as many groups as channels a depthwise one.
    pub(crate) fn grouped_convolution(
        name: &str,
        inputs: usize,
        outputs: usize,
        kernel: usize,
        groups: usize,
        size: [usize; 2],
    ) -> Self {
        Self::convolution(name, inputs / groups.max(1), outputs, kernel, size)
    }

    /// Self-attention among `tokens` positions of `width` numbers. Its two products count, as the field counts
    /// them.
    pub(crate) fn attention(name: &str, tokens: usize, width: usize, output: &[usize]) -> Self {
        let dense = |outputs: usize| {
            let layer = Self::linear(name, "dense", width, outputs);
            Self { multiply_adds: layer.multiply_adds.saturating_mul(tokens as u64), ..layer }
        };
        let products = (tokens as u64).saturating_pow(2).saturating_mul(2 * width as u64);
        let scores = Self { multiply_adds: products, ..Self::free(name, "attention", output) };
        Self::block(name, "attention", &[dense(3 * width), scores, dense(width)], output)
    }

    /// Several parts as one.
    pub(crate) fn block(name: &str, kind: &str, parts: &[Self], output: &[usize]) -> Self {
        let Totals { parameters, multiply_adds } = totals(parts);
        Self { parameters, multiply_adds, ..Self::free(name, kind, output) }
    }

    /// A layer with weights that multiplies nothing of account.
    pub(crate) fn weights(name: &str, kind: &str, parameters: usize, output: &[usize]) -> Self {
        Self { parameters: parameters as u64, ..Self::free(name, kind, output) }
    }

    /// A layer without weights.
    pub(crate) fn free(name: &str, kind: &str, output: &[usize]) -> Self {
        Self {
            name: name.to_owned(),
            kind: kind.to_owned(),
            output: dimensions(output),
            parameters: 0,
            multiply_adds: 0,
        }
    }
}

fn dimensions(sizes: &[usize]) -> String {
    sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join("x")
}
