//! Neuron selectivity transfer.

use std::sync::Arc;

use ops::Level;
use ops::gram::{add_product, add_transposed_product};
use options::{OptionError, Section};

use crate::feature_map::{FeatureMap, UnitRows, squared_difference};
use crate::tap_loss::summed;
use crate::{Method, MethodError, OwnParameters, Part, TapLoss, TapMethod, TapPair, Usable, Usual};

/// Neuron selectivity transfer: Huang and Wang, "Like What You Like: Knowledge Distill via Neuron Selectivity
/// Transfer" (2017), equations 4 to 7, with the polynomial kernel of degree 2.
///
/// # What it does
/// Takes the channels of a tap as draws from a distribution of maps, and brings the student's distribution to
/// the teacher's. Numbers of channels may differ.
///
/// # When to use it
/// With networks for images; usually together with `kd`.
///
/// # Formula
/// `sum_taps mean_samples (mean_cc' (t_c . t_c')^2 + mean_cc' (s_c . s_c')^2 - 2 mean_cc' (s_c . t_c')^2)`
///
/// `s_c` and `t_c` are the channels of student and teacher, scaled to length 1; a channel of zeros stays one. It is
/// computed as `mean_samples |S - T|^2`, where `S` is the mean of `s_c s_c'` over the channels, which is the same.
/// Where maps differ in size, the larger is averaged over windows.
///
/// # Options
/// `student_taps` and `teacher_taps` (default: the last maps of each), `loss_weight` (default 50, as published).
///
/// # Cost
/// `channels positions^2` multiply-adds a sample, so small maps are best, and a pass of the teacher in each
/// step; no parameters.
///
/// # Example
/// ```toml
/// [distill]
/// method = "nst"
/// student_taps = ["stage3"]
/// teacher_taps = ["stage3"]
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nst;

impl Nst {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        TapMethod::read(section, Self)
    }
}

fn compare(student: &FeatureMap, teacher: &FeatureMap) -> (f64, Vec<f64>) {
    let positions = student.positions();
    let unit = |map: &FeatureMap| UnitRows::of(&map.values, positions);
    let (s, t) = (unit(student), unit(teacher));
    let share = 1.0 / student.batch.max(1) as f64;
    let (mut value, mut gradient) = (0.0, vec![0.0; student.values.len()]);
    let samples = s.values.chunks_exact(student.width());
    let samples = samples.zip(t.values.chunks_exact(teacher.width()));
    for ((s, t), gradient) in samples.zip(gradient.chunks_exact_mut(student.width())) {
        let (own, slopes) = squared_difference(&mean(s, positions), &mean(t, positions), share);
        value += own;
        let factor = 2.0 / student.channels.max(1) as f64;
        add_product(Level::best(), [s, &slopes], positions, factor, gradient);
    }
    s.pull_back(&mut gradient);
    (value, gradient)
}

/// The mean over channels of the product of each with itself, `positions * positions`.
fn mean(channels: &[f64], positions: usize) -> Vec<f64> {
    let count = (channels.len() / positions).max(1) as f64;
    let mut sum = vec![0.0; positions * positions];
    add_transposed_product(
        Level::best(),
        [channels, channels],
        [positions; 2],
        1.0 / count,
        &mut sum,
    );
    sum
}

impl TapLoss for Nst {
    const NAME: &'static str = "nst";
    const LOSS_WEIGHT: f64 = 50.0;
    const USUAL: Usual = Usual::Last;
    const USABLE: Usable = Usable::SPATIAL;

    fn parts(&self, pairs: &[TapPair], _: &OwnParameters) -> Result<Vec<Part>, MethodError> {
        Ok(summed("selectivity", pairs, |pair| pair.at_one_size(compare)))
    }
}
