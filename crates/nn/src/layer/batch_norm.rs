//! Batch normalisation of images.

use burn::module::{Module, Param, RunningState};
use burn::tensor::Tensor;

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

    /// `[batch, channels, height, width]`, same shape out.
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let (mean, variance) = if input.device().is_autodiff() {
            self.batch_statistics(&input)
        } else {
            (spread(self.running_mean.value()), spread(self.running_variance.value()))
        };
        let scale = spread(self.weight.val()) / (variance + EPSILON).sqrt();
        let shift = spread(self.bias.val()) - mean * scale.clone();
        input * scale + shift
    }

    /// Mean and biased variance of the batch, `[1, channels, 1, 1]`; updates the running ones.
    fn batch_statistics(&self, input: &Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        let [batch, channels, height, width] = input.dims();
        let count = (batch * height * width) as f64;
        let mean = channel_sum(input.clone()) / count;
        let centred = input.clone() - mean.clone();
        let variance = channel_sum(centred.clone() * centred) / count;

        let unbias = if count > 1.0 { count / (count - 1.0) } else { 1.0 };
        let flat = |tensor: &Tensor<4>| tensor.clone().detach().reshape([channels]);
        move_towards(&self.running_mean, flat(&mean));
        move_towards(&self.running_variance, flat(&variance) * unbias);
        (mean, variance)
    }
}

fn channel_sum(input: Tensor<4>) -> Tensor<4> {
    input.sum_dim(3).sum_dim(2).sum_dim(0)
}

fn spread(channels: Tensor<1>) -> Tensor<4> {
    let [count] = channels.dims();
    channels.reshape([1, count, 1, 1])
}

fn move_towards(state: &RunningState<Tensor<1>>, target: Tensor<1>) {
    let old = state.value_sync();
    state.update(old * (1.0 - MOMENTUM) + target * MOMENTUM);
    // Burn keeps an update back until the same thread comes again, and averages those of several
    // threads; taken over at once, none is ever pending.
    let _ = state.value_sync();
}
