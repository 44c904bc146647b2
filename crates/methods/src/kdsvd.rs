//! Distillation of singular vectors.

use std::sync::Arc;

use burn::tensor::Tensor;
use nn::TapShape;
use options::{Key, OptionError, Section};

use crate::feature_map::FeatureMap;
use crate::singular::{Singular, dot};
use crate::tap_loss::{one_term, steps_between};
use crate::{
    Method, MethodError, Misfit, OwnParameters, Part, TapLoss, TapMethod, TapPair, Usable, Usual,
};

/// Singular vectors: Lee, Kim and Song, "Self-supervised Knowledge Distillation Using Singular Value Decomposition"
/// (2018), in the form of RepDistiller's code.
///
/// # What it does
/// Sums a tap of a sample up by the combinations of channels that hold most of it, its singular vectors, and asks that
/// those of one tap lie to those of the next as they lie in the teacher.
///
/// # When to use it
/// With two networks of one family and width and small taps; usually together with `kd`.
///
/// # Formula
/// `sum_steps mean_samples sum_k sum_cd (e(a_ck - b_dk) - e(A_ck - B_dk))^2`, `e(x) = exp(-x^2 / 8)`, small letters for the
/// student, `a` for a tap and `b` for the one before it
///
/// `A_k` are the teacher's first `singular_vectors` vectors over its channels, each times its singular value, which are
/// scaled to length 1 together. `a_k` is that of the student's first `singular_vectors + 3` which has the largest cosine with the teacher's,
/// with its sign, times the teacher's value. A vector points to where its largest number is positive; in public code its sign is
/// what the decomposition gives. Vectors without a value are none, and all numbers of such a place are 0. mdistiller
/// takes the maps apart in another way and is another loss.
///
/// # Options
/// `singular_vectors` (default 1), `student_taps` and `teacher_taps`, at least two of each, with equal channels in
/// student and teacher (default: as many as both have, the last maps), `loss_weight` (default 1).
///
/// # Cost
/// A decomposition of each tap of each sample, about `30 channels^2 (channels + positions)` multiply-adds, and a pass of the
/// teacher in each step; no parameters.
///
/// # Example
/// ```toml
/// [[distill.methods]]
/// method = "kd"
///
/// [[distill.methods]]
/// method = "kdsvd"
/// student_taps = ["stage2", "stage3"]
/// teacher_taps = ["stage2", "stage3"]
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KdSvd {
    /// Vectors of each tap, at least 1.
    pub singular_vectors: usize,
}

/// Further vectors of the student among which one is looked for.
const FURTHER: usize = 3;
/// Twice the square of the width of the kernel.
const WIDTH: f64 = 8.0;
/// A singular value this much smaller than the largest is none.
const SMALLEST: f64 = 1e-7;

impl Default for KdSvd {
    fn default() -> Self {
        Self { singular_vectors: 1 }
    }
}

/// The summary of a tap of a sample: for each vector its numbers over the channels.
type Summary = Vec<Vec<f64>>;

/// Where a number of the student's summary comes from.
struct Origin {
    parts: Singular,
    /// For each vector of the teacher that of the student, and what it is multiplied by.
    chosen: Vec<Option<(usize, f64)>>,
}

impl KdSvd {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let vectors = Key("singular_vectors", "of each tap that are compared");
        let default = Self::default().singular_vectors as u64;
        let vectors = section.integer(vectors, default, 1..=64)?;
        TapMethod::read(section, Self { singular_vectors: vectors as usize })
    }

    /// The vectors that count, at most so many.
    fn counting(parts: &Singular, most: usize) -> usize {
        let largest = parts.values.first().copied().unwrap_or_default();
        let counts = |value: &&f64| **value > SMALLEST * largest;
        parts.values.iter().take(most).take_while(counts).count()
    }

    /// The teacher's vectors with their shares, and its summary.
    fn of_teacher(self, sample: &[f64], positions: usize) -> (Vec<(Vec<f64>, f64)>, Summary) {
        let parts = Singular::of(sample, positions);
        let count = Self::counting(&parts, self.singular_vectors);
        let values = parts.values.iter().take(count);
        let length = values.clone().map(|value| value * value).sum::<f64>().sqrt();
        let shares = values.map(|value| value / length);
        let vectors: Vec<(Vec<f64>, f64)> = parts.vectors.into_iter().zip(shares).collect();
        let summary = vectors.iter().map(|(vector, share)| scaled(vector, *share)).collect();
        (vectors, summary)
    }

    /// The student's summary beside the teacher's vectors.
    fn of_student(
        self,
        sample: &[f64],
        positions: usize,
        teacher: &[(Vec<f64>, f64)],
    ) -> (Origin, Summary) {
        let parts = Singular::of(sample, positions);
        let most = (self.singular_vectors + FURTHER).min(positions);
        let count = Self::counting(&parts, most);
        let mut chosen: Vec<Option<(usize, f64)>> = Vec::with_capacity(teacher.len());
        let mut summary = Summary::with_capacity(teacher.len());
        for (vector, share) in teacher {
            let candidates = parts.vectors.iter().take(count).enumerate();
            let cosines = candidates.map(|(place, own)| (place, dot(own, vector)));
            let nearest =
                cosines.reduce(|best, next| if next.1.abs() > best.1.abs() { next } else { best });
            let origin = nearest.map(|(place, cosine)| (place, share * cosine.signum()));
            let own =
                origin.and_then(|(place, factor)| Some(scaled(parts.vectors.get(place)?, factor)));
            summary.push(own.unwrap_or_else(|| vec![0.0; vector.len()]));
            chosen.push(origin);
        }
        (Origin { parts, chosen }, summary)
    }

    fn compare(self, pairs: &[TapPair]) -> Vec<Tensor<1>> {
        let students: Vec<FeatureMap> = pairs.iter().map(TapPair::student_numbers).collect();
        let mut gradients: Vec<Vec<f64>> =
            students.iter().map(|map| vec![0.0; map.values.len()]).collect();
        let batch = students.first().map_or(0, |map| map.batch);
        let share = 1.0 / batch.max(1) as f64;
        let mut value = 0.0;
        for number in 0..batch {
            let mut origins = Vec::with_capacity(pairs.len());
            let mut both: Vec<[Summary; 2]> = Vec::with_capacity(pairs.len());
            for (student, pair) in students.iter().zip(pairs) {
                let (of_teacher, teacher) = (pair.teacher(), pair.teacher().samples().nth(number));
                let own = student.samples().nth(number).unwrap_or_default();
                let (vectors, target) =
                    self.of_teacher(teacher.unwrap_or_default(), of_teacher.positions());
                let (origin, summary) = self.of_student(own, student.positions(), &vectors);
                origins.push(origin);
                both.push([summary, target]);
            }
            let zeros =
                both.iter().map(|[own, _]| own.iter().map(|v| vec![0.0; v.len()]).collect());
            let mut slopes: Vec<Summary> = zeros.collect();
            value += steps(&both, share, &mut slopes);
            let out = gradients.iter_mut().zip(&students).zip(origins.iter().zip(&slopes));
            for ((gradient, map), (origin, slopes)) in out {
                let sample = gradient.chunks_exact_mut(map.width()).nth(number);
                origin.pull_back(slopes, sample.unwrap_or_default(), map.positions());
            }
        }
        let found = pairs.iter().zip(&gradients).enumerate();
        found
            .map(|(place, (pair, gradient))| {
                pair.with_gradient(if place == 0 { value } else { 0.0 }, gradient)
            })
            .collect()
    }
}

