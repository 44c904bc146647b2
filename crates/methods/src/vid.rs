//! Variational information distillation.

use std::sync::Arc;

use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use nn::{Parameter, TapShape, Weights};
use options::{Key, OptionError, Section};
use random::Stream;
use tensors::{HostNumbers, known_gradient};

use crate::feature_map::FeatureMap;
use crate::projector::{pointwise, uniform};
use crate::tap_loss::one_term;
use crate::{Method, MethodError, OwnParameters, Part, TapLoss, TapMethod, TapPair, Usable, Usual};

/// Variational information distillation: Ahn, Hu, Damianou, Lawrence and Dai, "Variational Information
/// Distillation for Knowledge Transfer" (2019), equations 5 and 6.
///
/// # What it does
/// Lets a small network guess the teacher's values from the student's, and maximises how likely the teacher's are by
/// that guess: a bound of what the student knows about the teacher. Channels that cannot be guessed count less,
/// because their variance is learned.
///
/// # When to use it
/// With taps of unequal kinds, where `fitnet` is too strict; also for tables.
///
/// # Formula
/// `sum_taps mean ((m(s) - t)^2 / v_c + log v_c) / 2`, `v_c = log(1 + exp(a_c)) + 1e-5` for each channel
///
/// `m` is three 1x1 convolutions without bias to the teacher's channels, with ReLU between them. The mean is over
/// all values of all samples. It may be below 0. `a` is trained, as in the authors' code; in mdistiller it is not.
/// Where maps differ in size, the larger is averaged over windows, behind `m`.
///
/// # Options
/// `variance` (default 5: where `v` begins), `student_taps` and `teacher_taps` (default: the last of each),
/// `loss_weight` (default 1, as published).
///
/// # Cost
/// The small network and a pass of the teacher in each step. Its `(student's + 2 * teacher's + 1) * teacher's`
/// channels are trained with the student and are no part of it.
///
/// # Example
/// ```toml
/// [distill]
/// method = "vid"
/// student_taps = ["stage2", "stage3"]
/// teacher_taps = ["stage2", "stage3"]
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vid {
    /// The variance of every channel at first, above 1e-5.
    pub variance: f64,
}

/// The least variance.
const LEAST: f64 = 1e-5;

impl Default for Vid {
    fn default() -> Self {
        Self { variance: 5.0 }
    }
}

impl Vid {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let variance = Key("variance", "of every channel at first");
        let variance = section.number(variance, Self::default().variance, 0.001..=1000.0)?;
        TapMethod::read(section, Self { variance })
    }

    fn guess(
        number: usize,
        pair: &TapPair,
        parameters: &OwnParameters,
    ) -> Result<Tensor<1>, MethodError> {
        let outputs = pair.teacher().channels;
        let own = |name: &str| {
            let found = parameters.get(&path(number, name));
            found.cloned().ok_or(MethodError::NotFitted { method: Self::NAME })
        };
        let mut value = pair.student();
        for (layer, name) in LAYERS.into_iter().enumerate() {
            let [_, inputs, _] = value.dims();
            let inner = if layer == 0 { value } else { relu(value) };
            let none = Tensor::zeros([outputs], &inner.device());
            value = pointwise(inner, own(name)?.reshape([inputs, outputs]), none);
        }
        let raw = own(VARIANCE)?;
        let mut by_raw = Vec::new();
        let of_guess = pair.with_student(value).at_one_size(|guess, teacher| {
            let (value, slopes, found) = unlikelihood(guess, teacher, &HostNumbers::of(&raw));
            by_raw = found;
            (value, slopes)
        });
        Ok(of_guess + known_gradient(&raw, 0.0, by_raw))
    }
}

/// Value, and slopes by the guess and by what the variances are made of.
fn unlikelihood(
    guess: &FeatureMap,
    teacher: &FeatureMap,
    raw: &[f32],
) -> (f64, Vec<f64>, Vec<f32>) {
    let share = 1.0 / guess.values.len().max(1) as f64;
    let positions = guess.positions();
    let mut value = 0.0;
    let mut by_variance = vec![0.0; raw.len()];
    let mut slopes = Vec::with_capacity(guess.values.len());
    for (guess, teacher) in guess.samples().zip(teacher.samples()) {
        let channels = guess.chunks_exact(positions).zip(teacher.chunks_exact(positions));
        for ((guess, teacher), (&raw, sum)) in channels.zip(raw.iter().zip(&mut by_variance)) {
            let variance = softplus(f64::from(raw)) + LEAST;
            for (m, t) in guess.iter().zip(teacher) {
                let (difference, square) = (m - t, (m - t) * (m - t));
                value += 0.5 * share * (square / variance + libm::log(variance));
                slopes.push(share * difference / variance);
                *sum += 0.5 * share * (1.0 - square / variance) / variance;
            }
        }
    }
    let of_raw = |(slope, &raw): (f64, &f32)| (slope / (1.0 + libm::exp(-f64::from(raw)))) as f32;
    (value, slopes, by_variance.into_iter().zip(raw).map(of_raw).collect())
}

/// `log(exp(y) - 1)`, also where `exp(y)` is beyond all numbers.
fn softplus_inverse(y: f64) -> f64 {
    y + libm::log1p(-libm::exp(-y))
}

/// `log(1 + exp(x))`.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + libm::log1p(libm::exp(-x.abs()))
}

const LAYERS: [&str; 3] = ["first.weight", "second.weight", "third.weight"];
const VARIANCE: &str = "variance";

fn path(number: usize, name: &str) -> String {
    format!("guess.{number}.{name}")
}

impl TapLoss for Vid {
    const NAME: &'static str = "vid";
    const LOSS_WEIGHT: f64 = 1.0;
    const USUAL: Usual = Usual::Last;
    const USABLE: Usable = Usable::ANY;

    fn parameters(&self, pairs: &[[TapShape; 2]], stream: &Stream) -> Weights {
        let raw = softplus_inverse((self.variance - LEAST).max(LEAST)) as f32;
        let of = |(number, pair): (usize, &[TapShape; 2])| {
            let [student, teacher] = pair.map(TapShape::channels);
            let layers = LAYERS.iter().zip([student, teacher, teacher]);
            let mut own: Vec<(String, Parameter)> = layers
                .map(|(name, inputs)| {
                    let name = path(number, name);
                    let weight = uniform(stream, &name, vec![inputs, teacher], inputs);
                    (name, weight)
                })
                .collect();
            let variances = Parameter { shape: vec![teacher], values: vec![raw; teacher] };
            own.push((path(number, VARIANCE), variances));
            own
        };
        pairs.iter().enumerate().flat_map(of).collect()
    }

    fn parts(
        &self,
        pairs: &[TapPair],
        parameters: &OwnParameters,
    ) -> Result<Vec<Part>, MethodError> {
        let terms = pairs.iter().enumerate();
        let terms = terms.map(|(number, pair)| Self::guess(number, pair, parameters));
        Ok(one_term("unlikelihood", terms.collect::<Result<Vec<_>, _>>()?.into_iter()))
    }
}
