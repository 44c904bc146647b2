//! The flow of the solution procedure.

use std::sync::Arc;

use burn::tensor::Tensor;
use nn::TapShape;
use ops::Level;
use ops::gram::{add_product, add_transposed_product, products};
use options::{OptionError, Section};

use crate::feature_map::{FeatureMap, squared_difference};
use crate::tap_loss::{Misfit, one_term, steps_between};
use crate::tap_pair::smaller;
use crate::{Method, MethodError, OwnParameters, Part, TapLoss, TapMethod, TapPair, Usable, Usual};

/// The flow of the solution procedure: Yim, Joo, Bae and Kim, "A Gift from Knowledge Distillation" (2017),
/// equations 1 and 2.
///
/// # What it does
/// Describes how a network comes from one tap to the next by the products of their channels, and asks the student
/// to take the same way as the teacher.
///
/// # When to use it
/// With two networks of one family and width; usually together with `kd`. The paper trains by it alone first.
///
/// # Formula
/// `sum_steps mean (G_s - G_t)^2`, `G_cd = sum_positions a_c b_d / positions` for a tap `a` and the next one, `b`
///
/// The mean is over samples and over the entries of `G`, as in the usual code; the paper has a sum. Where `a` and
/// `b` differ in size, the larger is averaged over windows; the paper takes the largest of each window.
///
/// # Options
/// `student_taps` and `teacher_taps`, at least two of each, with equal channels in student and teacher (default: as
/// many as both have, the last ones), `loss_weight` (default 50, as published in comparisons).
///
/// # Cost
/// `channels^2 positions` multiply-adds for each step and sample, and a pass of the teacher in each step; no
/// parameters.
///
/// # Example
/// ```toml
/// [distill]
/// method = "fsp"
/// student_taps = ["stage1", "stage2", "stage3"]
/// teacher_taps = ["stage1", "stage2", "stage3"]
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fsp;

impl Fsp {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        TapMethod::read(section, Self)
    }
}

/// One step from a tap to the next, at the size of the smaller.
struct Flow {
    from: FeatureMap,
    to: FeatureMap,
    /// `from.channels * to.channels` for each sample.
    products: Vec<f64>,
}

impl Flow {
    fn of(from: &FeatureMap, to: &FeatureMap) -> Self {
        let sides = smaller(from.sides, to.sides);
        let (from, to) = (from.averaged(sides), to.averaged(sides));
        let positions = from.positions();
        let samples = from.samples().zip(to.samples());
        let found = samples.flat_map(|(a, b)| products(Level::best(), a, b, positions));
        let products = found.map(|product| product / positions as f64).collect();
        Self { from, to, products }
    }

    /// The gradients by both taps of a function of the products.
    fn pull_back(&self, slopes: &[f64]) -> [Vec<f64>; 2] {
        let Self { from, to, .. } = self;
        let positions = from.positions();
        let share = 1.0 / positions as f64;
        let mut by_from = vec![0.0; from.values.len()];
        let mut by_to = vec![0.0; to.values.len()];
        let samples = from.samples().zip(to.samples());
        let slopes = slopes.chunks_exact((from.channels * to.channels).max(1));
        let out = by_from.chunks_exact_mut(from.width()).zip(by_to.chunks_exact_mut(to.width()));
        for (((a, b), slopes), (by_a, by_b)) in samples.zip(slopes).zip(out) {
            add_product(Level::best(), [slopes, b], positions, share, by_a);
            add_transposed_product(
                Level::best(),
                [slopes, a],
                [to.channels, positions],
                share,
                by_b,
            );
        }
        [by_from, by_to]
    }
}

fn compare([a, b]: [&TapPair; 2]) -> Tensor<1> {
    let (from, to) = (a.student_numbers(), b.student_numbers());
    let student = Flow::of(&from, &to);
    let teacher = Flow::of(a.teacher(), b.teacher());
    let share = 1.0 / student.products.len().max(1) as f64;
    let (value, slopes) = squared_difference(&student.products, &teacher.products, share);
    let sides = student.from.sides;
    let [by_from, by_to] = student.pull_back(&slopes);
    let by_from = from.spread_back(sides, by_from);
    a.with_gradient(value, &by_from) + b.with_gradient(0.0, &to.spread_back(sides, by_to))
}

impl TapLoss for Fsp {
    const NAME: &'static str = "fsp";
    const LOSS_WEIGHT: f64 = 50.0;
    const USUAL: Usual = Usual::All;
    const USABLE: Usable = Usable::ANY;
    const PLACE_BY_PLACE: bool = false;

    fn check(&self, pairs: &[[TapShape; 2]]) -> Result<(), Misfit> {
        steps_between(pairs)
    }

    fn parts(&self, pairs: &[TapPair], _: &OwnParameters) -> Result<Vec<Part>, MethodError> {
        let steps = pairs.windows(2).filter_map(|pair| match pair {
            [from, to] => Some(compare([from, to])),
            _ => None,
        });
        Ok(one_term("flow", steps))
    }
}
