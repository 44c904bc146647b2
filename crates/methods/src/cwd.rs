//! Channel-wise distillation.

use std::sync::Arc;

use options::{OptionError, Section};

use crate::feature_map::FeatureMap;
use crate::projector::Projection;
use crate::softened::read_temperature;
use crate::tap_loss::summed;
use crate::{Method, MethodError, OwnParameters, Part, TapLoss, TapMethod, TapPair, Usable, Usual};

/// Channel-wise distillation: Shu, Liu, Gao, Yan and Shen, "Channel-wise Knowledge Distillation for Dense
/// Prediction" (2021), equations 3 and 4.
///
/// # What it does
/// Turns each channel into probabilities over the places of the image, and brings those of the student to the
/// teacher's: where a channel is active matters, how strongly does not.
///
/// # When to use it
/// With networks for images.
///
/// # Formula
/// `sum_taps T^2 mean_samples mean_channels KL(p_c || q_c)`, softmax over the positions of a channel at temperature `T`
///
/// Where the numbers of channels differ, the student's go through a 1x1 convolution with bias first. Where maps
/// differ in size, the larger is averaged over windows, behind it.
///
/// # Options
/// `temperature` (default 4), `student_taps` and `teacher_taps` (default: the last maps of each),
/// `loss_weight` (default 50, the paper's for features).
///
/// # Cost
/// Two softmaxes of the taps, the convolution, and a pass of the teacher in each step. The convolution's
/// `(student's + 1) * teacher's` channels are trained with the student and are no part of it.
///
/// # Example
/// ```toml
/// [distill]
/// method = "cwd"
/// student_taps = ["stage3"]
/// teacher_taps = ["stage3"]
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cwd {
    /// `T`, above 0.
    pub temperature: f64,
}

impl Default for Cwd {
    fn default() -> Self {
        Self { temperature: 4.0 }
    }
}

impl Cwd {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let temperature = read_temperature(section, Self::default().temperature)?;
        TapMethod::read(section, Self { temperature })
    }

    fn compare(self, student: &FeatureMap, teacher: &FeatureMap) -> (f64, Vec<f64>) {
        let (temperature, positions) = (self.temperature, student.positions());
        let channels = student.values.len() / positions;
        let share = temperature * temperature / channels.max(1) as f64;
        let mut value = 0.0;
        let mut slopes = Vec::with_capacity(student.values.len());
        let rows =
            student.values.chunks_exact(positions).zip(teacher.values.chunks_exact(positions));
        for (s, t) in rows {
            let (log_q, log_p) = (log_softmax(s, temperature), log_softmax(t, temperature));
            for (log_q, log_p) in log_q.iter().zip(&log_p) {
                let (q, p) = (libm::exp(*log_q), libm::exp(*log_p));
                value += share * p * (log_p - log_q);
                slopes.push(share * (q - p) / temperature);
            }
        }
        (value, slopes)
    }
}

fn log_softmax(row: &[f64], temperature: f64) -> Vec<f64> {
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let scaled = row.iter().map(|x| (x - largest) / temperature);
    let sum = libm::log(scaled.clone().map(libm::exp).sum());
    scaled.map(|x| x - sum).collect()
}

impl TapLoss for Cwd {
    const NAME: &'static str = "cwd";
    const LOSS_WEIGHT: f64 = 50.0;
    const USUAL: Usual = Usual::Last;
    const USABLE: Usable = Usable::SPATIAL;
    const PROJECTION: Projection = Projection::WhereNeeded;

    fn parts(&self, pairs: &[TapPair], _: &OwnParameters) -> Result<Vec<Part>, MethodError> {
        let loss = |student: &FeatureMap, teacher: &FeatureMap| self.compare(student, teacher);
        Ok(summed("places", pairs, |pair| pair.at_one_size(loss)))
    }

    fn temperature(&self) -> Option<f64> {
        Some(self.temperature)
    }

    fn with_temperature(&self, temperature: f64) -> Option<Self> {
        Some(Self { temperature })
    }
}
