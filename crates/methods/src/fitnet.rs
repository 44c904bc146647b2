//! Hints.

use std::sync::Arc;

use options::{OptionError, Section};

use crate::feature_map::{FeatureMap, squared_difference};
use crate::projector::Projection;
use crate::tap_loss::summed;
use crate::{Method, MethodError, OwnParameters, Part, TapLoss, TapMethod, TapPair, Usable, Usual};

/// Hints: Romero, Ballas, Kahou, Chassang, Gatta and Bengio, "FitNets: Hints for Thin Deep Nets" (2015), equation 3.
///
/// # What it does
/// Asks the student to hold, behind a trained projector, the same values as the teacher at a tap in the middle.
///
/// # When to use it
/// With thin, deep students, and with any pair of networks whose taps mean the same; also for tables.
///
/// # Formula
/// `sum_taps mean (r(s) - t)^2`, `r` a 1x1 convolution with bias to the teacher's channels
///
/// The mean is over all values of all samples; the paper has half of the sum. The paper's `r` is a convolution
/// without padding that also brings the size of the map down to the teacher's; public implementations use 3x3
/// convolutions with stride or batch normalisation, and end with an error where sizes differ by another factor.
/// Here the larger map is averaged over windows, whatever the sizes.
///
/// # Options
/// `student_taps` and `teacher_taps` (default: the last of each), `loss_weight` (default 100, as in the usual
/// comparisons).
///
/// # Cost
/// The projector and a pass of the teacher in each step. The projector's `(student's + 1) * teacher's` channels
/// are trained with the student and are no part of it.
///
/// # Example
/// ```toml
/// [distill]
/// method = "fitnet"
/// student_taps = ["stage2"]
/// teacher_taps = ["stage2"]
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FitNet;

impl FitNet {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        TapMethod::read(section, Self)
    }
}

fn compare(student: &FeatureMap, teacher: &FeatureMap) -> (f64, Vec<f64>) {
    let share = 1.0 / student.values.len().max(1) as f64;
    squared_difference(&student.values, &teacher.values, share)
}

impl TapLoss for FitNet {
    const NAME: &'static str = "fitnet";
    const LOSS_WEIGHT: f64 = 100.0;
    const USUAL: Usual = Usual::Last;
    const USABLE: Usable = Usable::ANY;
    const PROJECTION: Projection = Projection::Always;

    fn parts(&self, pairs: &[TapPair], _: &OwnParameters) -> Result<Vec<Part>, MethodError> {
        Ok(summed("hint", pairs, |pair| pair.at_one_size(compare)))
    }
}
