//! Factor transfer.

use std::sync::Arc;

use burn::tensor::Tensor;
use nn::{TapShape, Weights};
use options::{Key, OptionError, Section};
use random::Stream;

use crate::feature_map::{FeatureMap, UnitRows, squared_difference};
use crate::own_layers::{OwnLayers, convolution};
use crate::tap_loss::one_term;
use crate::{Method, MethodError, OwnParameters, Part, TapLoss, TapMethod, TapPair, Usable, Usual};

/// Factor transfer: Kim, Park and Kwak, "Paraphrasing Complex Network: Network Compression via Factor Transfer" (2018),
/// with all parts trained at once.
///
/// # What it does
/// A paraphraser learns, without labels, to say the teacher's map in fewer channels, the factors; a translator makes such
/// factors of the student's map. The student learns to have the same.
///
/// # When to use it
/// With networks for images of unequal kinds.
///
/// # Formula
/// `sum_taps mean |u(T(s)) - u(P(t))| + paraphrase_weight sum_taps mean (D(P(t)) - t)^2`, `u` all factors of a sample
/// scaled to length 1
///
/// `P`, `D` and `T` are three 3x3 convolutions each, every one followed by a leaky ReLU with the slope 0.1. Both means are
/// over all values of all samples. The factors are constants to the first term; the second one trains `P` and `D` alone.
/// The authors train the paraphraser for some epochs first and then keep it; here it learns beside the student
/// from the first step. Theirs and the usual code have batch normalisation in the translator, here is none. RepDistiller compares
/// the mean of the squares of the channels in place of all factors. Where maps differ in size, the larger of the
/// factors are averaged over windows.
///
/// # Options
/// `factor_rate` (default 0.5: factors by channels of the teacher), `paraphrase_weight` (default 0.005, chosen here so
/// that the term counts 1 with the weight of the method), `student_taps` and `teacher_taps` (default: the last maps
/// of each), `loss_weight` (default 200, that of RepDistiller for its form).
///
/// # Cost
/// Nine convolutions, and a pass of the teacher in each step. With `s` and `t` channels and `f` factors they have
/// `9 (s^2 + s f + 2 t^2 + 2 t f + 3 f^2)` weights and `s + 3 t + 5 f` biases, which are trained with the student
/// and are no part of it.
///
/// # Example
/// ```toml
/// [distill]
/// method = "ft"
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ft {
    /// Factors by channels of the teacher, above 0.
    pub factor_rate: f64,
    /// Weight of the paraphraser's own loss beside that of the factors.
    pub paraphrase_weight: f64,
}

impl Default for Ft {
    fn default() -> Self {
        Self { factor_rate: 0.5, paraphrase_weight: 0.005 }
    }
}

const TRANSLATOR: &str = "translator";
const ENCODER: &str = "paraphraser.encoder";
const DECODER: &str = "paraphraser.decoder";

/// The paths of the layers of one of the three networks.
fn paths(network: &str, number: usize) -> [String; 3] {
    ["first", "second", "third"].map(|layer| format!("{network}.{number}.{layer}"))
}

impl Ft {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let default = Self::default();
        let rate = Key("factor_rate", "factors by channels of the teacher");
        let weight = Key("paraphrase_weight", "of the paraphraser's own loss beside the factors");
        let loss = Self {
            factor_rate: section.number(rate, default.factor_rate, 0.01..=4.0)?,
            paraphrase_weight: section.number(weight, default.paraphrase_weight, 0.0..=1e6)?,
        };
        TapMethod::read(section, loss)
    }

    /// Factors for so many channels of the teacher, at least 1.
    fn factors(self, channels: usize) -> usize {
        ((self.factor_rate * channels as f64) as usize).max(1)
    }

    /// How far the factors are from the teacher's, and the paraphrase from what it is of.
    fn terms(
        (number, pair): (usize, &TapPair),
        layers: OwnLayers<'_>,
    ) -> Result<[Tensor<1>; 2], MethodError> {
        let factors = layers.leaky(&paths(ENCODER, number), pair.teacher_images())?;
        let paraphrase = layers.leaky(&paths(DECODER, number), factors.clone())?;
        let translated = layers.leaky(&paths(TRANSLATOR, number), pair.images())?;
        let factors = pair.with_images(factors).student_numbers();
        let transfer = pair.with_images(translated).with_teacher(factors).at_one_size(transfer);
        Ok([transfer, pair.with_images(paraphrase).at_any_size(likeness)])
    }
}

/// The mean difference of the scaled factors.
fn transfer(student: &FeatureMap, teacher: &FeatureMap) -> (f64, Vec<f64>) {
    let share = 1.0 / student.values.len().max(1) as f64;
    let [q, p] = [student, teacher].map(|map| UnitRows::of(&map.values, map.width()));
    let mut value = 0.0;
    let slope = |(q, p): (&f64, &f64)| {
        value += share * (q - p).abs();
        if q == p { 0.0 } else { share * (q - p).signum() }
    };
    let mut slopes: Vec<f64> = q.values.iter().zip(&p.values).map(slope).collect();
    q.pull_back(&mut slopes);
    (value, slopes)
}

/// The mean squared difference.
fn likeness(paraphrase: &FeatureMap, teacher: &FeatureMap) -> (f64, Vec<f64>) {
    let share = 1.0 / paraphrase.values.len().max(1) as f64;
    squared_difference(&paraphrase.values, &teacher.values, share)
}

impl TapLoss for Ft {
    const NAME: &'static str = "ft";
    const LOSS_WEIGHT: f64 = 200.0;
    const USUAL: Usual = Usual::Last;
    const USABLE: Usable = Usable::SPATIAL;

    fn parameters(&self, pairs: &[[TapShape; 2]], stream: &Stream) -> Weights {
        let of = |(number, pair): (usize, &[TapShape; 2])| {
            let [s, t] = pair.map(TapShape::channels);
            let f = self.factors(t);
            let networks = [
                (TRANSLATOR, [[s, s], [s, f], [f, f]]),
                (ENCODER, [[t, t], [t, f], [f, f]]),
                (DECODER, [[f, f], [f, t], [t, t]]),
            ];
            networks.into_iter().flat_map(move |(network, sizes)| {
                let layers = paths(network, number).into_iter().zip(sizes);
                layers.flat_map(|(path, sizes)| convolution(stream, &path, sizes, 3))
            })
        };
        pairs.iter().enumerate().flat_map(of).collect()
    }

    fn parts(
        &self,
        pairs: &[TapPair],
        parameters: &OwnParameters,
    ) -> Result<Vec<Part>, MethodError> {
        let layers = OwnLayers { method: Self::NAME, parameters };
        let terms = pairs.iter().enumerate().map(|pair| Self::terms(pair, layers));
        let terms = terms.collect::<Result<Vec<_>, _>>()?;
        let (transfer, likeness): (Vec<_>, Vec<_>) =
            terms.into_iter().map(|[transfer, likeness]| (transfer, likeness)).unzip();
        let mut parts = one_term("factors", transfer.into_iter());
        if self.paraphrase_weight > 0.0 {
            let own = one_term("paraphrase", likeness.into_iter());
            let weight = self.paraphrase_weight;
            parts.extend(own.into_iter().map(|part| Part { weight, ..part }));
        }
        Ok(parts)
    }
}
