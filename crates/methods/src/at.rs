//! Attention transfer.

use std::sync::Arc;

use options::{Key, OptionError, Section};

use crate::feature_map::{FeatureMap, UnitRows, squared_difference};
use crate::tap_loss::summed;
use crate::{Method, MethodError, OwnParameters, Part, TapLoss, TapMethod, TapPair, Usable, Usual};

/// Attention transfer: Zagoruyko and Komodakis, "Paying More Attention to Attention" (2017), section 3.1.
///
/// # What it does
/// Asks the student to be active at the same places of an image as the teacher, at several depths. Which
/// channels are active is left to it.
///
/// # When to use it
/// With networks for images, of whatever numbers of channels; usually together with `kd`.
///
/// # Formula
/// `sum_taps mean |a_s / |a_s| - a_t / |a_t||^2`, `a = mean_c f_c^2` for each place
///
/// `f_c` is a channel of a tap, `| |` the length of the map of a sample, and the mean is taken over samples and
/// places. That is the authors' code, `form = "authors"`. With `form = "paper"` it is equation 2 of the paper,
/// without its factor of a half: the length of the difference, averaged over the samples. Where the maps of
/// student and teacher differ in size, the larger is averaged over windows. A map of zeros stays one.
///
/// # Options
/// `form` (default `authors`), `student_taps` and `teacher_taps` (default: as many as both have, the last
/// ones), `loss_weight` (default 1000, as published for `authors`; the other form needs far less, such as 10).
///
/// # Cost
/// One pass over the taps, and a pass of the teacher in each step; no parameters.
///
/// # Example
/// ```toml
/// [distill]
/// method = "at"
/// student_taps = ["stage2", "stage3"]
/// teacher_taps = ["stage2", "stage3"]
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct At {
    /// How two maps are compared.
    pub form: AttentionForm,
}

/// How two attention maps are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AttentionForm {
    /// The mean squared difference over samples and places.
    #[default]
    Authors,
    /// The length of the difference, averaged over samples.
    Paper,
}

impl At {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let key = Key("form", "of the difference: of the authors' code, or of the paper");
        let form = match section.choice(key, "authors", &["authors", "paper"])?.as_str() {
            "paper" => AttentionForm::Paper,
            _ => AttentionForm::Authors,
        };
        TapMethod::read(section, Self { form })
    }

    fn compare(self, student: &FeatureMap, teacher: &FeatureMap) -> (f64, Vec<f64>) {
        let positions = student.positions();
        let unit = |map: &FeatureMap| UnitRows::of(&attention(map), positions);
        let (q, p) = (unit(student), unit(teacher));
        let samples = student.batch.max(1) as f64;
        let (value, mut slopes) = match self.form {
            AttentionForm::Authors => {
                squared_difference(&q.values, &p.values, 1.0 / (samples * positions as f64))
            }
            AttentionForm::Paper => lengths(&q.values, &p.values, positions, samples),
        };
        q.pull_back(&mut slopes);
        let maps = student.samples().zip(slopes.chunks_exact(positions));
        let gradient = maps.flat_map(|(sample, slopes)| {
            let channels = student.channels.max(1) as f64;
            let places = sample.iter().zip(slopes.iter().cycle());
            places.map(move |(value, slope)| 2.0 * value * slope / channels)
        });
        (value, gradient.collect())
    }
}

/// The mean of the squares of the channels, at each place of each sample.
fn attention(map: &FeatureMap) -> Vec<f64> {
    let of = |sample: &[f64]| {
        let mut sums = vec![0.0; map.positions()];
        for channel in sample.chunks_exact(map.positions()) {
            sums.iter_mut().zip(channel).for_each(|(sum, x)| *sum += x * x);
        }
        sums.into_iter().map(|sum| sum / map.channels.max(1) as f64).collect::<Vec<_>>()
    };
    map.samples().flat_map(of).collect()
}

/// The mean length of the difference of rows, and its slopes; 0 where it is 0.
fn lengths(q: &[f64], p: &[f64], width: usize, samples: f64) -> (f64, Vec<f64>) {
    let (mut value, mut slopes) = (0.0, Vec::with_capacity(q.len()));
    for (q, p) in q.chunks_exact(width).zip(p.chunks_exact(width)) {
        let difference: Vec<f64> = q.iter().zip(p).map(|(q, p)| q - p).collect();
        let length = difference.iter().map(|d| d * d).sum::<f64>().sqrt();
        value += length / samples;
        let scale = if length > 0.0 { 1.0 / (samples * length) } else { 0.0 };
        slopes.extend(difference.iter().map(|d| scale * d));
    }
    (value, slopes)
}

impl TapLoss for At {
    const NAME: &'static str = "at";
    const LOSS_WEIGHT: f64 = 1000.0;
    const USUAL: Usual = Usual::All;
    const USABLE: Usable = Usable::SPATIAL;

    fn parts(&self, pairs: &[TapPair], _: &OwnParameters) -> Result<Vec<Part>, MethodError> {
        let loss = |student: &FeatureMap, teacher: &FeatureMap| self.compare(student, teacher);
        Ok(summed("attention", pairs, |pair| pair.at_one_size(loss)))
    }
}