fn scaled(vector: &[f64], factor: f64) -> Vec<f64> {
    vector.iter().map(|x| factor * x).collect()
}

/// The loss of a sample over all steps from a tap to the next, and its slopes by the student's summaries.
fn steps(both: &[[Summary; 2]], share: f64, slopes: &mut [Summary]) -> f64 {
    let mut value = 0.0;
    for (place, step) in both.windows(2).enumerate() {
        let ([[before, target_before], [own, target]], Some([by_before, by_own])) =
            (step, slopes.get_mut(place..place + 2))
        else {
            continue;
        };
        let sides = own.iter().zip(before).zip(target.iter().zip(target_before));
        let out = by_own.iter_mut().zip(by_before);
        for (((a, b), (t, u)), (by_a, by_b)) in sides.zip(out) {
            for ((a, t), by_a) in a.iter().zip(t).zip(by_a) {
                for ((b, u), by_b) in b.iter().zip(u).zip(by_b.iter_mut()) {
                    let kernel = libm::exp(-(a - b) * (a - b) / WIDTH);
                    let difference = kernel - libm::exp(-(t - u) * (t - u) / WIDTH);
                    value += share * difference * difference;
                    let slope = -4.0 * share * difference * kernel * (a - b) / WIDTH;
                    *by_a += slope;
                    *by_b -= slope;
                }
            }
        }
    }
    value
}

impl Origin {
    /// Adds the gradient by the sample, `positions` numbers a channel, of a function with these slopes by its
    /// summary. Vectors with equal values have no direction of their own, and no slope between them.
    fn pull_back(&self, slopes: &Summary, gradient: &mut [f64], positions: usize) {
        let Singular { values, vectors, rows } = &self.parts;
        let largest = values.first().map_or(0.0, |value| value * value);
        for (slopes, chosen) in slopes.iter().zip(&self.chosen) {
            let Some((own, factor)) = *chosen else { continue };
            let (Some(vector), Some(row), Some(value)) =
                (vectors.get(own), rows.get(own), values.get(own))
            else {
                continue;
            };
            // What the vector turns to, over the channels and over the positions.
            let mut turn = vec![0.0; vector.len()];
            let mut turned = vec![0.0; row.len()];
            for (place, ((other, other_row), other_value)) in
                vectors.iter().zip(rows).zip(values).enumerate()
            {
                let apart = value * value - other_value * other_value;
                if place == own || apart.abs() <= SMALLEST * SMALLEST * largest {
                    continue;
                }
                let part = factor * dot(slopes, other) / apart;
                turn.iter_mut().zip(other).for_each(|(sum, x)| *sum += part * x);
                turned.iter_mut().zip(other_row).for_each(|(sum, x)| *sum += part * x);
            }
            let channels = gradient.chunks_exact_mut(positions.max(1));
            for (channel, (turn, vector)) in channels.zip(turn.iter().zip(vector)) {
                for (slope, (row, turned)) in channel.iter_mut().zip(row.iter().zip(&turned)) {
                    *slope += turn * row + vector * turned;
                }
            }
        }
    }
}

impl TapLoss for KdSvd {
    const NAME: &'static str = "kdsvd";
    const LOSS_WEIGHT: f64 = 1.0;
    const USUAL: Usual = Usual::All;
    const USABLE: Usable = Usable::SPATIAL;
    const PLACE_BY_PLACE: bool = false;

    fn check(&self, pairs: &[[TapShape; 2]]) -> Result<(), Misfit> {
        steps_between(pairs)
    }

    fn parts(&self, pairs: &[TapPair], _: &OwnParameters) -> Result<Vec<Part>, MethodError> {
        Ok(one_term("singular-vectors", self.compare(pairs).into_iter()))
    }
}
