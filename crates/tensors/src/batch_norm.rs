//! Batch normalisation with a residual and an activation.

use burn::tensor::{Tensor, TensorData};
use ops::Level;
use ops::activation::Activation;
use ops::batch_norm::{Affine, Forward, backward, normalise, statistics};
use ops::memory::Buffer;

use crate::folded::without_tape;
use crate::operation::{Operation, apply};
use crate::value::{Numbers, Value, numbers, recycle, shape, slice};

/// A normalised batch, and what it was normalised by.
#[derive(Debug)]
pub struct Normalised {
    /// As the input.
    pub output: Tensor<4>,
    /// Mean of each channel over the batch.
    pub mean: Vec<f32>,
    /// Biased variance of each channel over the batch.
    pub variance: Vec<f32>,
}

/// `activation((input - mean) / sqrt(variance + epsilon) * weight + bias + residual)` by the mean
/// and the biased variance of the batch itself: Ioffe and Szegedy (2015), algorithm 1. `input` and
/// `residual` are `[batch, height, width, channels]`, `weight` and `bias` `[channels]`. None where
/// a tensor does not live on the processor or is not `f32`.
pub fn batch_norm(
    input: &Tensor<4>,
    weight: &Tensor<1>,
    bias: &Tensor<1>,
    epsilon: f64,
    residual: Option<&Tensor<4>>,
    activation: Activation,
) -> Option<Normalised> {
    let [input, weight, bias] = [Value::of(input)?, Value::of(weight)?, Value::of(bias)?];
    let channels = weight.numbers().layout().shape().num_elements();
    let numbers = input.numbers().to_contiguous();
    let found = statistics(Level::best(), slice(&numbers), channels);
    let inverse = |variance: &f32| (1.0 / (f64::from(*variance) + epsilon).sqrt()) as f32;
    let norm = BatchNorm {
        mean: found.mean.clone(),
        inverse_deviation: found.variance.iter().map(inverse).collect(),
        activation,
    };
    let output = match residual {
        Some(residual) => apply(norm, [input, weight, bias, Value::of(residual)?]),
        None => apply(norm, [input, weight, bias]),
    };
    Some(Normalised { output: output.tensor(), mean: found.mean, variance: found.variance })
}

/// What each channel is normalised by where no batch says it: `(x - mean) * scale + shift`.
#[derive(Clone, Debug)]
pub struct Moments {
    /// Running mean of each channel.
    pub mean: Vec<f32>,
    /// Factor of each channel: `weight / sqrt(variance + epsilon)`.
    pub scale: Vec<f32>,
    /// What is added to each channel.
    pub shift: Vec<f32>,
}

/// `activation((input - mean) * scale + shift + residual)` without a tape, in one pass; shapes are as in
/// [`batch_norm`]. None where a tensor has a tape, does not live on the processor or is not `f32`.
pub fn normalised(
    input: &Tensor<4>,
    moments: &Moments,
    residual: Option<&Tensor<4>>,
    activation: Activation,
) -> Option<Tensor<4>> {
    let input = without_tape(input)?;
    let residual = match residual {
        Some(residual) => Some(without_tape(residual)?),
        None => None,
    };
    let Moments { mean, scale, shift } = moments;
    let affine = Affine { mean, scale, shift };
    let residual = residual.as_ref().map(slice);
    let mut out = Buffer::exact(slice(&input).len());
    normalise(Level::best(), slice(&input), affine, residual, activation, &mut out);
    Some(Value::Plain(numbers(out, &shape(&input))).tensor())
}

/// The tensors are input, weight, bias and, if there is one, the residual.
#[derive(Clone, Debug)]
struct BatchNorm {
    mean: Vec<f32>,
    inverse_deviation: Vec<f32>,
    activation: Activation,
}

#[derive(Clone, Debug)]
struct Saved {
    input: Numbers,
    weight: Numbers,
    /// The output, where the activation's derivative depends on it.
    output: Option<Numbers>,
}

impl<const N: usize> Operation<N> for BatchNorm {
    type Saved = Saved;

    fn forward(&self, inputs: [Numbers; N], taped: bool) -> (Numbers, Option<Saved>) {
        let [input, weight, bias] = [0, 1, 2].map(|place| inputs[place].clone());
        let factors = slice(&weight).iter().zip(&self.inverse_deviation);
        let scale: Vec<f32> = factors.map(|(weight, inverse)| weight * inverse).collect();
        let affine = Affine { mean: &self.mean, scale: &scale, shift: slice(&bias) };
        let residual = inputs.get(3).map(slice);
        let mut out = Buffer::exact(slice(&input).len());
        normalise(Level::best(), slice(&input), affine, residual, self.activation, &mut out);
        let output = numbers(out, &shape(&input));
        let saved = taped.then(|| {
            let output = (self.activation != Activation::None).then(|| output.clone());
            Saved { input, weight, output }
        });
        (output, saved)
    }

    fn backward(
        &self,
        Saved { input, weight, output }: Saved,
        gradient: Numbers,
        wanted: [bool; N],
    ) -> [Option<Numbers>; N] {
        let forward = Forward {
            x: slice(&input),
            y: output.as_ref().map_or(&[], slice),
            mean: &self.mean,
            inverse_deviation: &self.inverse_deviation,
            gamma: slice(&weight),
            activation: self.activation,
        };
        let dy = slice(&gradient);
        let mut for_input = Buffer::exact(dy.len());
        let mut for_residual =
            wanted.get(3).is_some_and(|wanted| *wanted).then(|| Buffer::exact(dy.len()));
        let found =
            backward(Level::best(), forward, dy, &mut for_input, for_residual.as_deref_mut());
        let sizes = shape(&input);
        let channel = |values: Vec<f32>| {
            let count = values.len();
            Numbers::from_data(TensorData::new(values, [count]))
        };
        let mut all = [const { None }; N];
        all[0] = Some(numbers(for_input, &sizes));
        all[1] = Some(channel(found.dgamma));
        all[2] = Some(channel(found.dbeta));
        if let (Some(place), Some(residual)) = (all.get_mut(3), for_residual) {
            *place = Some(numbers(residual, &sizes));
        }
        recycle([input]);
        recycle([gradient]);
        recycle(output);
        all
    }
}
