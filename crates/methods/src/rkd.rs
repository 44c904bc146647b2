//! Relational distillation.

use std::sync::Arc;

use burn::tensor::Tensor;
use options::{Key, OptionError, Section};

use crate::feature_map::FeatureMap;
use crate::some_weight::check_some_weight;
use crate::tap_loss::summed;
use crate::{Method, MethodError, OwnParameters, Part, TapLoss, TapMethod, TapPair, Usable, Usual};

/// Relational distillation: Park, Kim, Lu and Cho, "Relational Knowledge Distillation" (2019), equations 4 to 9.
///
/// # What it does
/// Asks that the samples of a batch lie to one another as they lie for the teacher: by their distances, up to
/// a common factor, and by the angles of all triplets. Shapes of the taps may differ in every way.
///
/// # When to use it
/// For embeddings, and between networks of different kinds, also for tables.
///
/// # Formula
/// `distance_weight sum_ij h(d_ij / m_s - D_ij / m_t) / batch^2 + angle_weight sum_ijk h(c_ijk - C_ijk) / batch^3`
///
/// `d_ij` is the distance of the samples `i` and `j` and `m` the mean of all that are above 0; `c_ijk` is the cosine
/// of the angle at `i` between `j` and `k`; `h(x)` is `x^2 / 2` up to 1 and `|x| - 1/2` beyond. Means are over all
/// pairs and triplets, those of equal samples included, as in the usual code; the paper has sums. Samples with
/// equal values have the distance 0, angles at them the cosine 0, and they have no slope; the usual code holds
/// both by 1e-12 under a root, whose slope is without end.
///
/// # Options
/// `distance_weight` (default 25), `angle_weight` (default 50), `student_taps` and `teacher_taps` (default: the
/// last of each), `loss_weight` (default 1). `batch_size` at least 3, or 2 with `angle_weight = 0`.
///
/// # Cost
/// `batch^2` distances and `batch^3` angles, and a pass of the teacher in each step; no parameters.
///
/// # Example
/// ```toml
/// [distill]
/// method = "rkd"
/// batch_size = 64
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rkd {
    /// Weight of the distances.
    pub distance_weight: f64,
    /// Weight of the angles.
    pub angle_weight: f64,
}

impl Default for Rkd {
    fn default() -> Self {
        Self { distance_weight: 25.0, angle_weight: 50.0 }
    }
}

impl Rkd {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let default = Self::default();
        let distance = Key("distance_weight", "of the distances between samples");
        let angle = Key("angle_weight", "of the angles between samples");
        let loss = Self {
            distance_weight: section.number(distance, default.distance_weight, 0.0..=1e6)?,
            angle_weight: section.number(angle, default.angle_weight, 0.0..=1e6)?,
        };
        let weights =
            [("distance_weight", loss.distance_weight), ("angle_weight", loss.angle_weight)];
        check_some_weight(section, &weights)?;
        TapMethod::read(section, loss)
    }
}

impl TapLoss for Rkd {
    const NAME: &'static str = "rkd";
    const LOSS_WEIGHT: f64 = 1.0;
    const USUAL: Usual = Usual::Last;
    const USABLE: Usable = Usable::ANY;
    const PLACE_BY_PLACE: bool = false;

    fn parts(&self, pairs: &[TapPair], _: &OwnParameters) -> Result<Vec<Part>, MethodError> {
        let terms: [(_, _, Relation); 2] = [
            ("relative-distance", self.distance_weight, |s, t, _| by_distance(s, t)),
            ("angle", self.angle_weight, by_angle),
        ];
        let counting = terms.into_iter().filter(|(_, weight, _)| *weight > 0.0);
        let parts = counting.flat_map(|(name, weight, relation)| {
            let parts = summed(name, pairs, |pair| by_squares(pair, relation));
            parts.into_iter().map(move |part| Part { weight, ..part })
        });
        Ok(parts.collect())
    }

    fn smallest_batch(&self) -> usize {
        if self.angle_weight > 0.0 { 3 } else { 2 }
    }
}

/// Value and slopes of a loss of the squared distances of student and teacher, by the student's.
type Relation = fn(&[f64], &[f64], usize) -> (f64, Vec<f64>);

/// A loss of the squared distances, as one of the student's tap.
fn by_squares(pair: &TapPair, relation: Relation) -> Tensor<1> {
    let student = pair.student_numbers();
    let batch = student.batch;
    let (value, slopes) = relation(&squares(&student), &squares(pair.teacher()), batch);
    let mut gradient = vec![0.0; student.values.len()];
    for (i, (row, gradient)) in
        student.samples().zip(gradient.chunks_exact_mut(student.width())).enumerate()
    {
        for (j, other) in student.samples().enumerate() {
            let at = |row: usize, column: usize| slopes.get(row * batch + column).copied();
            let slope = 2.0 * (at(i, j).unwrap_or_default() + at(j, i).unwrap_or_default());
            if slope != 0.0 {
                for (gradient, (x, y)) in gradient.iter_mut().zip(row.iter().zip(other)) {
                    *gradient += slope * (x - y);
                }
            }
        }
    }
    pair.with_gradient(value, &gradient)
}

