//! Activation boundaries.

use std::sync::Arc;

use options::{Key, OptionError, Section};

use crate::feature_map::FeatureMap;
use crate::projector::Projection;
use crate::tap_loss::summed;
use crate::{Method, MethodError, OwnParameters, Part, TapLoss, TapMethod, TapPair, Usable, Usual};

/// Activation boundaries: Heo, Lee, Yun and Choi, "Knowledge Transfer via Distillation of Activation Boundaries Formed
/// by Hidden Neurons" (2019), equation 7.
///
/// # What it does
/// Asks the student, behind a trained projector, to be above 0 where the teacher's unit is active and below where it
/// is not, by a margin. How strong an activation is does not matter.
///
/// # When to use it
/// At taps behind ReLU, early in a training (`weight_schedule = "linear"`): the paper trains by it alone first, and by
/// the labels afterwards.
///
/// # Formula
/// `sum_taps mean [t > 0] max(0, margin - r(s))^2 + [t <= 0] max(0, margin + r(s))^2`, `r` a 1x1 convolution with bias to
/// the teacher's channels
///
/// The mean is over all values of all samples; the authors' code has 3 / 1000 of the sum over the values of a sample.
/// The paper looks at values in front of ReLU, whose sign is the same. Where maps differ in size, the larger is
/// averaged over windows; a window of the teacher is active where a value in it is.
///
/// # Options
/// `boundary_margin` (default 1), `student_taps` and `teacher_taps` (default: the last of each), `loss_weight`
/// (default 1).
///
/// # Cost
/// The projector and a pass of the teacher in each step. The projector's `(student's + 1) * teacher's` channels
/// are trained with the student and are no part of it.
///
/// # Example
/// ```toml
/// [distill]
/// method = "ab"
/// weight_schedule = "linear"
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ab {
    /// How far from 0 the student is to be, 0 or more.
    pub margin: f64,
}

impl Default for Ab {
    fn default() -> Self {
        Self { margin: 1.0 }
    }
}

impl Ab {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let margin = Key("boundary_margin", "how far from 0 the student is to be");
        let margin = section.number(margin, Self::default().margin, 0.0..=1000.0)?;
        TapMethod::read(section, Self { margin })
    }

    fn compare(self, student: &FeatureMap, teacher: &FeatureMap) -> (f64, Vec<f64>) {
        let share = 1.0 / student.values.len().max(1) as f64;
        let mut value = 0.0;
        let slope = |(s, t): (&f64, &f64)| {
            let side = if *t > 0.0 { 1.0 } else { -1.0 };
            let short = (self.margin - side * s).max(0.0);
            value += share * short * short;
            -2.0 * share * side * short
        };
        let slopes = student.values.iter().zip(&teacher.values).map(slope).collect();
        (value, slopes)
    }
}

impl TapLoss for Ab {
    const NAME: &'static str = "ab";
    const LOSS_WEIGHT: f64 = 1.0;
    const USUAL: Usual = Usual::Last;
    const USABLE: Usable = Usable::ANY;
    const PROJECTION: Projection = Projection::Always;

    fn parts(&self, pairs: &[TapPair], _: &OwnParameters) -> Result<Vec<Part>, MethodError> {
        let loss = |student: &FeatureMap, teacher: &FeatureMap| self.compare(student, teacher);
        Ok(summed("boundary", pairs, |pair| pair.at_one_size(loss)))
    }
}
