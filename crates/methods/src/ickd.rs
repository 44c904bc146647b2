//! Inter-channel correlation.

use std::sync::Arc;

use ops::Level;
use ops::gram::{add_product, add_transposed_product, products};
use options::{OptionError, Section};

use crate::feature_map::{FeatureMap, UnitRows, squared_difference};
use crate::projector::Projection;
use crate::tap_loss::summed;
use crate::{Method, MethodError, OwnParameters, Part, TapLoss, TapMethod, TapPair, Usable, Usual};

/// Inter-channel correlation: Liu, Huang, Zhang, Zhang, Wang, Zhu, Lu and Cao, "Exploring Inter-Channel Correlation
/// for Diversity-preserved Knowledge Distillation" (2021), equations 2 to 4, for whole images.
///
/// # What it does
/// Asks that channels which go together in the teacher go together in the student, sample by sample. Where in the
/// image they are active is left to it, and maps may differ in size.
///
/// # When to use it
/// With networks for images.
///
/// # Formula
/// `sum_taps mean_samples |C_s - C_t|^2 / channels`, `C` the products of the channels with one another, each row of it
/// scaled to length 1
///
/// Where the numbers of channels differ, the student's go through a 1x1 convolution with bias first. A row of zeros
/// stays one. Public code divides by the number of samples twice.
///
/// # Options
/// `student_taps` and `teacher_taps` (default: the last maps of each), `loss_weight` (default 1).
///
/// # Cost
/// `channels^2 positions` multiply-adds a sample, the convolution, and a pass of the teacher in each step. The
/// convolution's `(student's + 1) * teacher's` channels are trained with the student and are no part of it.
///
/// # Example
/// ```toml
/// [distill]
/// method = "ickd"
/// loss_weight = 5.0
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ickd;

impl Ickd {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        TapMethod::read(section, Self)
    }
}

/// The scaled products of channels of a sample.
fn correlations(sample: &[f64], map: &FeatureMap) -> UnitRows {
    UnitRows::of(&products(Level::best(), sample, sample, map.positions()), map.channels)
}

fn compare(student: &FeatureMap, teacher: &FeatureMap) -> (f64, Vec<f64>) {
    let (channels, positions) = (student.channels.max(1), student.positions());
    let share = 1.0 / (student.batch * channels).max(1) as f64;
    let (mut value, mut gradient) = (0.0, vec![0.0; student.values.len()]);
    let samples = student.samples().zip(teacher.samples());
    for ((s, t), gradient) in samples.zip(gradient.chunks_exact_mut(student.width())) {
        let (q, p) = (correlations(s, student), correlations(t, teacher));
        let (own, mut slopes) = squared_difference(&q.values, &p.values, share);
        value += own;
        q.pull_back(&mut slopes);
        add_product(Level::best(), [&slopes, s], positions, 1.0, gradient);
        add_transposed_product(Level::best(), [&slopes, s], [channels, positions], 1.0, gradient);
    }
    (value, gradient)
}

impl TapLoss for Ickd {
    const NAME: &'static str = "ickd";
    const LOSS_WEIGHT: f64 = 1.0;
    const USUAL: Usual = Usual::Last;
    const USABLE: Usable = Usable::SPATIAL;
    const PLACE_BY_PLACE: bool = false;
    const PROJECTION: Projection = Projection::WhereNeeded;

    fn parts(&self, pairs: &[TapPair], _: &OwnParameters) -> Result<Vec<Part>, MethodError> {
        Ok(summed("channels", pairs, |pair| pair.at_any_size(compare)))
    }
}