/// The squared distance of each sample from each other one.
fn squares(map: &FeatureMap) -> Vec<f64> {
    let square =
        |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
    map.samples().flat_map(|a| map.samples().map(move |b| square(a, b))).collect()
}

/// Value and slope of Huber's loss with the bound 1.
fn huber(difference: f64) -> (f64, f64) {
    let size = difference.abs();
    if size <= 1.0 {
        (0.5 * difference * difference, difference)
    } else {
        (size - 0.5, difference.signum())
    }
}

fn by_distance(student: &[f64], teacher: &[f64]) -> (f64, Vec<f64>) {
    let distances = |squares: &[f64]| squares.iter().map(|s| s.sqrt()).collect::<Vec<f64>>();
    // Equal samples are no pair: their distance has no part in the mean, as in the authors' code.
    let pairs =
        |distances: &[f64]| distances.iter().filter(|distance| **distance > 0.0).count() as f64;
    let inverse_mean = |distances: &[f64]| {
        let sum: f64 = distances.iter().sum();
        if sum > 0.0 { pairs(distances) / sum } else { 0.0 }
    };
    let (d, t) = (distances(student), distances(teacher));
    let (scale, of_teacher) = (inverse_mean(&d), inverse_mean(&t));
    let count = student.len().max(1) as f64;
    let (mut value, mut along) = (0.0, 0.0);
    let mut slopes = Vec::with_capacity(d.len());
    for (d, t) in d.iter().zip(&t) {
        let (loss, slope) = huber(d * scale - t * of_teacher);
        value += loss / count;
        along += slope * d / count;
        slopes.push(slope / count);
    }
    // The mean is a function of the distances too.
    let shift = along * scale * scale / pairs(&d).max(1.0);
    for (slope, d) in slopes.iter_mut().zip(&d) {
        let by_distance = *slope * scale - shift;
        *slope = if *d > 0.0 { by_distance / (2.0 * d) } else { 0.0 };
    }
    (value, slopes)
}

/// The angle at `i` between `j` and `k` from the squared lengths of the three sides.
fn by_angle(student: &[f64], teacher: &[f64], batch: usize) -> (f64, Vec<f64>) {
    let width = batch.max(1);
    let count = (student.len() * batch).max(1) as f64;
    let mut value = 0.0;
    let mut slopes = vec![0.0; student.len()];
    let rows = || student.chunks_exact(width).zip(teacher.chunks_exact(width));
    for (i, (from, of_teacher)) in rows().enumerate() {
        // Of the sides that begin at `i`.
        let mut own = vec![0.0; width];
        for (j, (opposite, of_opposite)) in rows().enumerate() {
            let side = |row: &[f64]| row.get(j).copied().unwrap_or_default();
            let (a, t) = (side(from), side(of_teacher));
            let mut by_a = 0.0;
            let triplets = from.iter().zip(opposite).zip(of_teacher.iter().zip(of_opposite));
            let across = slopes.chunks_exact_mut(width).nth(j).unwrap_or_default();
            for (((&b, &c), (&u, &v)), (own, across)) in triplets.zip(own.iter_mut().zip(across)) {
                let (cosine, [of_a, of_b, of_c]) = angle(a, b, c);
                let (loss, slope) = huber(cosine - angle(t, u, v).0);
                value += loss / count;
                by_a += slope * of_a / count;
                *own += slope * of_b / count;
                *across += slope * of_c / count;
            }
            if let Some(own) = own.get_mut(j) {
                *own += by_a;
            }
        }
        let row = slopes.chunks_exact_mut(width).nth(i).unwrap_or_default();
        row.iter_mut().zip(&own).for_each(|(sum, own)| *sum += own);
    }
    (value, slopes)
}

/// The cosine between two sides of the squared lengths `a` and `b`, opposite to one of `c`, and its
/// derivatives; 0 where a side has no length.
fn angle(a: f64, b: f64, c: f64) -> (f64, [f64; 3]) {
    let product = a.sqrt() * b.sqrt();
    if product <= 0.0 {
        return (0.0, [0.0; 3]);
    }
    let cosine = (a + b - c) / (2.0 * product);
    let half = 0.5 / product;
    (cosine, [half - cosine / (2.0 * a), half - cosine / (2.0 * b), -half])
}
