//! Batch normalisation of images.

use burn::module::{Module, Param, RunningState};
use burn::tensor::{Tensor, TensorData};
use tensors::{Activation, ChannelMap, Moments, batch_norm, let_go, normalised};

use crate::Initial;

/// Batch normalisation over batch, height and width: Ioffe and Szegedy (2015), algorithms 1 and 2.
///
/// Epsilon is 1e-5. In training the batch's own mean and biased variance are used, and the running
/// statistics move a tenth of the way towards the batch's mean and *unbiased* variance, as in
/// PyTorch. In inference the running statistics are used and left alone. A network is in training
/// when its input lives on an autodiff device.
#[derive(Module, Debug)]
pub struct BatchNorm {
    /// Scale, `[channels]`
    pub weight: Param<Tensor<1>>,
    /// Shift, `[channels]`
    pub bias: Param<Tensor<1>>,
    /// `[channels]`
    pub running_mean: RunningState<Tensor<1>>,
    /// `[channels]`
    pub running_variance: RunningState<Tensor<1>>,
}

const EPSILON: f64 = 1e-5;
const MOMENTUM: f64 = 0.1;

impl BatchNorm {
    /// Scale 1, shift 0, running mean 0, running variance 1.
    pub fn new(channels: usize, initial: &Initial) -> Self {
        Self {
            weight: initial.constant(1.0, channels),
            bias: initial.constant(0.0, channels),
            running_mean: RunningState::new(Tensor::zeros([channels], initial.device())),
            running_variance: RunningState::new(Tensor::ones([channels], initial.device())),
        }
    }

    /// Normalises `[batch, height, width, channels]`, adds the residual of the same shape, and
    /// applies the activation.
    pub fn forward(
        &self,
        input: Tensor<4>,
        residual: Option<Tensor<4>>,
        activation: Activation,
    ) -> Tensor<4> {
        if !input.is_autodiff() {
            let output = normalised(&input, &self.moments(), residual.as_ref(), activation);
            if let Some(output) = output {
                let_go(input);
                residual.into_iter().for_each(let_go);
                return output;
            }
            let mean = spread(self.running_mean.value());
            let variance = spread(self.running_variance.value());
            return self.normalise([input, mean, variance], residual, activation);
        }
        let [batch, height, width, _] = input.dims();
        let count = (batch * height * width) as f64;
        let (weight, bias) = (self.weight.val(), self.bias.val());
        if let Some(found) =
            batch_norm(&input, &weight, &bias, EPSILON, residual.as_ref(), activation)
        {
            let channels = found.mean.len();
            let tensor = |values| {
                let data = TensorData::new(values, [channels]);
                Tensor::from_data(data, &self.running_mean.value().device())
            };
            self.follow(tensor(found.mean), tensor(found.variance), count);
            return found.output;
        }
        let mean = channel_mean(input.clone(), count);
        let centred = input.clone() - mean.clone();
        let variance = channel_mean(centred.clone() * centred, count);
        let flat = |tensor: &Tensor<4>| tensor.clone().detach().flatten::<1>(0, 3);
        self.follow(flat(&mean), flat(&variance), count);
        self.normalise([input, mean, variance], residual, activation)
    }

    /// The same for rows, `[batch, channels]`.
    pub fn forward_rows(&self, input: Tensor<2>, activation: Activation) -> Tensor<2> {
        let [rows, channels] = input.dims();
        let pixels = input.reshape([rows, 1, 1, channels]);
        self.forward(pixels, None, activation).reshape([rows, channels])
    }

    /// All that [`channel_map`](Self::channel_map) depends on.
    pub(crate) fn tensors(&self) -> [Tensor<1>; 4] {
        let running = [&self.running_mean, &self.running_variance].map(RunningState::value);
        let [mean, variance] = running;
        [self.weight.val(), self.bias.val(), mean, variance]
    }

    /// In inference the normalisation is a map of each channel, which can become part of what comes
    /// before it.
    pub(crate) fn channel_map(&self) -> ChannelMap {
        let Moments { mean, scale, shift } = self.moments();
        let shifts = shift.iter().zip(mean.iter().zip(&scale));
        ChannelMap {
            shift: shifts.map(|(shift, (mean, scale))| shift - mean * scale).collect(),
            scale,
        }
    }

    /// By what channels are normalised in inference.
    fn moments(&self) -> Moments {
        let numbers = |tensor: Tensor<1>| tensor.into_data().iter::<f32>().collect::<Vec<_>>();
        let scales =
            numbers(self.weight.val()).into_iter().zip(numbers(self.running_variance.value()));
        let scale = scales.map(|(weight, variance)| {
            (f64::from(weight) / (f64::from(variance) + EPSILON).sqrt()) as f32
        });
        let (mean, shift) = (numbers(self.running_mean.value()), numbers(self.bias.val()));
        Moments { mean, scale: scale.collect(), shift }
    }

    /// The running statistics follow those of a batch of `count` values a channel.
    fn follow(&self, mean: Tensor<1>, variance: Tensor<1>, count: f64) {
        let unbias = if count > 1.0 { count / (count - 1.0) } else { 1.0 };
        move_towards(&self.running_mean, mean);
        move_towards(&self.running_variance, variance * unbias);
    }

    /// By Burn's operations: `mean` and `variance` are `[1, 1, 1, channels]`.
    fn normalise(
        &self,
        [input, mean, variance]: [Tensor<4>; 3],
        residual: Option<Tensor<4>>,
        activation: Activation,
    ) -> Tensor<4> {
        let scale = spread(self.weight.val()) / (variance + EPSILON).sqrt();
        let output = (input - mean) * scale + spread(self.bias.val());
        let output = match residual {
            Some(residual) => output + residual,
            None => output,
        };
        match activation {
            Activation::None => output,
            Activation::Relu => output.clamp_min(0.0),
            Activation::Relu6 => output.clamp(0.0, 6.0),
        }
    }
}

fn channel_mean(input: Tensor<4>, count: f64) -> Tensor<4> {
    // Not divided: on the way back Burn takes the reciprocal of a divisor in `f32`.
    input.sum_dim(2).sum_dim(1).sum_dim(0) * (1.0 / count)
}

fn spread(channels: Tensor<1>) -> Tensor<4> {
    let [count] = channels.dims();
    channels.reshape([1, 1, 1, count])
}

fn move_towards(state: &RunningState<Tensor<1>>, target: Tensor<1>) {
    let old = state.value_sync();
    state.update(old * (1.0 - MOMENTUM) + target * MOMENTUM);
    // Burn keeps an update back until the same thread comes again, and averages those of several
    // threads; taken over at once, none is ever pending.
    let _ = state.value_sync();
}
