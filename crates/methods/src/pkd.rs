//! Patient distillation.

use std::sync::Arc;

use options::{Key, OptionError, Section};

use crate::feature_map::{FeatureMap, UnitRows, squared_difference};
use crate::projector::Projection;
use crate::tap_loss::summed;
use crate::{Method, MethodError, OwnParameters, Part, TapLoss, TapMethod, TapPair, Usable, Usual};

/// Patient distillation: Sun, Cheng, Gan and Liu, "Patient Knowledge Distillation for BERT Model Compression" (2019),
/// the patient loss.
///
/// # What it does
/// Compares, behind several layers, the one vector by which a transformer sums a sample up, by its direction. Not the
/// Pearson distillation of detectors that is called PKD too.
///
/// # When to use it
/// Between two transformers, with `kd`; their numbers of tokens may differ.
///
/// # Formula
/// `sum_taps mean_samples |r(s) / |r(s)| - t / |t||^2`
///
/// The paper takes the class token, and the sum over the samples; public code has the mean over all values, which is
/// this divided by the width. The vision transformer here has no class token and classifies by the mean of its
/// tokens, so that this mean is what is compared; with a distillation token (`token = "last"`) it can be that one. The paper
/// asks for equal widths; where they differ, `r` is a trained linear map. It leaves the last layer out and
/// takes every other of the teacher's, which recipes can name.
///
/// # Options
/// `token` (default `"mean"`; `"last"`), `student_taps` and `teacher_taps` (default: all layers of the one that has
/// fewer, and as many of the other, evenly spread, with its last), `loss_weight` (default 1).
///
/// # Cost
/// One pass over the taps, and a pass of the teacher in each step. Maps of `(student's + 1) * teacher's` widths, where
/// needed, are trained with the student and are no part of it.
///
/// # Example
/// ```toml
/// [[distill.methods]]
/// method = "kd"
///
/// [[distill.methods]]
/// method = "pkd"
/// student_taps = ["layer1", "layer2"]
/// teacher_taps = ["layer2", "layer4"]
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pkd {
    /// What sums a sample up.
    pub token: SummaryToken,
}

/// The vector by which [`Pkd`] sums up a sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SummaryToken {
    /// The mean of all tokens.
    #[default]
    Mean,
    /// The last token.
    Last,
}

impl Pkd {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let key = Key("token", "what of a layer is compared: the mean of its tokens or the last");
        let token = match section.choice(key, "mean", &["mean", "last"])?.as_str() {
            "last" => SummaryToken::Last,
            _ => SummaryToken::Mean,
        };
        TapMethod::read(section, Self { token })
    }

    /// What each token counts.
    fn shares(self, positions: usize) -> Vec<f64> {
        match self.token {
            SummaryToken::Mean => vec![1.0 / positions as f64; positions],
            SummaryToken::Last => {
                (1..=positions).map(|k| f64::from(u8::from(k == positions))).collect()
            }
        }
    }

    fn compare(self, student: &FeatureMap, teacher: &FeatureMap) -> (f64, Vec<f64>) {
        let vectors = |map: &FeatureMap| {
            let shares = self.shares(map.positions());
            let sum = |row: &[f64]| row.iter().zip(&shares).map(|(x, share)| x * share).sum();
            let rows: Vec<f64> = map.values.chunks_exact(map.positions()).map(sum).collect();
            UnitRows::of(&rows, map.channels)
        };
        let (q, p) = (vectors(student), vectors(teacher));
        let share = 1.0 / student.batch.max(1) as f64;
        let (value, mut slopes) = squared_difference(&q.values, &p.values, share);
        q.pull_back(&mut slopes);
        let shares = self.shares(student.positions());
        let spread = |slope: f64| shares.iter().map(move |share| slope * share);
        (value, slopes.into_iter().flat_map(spread).collect())
    }
}

impl TapLoss for Pkd {
    const NAME: &'static str = "pkd";
    const LOSS_WEIGHT: f64 = 1.0;
    const USUAL: Usual = Usual::Spread;
    const USABLE: Usable = Usable::SEQUENCE;
    const PROJECTION: Projection = Projection::WhereNeeded;

    fn parts(&self, pairs: &[TapPair], _: &OwnParameters) -> Result<Vec<Part>, MethodError> {
        let loss = |student: &FeatureMap, teacher: &FeatureMap| self.compare(student, teacher);
        Ok(summed("summaries", pairs, |pair| pair.at_any_size(loss)))
    }
}
