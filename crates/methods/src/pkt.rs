//! Probabilistic knowledge transfer.

use std::sync::Arc;

use options::{OptionError, Section};

use crate::cosines::Cosines;
use crate::tap_loss::summed;
use crate::{Method, MethodError, OwnParameters, Part, TapLoss, TapMethod, TapPair, Usable, Usual};

/// Probabilistic knowledge transfer: Passalis and Tefas, "Learning Deep Representations with Probabilistic
/// Knowledge Transfer" (2018), equations 3 to 7, with the cosine as kernel.
///
/// # What it does
/// Turns how alike the samples of a batch are into probabilities, of taking one for another, and brings the
/// student's to the teacher's. Shapes of the taps may differ in every way.
///
/// # When to use it
/// Between networks of different kinds, for retrieval above all, also for tables; with larger batches.
///
/// # Formula
/// `sum_taps sum_ij (P_ij + e) log((P_ij + e) / (Q_ij + e)) / batch^2`, rows of `P` and `Q` proportional to
/// `(cosine + 1) / 2`, `e = 1e-7`
///
/// `P` is the teacher's. The sample itself is among those of its row and the mean is over all pairs, as in the
/// authors' code; that leaves `e` out of the first factor, and so is not quite 0 where both agree. A sample
/// whose values are all 0 has the cosine 0 with all, and teaches nothing.
///
/// # Options
/// `student_taps` and `teacher_taps` (default: the last of each), `loss_weight` (default 30000, as published).
///
/// # Cost
/// `batch^2` products of samples, and a pass of the teacher in each step; no parameters. `batch_size` at least 2.
///
/// # Example
/// ```toml
/// [distill]
/// method = "pkt"
/// batch_size = 64
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pkt;

/// Keeps the logarithm finite.
const FLOOR: f64 = 1e-7;

impl Pkt {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        TapMethod::read(section, Self)
    }
}

/// Of the products of student and teacher.
fn compare(student: &[f64], teacher: &[f64]) -> (f64, Vec<f64>) {
    let [q, p] = [student, teacher].map(Cosines::of);
    let width = q.side.max(1);
    let share = 1.0 / student.len().max(1) as f64;
    let mut value = 0.0;
    let mut slopes = Vec::with_capacity(student.len());
    for (q, p) in q.values.chunks_exact(width).zip(p.values.chunks_exact(width)) {
        let (q, of_q) = probabilities(q);
        let (p, _) = probabilities(p);
        let of = |(q, p): (&f64, &f64)| {
            let (q, p) = (q + FLOOR, p + FLOOR);
            value += share * p * libm::log(p / q);
            -share * p / q
        };
        let by_probability: Vec<f64> = q.iter().zip(&p).map(of).collect();
        let along: f64 = by_probability.iter().zip(&q).map(|(slope, q)| slope * q).sum();
        slopes.extend(by_probability.iter().map(|slope| 0.5 * (slope - along) / of_q));
    }
    (value, q.pull_back(&slopes))
}

/// Proportional to the similarities, and the sum of those.
fn probabilities(cosines: &[f64]) -> (Vec<f64>, f64) {
    let similarities = cosines.iter().map(|cosine| (0.5 * (cosine + 1.0)).max(0.0));
    let sum: f64 = similarities.clone().sum();
    (similarities.map(|similarity| similarity / sum).collect(), sum)
}

impl TapLoss for Pkt {
    const NAME: &'static str = "pkt";
    const LOSS_WEIGHT: f64 = 30_000.0;
    const USUAL: Usual = Usual::Last;
    const USABLE: Usable = Usable::ANY;
    const PLACE_BY_PLACE: bool = false;

    fn parts(&self, pairs: &[TapPair], _: &OwnParameters) -> Result<Vec<Part>, MethodError> {
        Ok(summed("likeness", pairs, |pair| pair.by_products(compare)))
    }

    fn smallest_batch(&self) -> usize {
        2
    }
}
