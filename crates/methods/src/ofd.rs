//! The overhaul of feature distillation.

use std::sync::Arc;

use burn::tensor::Tensor;
use nn::{Parameter, TapKind, TapShape, Weights};
use options::{OptionError, Section};
use random::Stream;
use tensors::{HostNumbers, known_gradient};

use crate::feature_map::FeatureMap;
use crate::normalised_map::NormalisedMap;
use crate::own_layers::OwnLayers;
use crate::projector::{pointwise, uniform};
use crate::tap_loss::one_term;
use crate::tap_pair::smaller;
use crate::{Method, MethodError, OwnParameters, Part, TapLoss, TapMethod, TapPair, Usable, Usual};

/// The overhaul: Heo, Kim, Yun, Park, Kwak and Choi, "A Comprehensive Overhaul of Feature Distillation" (2019).
///
/// # What it does
/// Compares values in front of ReLU. Where the teacher's is positive the student is to have the same; where it is
/// negative, it is enough to be negative too, and below a margin of the channel.
///
/// # When to use it
/// With networks that have ReLU behind their stages, `cnn`, `resnet` and `vgg`.
///
/// # Formula
/// `sum_taps 2^-(last - tap) sum_values d / samples`, with `m` the margin of the channel and `x = r(s)`:
/// `d = (x - t)^2` where `t > 0`, or where `m < t <= 0` and `x > t`; `(x - m)^2` where `t <= m < x`; else 0
///
/// `r` is a 1x1 convolution without bias to the teacher's channels and a batch normalisation, which always uses the
/// batch itself. `m` is the mean of the teacher's negative values of the channel, over the batch; where it has none `m`
/// is of no account. The authors' code works `m` out of the teacher's last batch normalisation as if its outputs
/// were normal. As there, the student is not held back where the teacher is below the margin. Where maps differ in
/// size, the larger is averaged over windows; the authors do so with the teacher's.
///
/// # Options
/// `student_taps` and `teacher_taps`, in front of ReLU (default: all of the one that has fewer, and the last ones of the other),
/// `loss_weight` (default 0.001, as the authors have).
///
/// # Cost
/// The convolution, a few passes over the taps, and a pass of the teacher in each step. The `(student's + 2) *
/// teacher's` channels are trained with the student and are no part of it.
///
/// # Example
/// ```toml
/// [distill]
/// method = "ofd"
/// student_taps = ["stage2.preactivation", "stage3.preactivation"]
/// teacher_taps = ["stage2.preactivation", "stage3.preactivation"]
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ofd;

const BEFORE: Usable = Usable {
    kinds: &[TapKind::BeforeActivation],
    fits: |_| true,
    expected: "values in front of a ReLU, as `cnn`, `resnet` and `vgg` have",
};

const PARAMETERS: [&str; 3] = ["weight", "scale", "shift"];

fn path(number: usize, name: &str) -> String {
    format!("connector.{number}.{name}")
}

impl Ofd {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        TapMethod::read(section, Self)
    }

    fn term(
        (number, pair): (usize, &TapPair),
        layers: OwnLayers<'_>,
    ) -> Result<Tensor<1>, MethodError> {
        let teacher = pair.teacher();
        let [weight, scale, shift] = PARAMETERS.map(|name| layers.get(&path(number, name)));
        let (weight, scale, shift) = (weight?, scale?, shift?);
        let [_, inputs, _] = pair.student().dims();
        let weight = weight.reshape([inputs, teacher.channels]);
        let none = Tensor::zeros([teacher.channels], &scale.device());
        let connected = pair.with_student(pointwise(pair.student(), weight, none));
        let (scales, shifts) = (HostNumbers::of(&scale), HostNumbers::of(&shift));
        let mut own = [Vec::new(), Vec::new()];
        let loss = connected.at_any_size(|student, teacher| {
            let normal = NormalisedMap::of(student);
            let made = normal.affine(&scales, &shifts);
            let sides = smaller(made.sides, teacher.sides);
            let margins = margins(teacher);
            let (value, slopes) =
                partial(&made.averaged(sides), &teacher.averaged(sides), &margins);
            let slopes = made.spread_back(sides, slopes);
            let [gradient, by_scale, by_shift] = normal.pull_back(&slopes, &scales);
            own = [by_scale, by_shift];
            (value, gradient)
        });
        let [by_scale, by_shift] = own.map(|slopes| slopes.iter().map(|&x| x as f32).collect());
        Ok(loss + known_gradient(&scale, 0.0, by_scale) + known_gradient(&shift, 0.0, by_shift))
    }
}

/// The mean of the negative values of each channel, 0 where there is none.
fn margins(teacher: &FeatureMap) -> Vec<f64> {
    let mut sums = vec![(0.0, 0.0); teacher.channels];
    for sample in teacher.samples() {
        for (channel, (sum, count)) in sample.chunks_exact(teacher.positions()).zip(&mut sums) {
            for value in channel.iter().filter(|value| **value < 0.0) {
                *sum += value;
                *count += 1.0;
            }
        }
    }
    sums.into_iter().map(|(sum, count)| if count > 0.0 { sum / count } else { 0.0 }).collect()
}

/// The partial squared difference, summed over values and averaged over samples.
fn partial(student: &FeatureMap, teacher: &FeatureMap, margins: &[f64]) -> (f64, Vec<f64>) {
    let share = 1.0 / student.batch.max(1) as f64;
    let (mut value, mut slopes) = (0.0, Vec::with_capacity(student.values.len()));
    let positions = student.positions();
    let rows = student.values.chunks_exact(positions).zip(teacher.values.chunks_exact(positions));
    for ((s, t), margin) in rows.zip(margins.iter().cycle()) {
        for (x, t) in s.iter().zip(t) {
            // A positive value is matched; a negative one, not below the margin, must not be exceeded.
            let aim = t.max(*margin);
            let short = if *t > 0.0 { x - t } else { (x - aim).max(0.0) };
            value += share * short * short;
            slopes.push(2.0 * share * short);
        }
    }
    (value, slopes)
}

impl TapLoss for Ofd {
    const NAME: &'static str = "ofd";
    const LOSS_WEIGHT: f64 = 0.001;
    const USUAL: Usual = Usual::All;
    const USABLE: Usable = BEFORE;

    fn parameters(&self, pairs: &[[TapShape; 2]], stream: &Stream) -> Weights {
        let of = |(number, pair): (usize, &[TapShape; 2])| {
            let [student, teacher] = pair.map(TapShape::channels);
            let [weight, scale, shift] = PARAMETERS.map(|name| path(number, name));
            let weights = uniform(stream, &weight, vec![student, teacher], student);
            let all = |value| Parameter { shape: vec![teacher], values: vec![value; teacher] };
            [(weight, weights), (scale, all(1.0)), (shift, all(0.0))]
        };
        pairs.iter().enumerate().flat_map(of).collect()
    }

    fn parts(
        &self,
        pairs: &[TapPair],
        parameters: &OwnParameters,
    ) -> Result<Vec<Part>, MethodError> {
        let layers = OwnLayers { method: Self::NAME, parameters };
        let terms = pairs.iter().enumerate().map(|pair| Self::term(pair, layers));
        let terms = terms.collect::<Result<Vec<_>, _>>()?;
        let last = terms.len().saturating_sub(1);
        let shares = (0..terms.len()).map(|place| libm::exp2(place as f64 - last as f64));
        let weighted = terms.into_iter().zip(shares).map(|(term, share)| term * share);
        Ok(one_term("partial", weighted))
    }
}
