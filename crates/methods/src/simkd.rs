//! The reused classifier of the teacher.

use std::sync::Arc;

use nn::TapKind;
use options::{OptionError, Section};

use crate::feature_map::{FeatureMap, squared_difference};
use crate::tap_loss::summed;
use crate::{Method, MethodError, OwnParameters, Part, TapLoss, TapMethod, TapPair, Usable, Usual};

/// The reused classifier: Chen, Mei, Zhang, Wang, Feng and Chen, "Knowledge Distillation with the Reused Teacher Classifier"
/// (2022), equation 3.
///
/// # What it does
/// Gives the student a projector and the last layer of its teacher in place of its own, and asks that the projector makes what
/// the teacher's last layer gets. The better it does, the nearer is the student to the teacher; nothing else is learned.
///
/// # When to use it
/// With convolution networks whose last layer gets the means of a map (`resnet`, `wrn`, `vgg`, `mobilenet-v2`, `shufflenet`),
/// where a few more parameters may be shipped. The teacher is trained here or was saved by potstill, and its preprocessing is
/// that of the student.
///
/// # Formula
/// `mean (P(s) - t)^2`, `s` and `t` the last maps of student and teacher, `P` the projector
///
/// `P` is convolutions 1x1, 3x3 and 1x1, with half of the teacher's channels between them, each with batch normalisation and a
/// ReLU behind it. The student says what the teacher's last layer makes of the means of `P(s)`. If sizes differ the larger of `P(s)` and `t` is
/// averaged over windows; the authors do that in front of `P` where the student's is larger.
///
/// Projector and last layer *belong to the student*: they are exported, counted, and used by `predict` and `evaluate`. The
/// layer is not trained, and has no decay. The student alone is the plain one, with its own last layer. Of the body's own last
/// layer a single output is left, which nothing uses.
///
/// # Options
/// `student_taps` and `teacher_taps` (default: `features`, the one that there is), `loss_weight` (default 1, as published).
/// `alpha` is 1 if it is left out, as the authors have it; the labels' part is of the same outputs.
///
/// # Cost
/// The projector in student and training, and a pass of the teacher in each step. With `t` channels of the teacher, `s` of the
/// student and `c` classes the student has `t / 2 (s + 5.5 t + 4) + 2 t + c (t + 1)` parameters more, less the `(c - 1) (s + 1)` that
/// are left out of its own last layer; the `c (t + 1)` are not trained.
///
/// # Example
/// ```toml
/// [teacher]
/// model = "resnet20"
///
/// [student]
/// model = "resnet8"
///
/// [distill]
/// method = "simkd"
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SimKd;

impl SimKd {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        TapMethod::read(section, Self)
    }
}

fn compare(student: &FeatureMap, teacher: &FeatureMap) -> (f64, Vec<f64>) {
    let share = 1.0 / student.values.len().max(1) as f64;
    squared_difference(&student.values, &teacher.values, share)
}

const LAST_MAP: Usable = Usable {
    kinds: &[TapKind::Features],
    fits: |_| true,
    expected: "the map whose means the last layer gets",
};

impl TapLoss for SimKd {
    const NAME: &'static str = "simkd";
    const LOSS_WEIGHT: f64 = 1.0;
    const USUAL: Usual = Usual::Last;
    const USABLE: Usable = LAST_MAP;
    const REUSES_HEAD: bool = true;

    fn parts(&self, pairs: &[TapPair], _: &OwnParameters) -> Result<Vec<Part>, MethodError> {
        Ok(summed("features", pairs, |pair| pair.at_one_size(compare)))
    }
}
