//! How probabilities of student and teacher go up and down together: over the classes of a sample, and over the samples
//! of a batch.

#![allow(clippy::needless_range_loop, reason = "lanes of several tables go side by side")]

use super::side::{Side, Slopes, soften};
use crate::Level;
use crate::blocks::{LANES, Lanes, sum};
use crate::loops::Loops;

/// Products of two norms are not taken to be smaller.
const SMALLEST: f64 = 1e-8;

/// `T^2 (1 - mean r)` for Pearson's correlations `r` of the rows of the softmax at temperature `T` of student and teacher,
/// and of its columns; fills the gradient of their sum with these weights. The slices are `[samples, classes]`.
///
/// A product of two norms below 1e-8 counts as 1e-8.
pub fn correlations(
    level: Level,
    logits: [&[f32]; 2],
    (classes, temperature): (usize, f64),
    weights: [f64; 2],
    gradient: &mut [f32],
) -> [f64; 2] {
    if classes == 0 || gradient.is_empty() {
        return [0.0; 2];
    }
    let [student, teacher] = logits;
    let samples = gradient.len() / classes;
    let mut batch = Batch::new(samples, classes);
    let values = level.run(Loops(
        #[inline(always)]
        || {
            let inverse = 1.0 / temperature;
            let sides = batch.student.iter_mut().zip(&mut batch.teacher);
            let logits = student.chunks(LANES * classes).zip(teacher.chunks(LANES * classes));
            for ((student, teacher), (of_student, of_teacher)) in sides.zip(logits) {
                soften([student, teacher], [of_student, of_teacher], inverse);
            }
            let values = [batch.rows(weights[0]), batch.columns(weights[1])];
            batch.pull_back(temperature, gradient);
            values
        },
    ));
    values.map(|value| temperature * temperature * value)
}

/// A batch, eight samples by eight.
struct Batch {
    samples: usize,
    classes: usize,
    student: Vec<Side>,
    teacher: Vec<Side>,
    /// Slopes by the student's probabilities.
    slopes: Vec<Slopes>,
}

/// What is found of two lines.
#[derive(Clone, Copy, Default)]
struct Pair {
    value: f64,
    /// Factors of the centred numbers of both sides in the slopes.
    of_student: f64,
    of_teacher: f64,
}

impl Pair {
    /// By the sums of products of centred numbers: of both sides, and of each with itself.
    #[inline(always)]
    fn of([both, student, teacher]: [f64; 3], weight: f64) -> Self {
        let norms = (student * teacher).sqrt();
        let held = if norms > SMALLEST { norms } else { SMALLEST };
        // The norm of the student stands in the denominator, unless the product is held.
        let shrink = if norms > SMALLEST { both / (held * student) } else { 0.0 };
        let value = 1.0 - both / held;
        Self { value, of_student: weight * shrink, of_teacher: -weight / held }
    }
}

impl Batch {
    fn new(samples: usize, classes: usize) -> Self {
        let blocks = 0..samples.div_ceil(LANES);
        Self {
            samples,
            classes,
            student: blocks.clone().map(|_| Side::new(classes)).collect(),
            teacher: blocks.clone().map(|_| Side::new(classes)).collect(),
            slopes: blocks.map(|_| Slopes::new(classes)).collect(),
        }
    }

    /// One less the mean correlation over classes; adds the slopes times `weight`.
    #[inline(always)]
    fn rows(&mut self, weight: f64) -> f64 {
        let (share, weight) = (1.0 / self.classes as f64, weight / self.samples as f64);
        let blocks = self.student.iter().zip(&self.teacher).zip(&mut self.slopes);
        let mut total = 0.0;
        for (number, ((student, teacher), slopes)) in blocks.enumerate() {
            let (q, p) = (&student.probability, &teacher.probability);
            let (mut of_q, mut of_p) = (sum(q), sum(p));
            for lane in 0..LANES {
                (of_q[lane], of_p[lane]) = (of_q[lane] * share, of_p[lane] * share);
            }
            let mut sums = [[0.0; LANES]; 3];
            for (q, p) in q.iter().zip(p) {
                for lane in 0..LANES {
                    let (q, p) = (q[lane] - of_q[lane], p[lane] - of_p[lane]);
                    sums[0][lane] += q * p;
                    sums[1][lane] += q * q;
                    sums[2][lane] += p * p;
                }
            }
            let mut pairs = [Pair::default(); LANES];
            for lane in 0..LANES {
                pairs[lane] = Pair::of([sums[0][lane], sums[1][lane], sums[2][lane]], weight);
            }
            for pair in &pairs[..LANES.min(self.samples - number * LANES)] {
                total += pair.value;
            }
            for (slope, (q, p)) in slopes.by_log.iter_mut().zip(q.iter().zip(p)) {
                for lane in 0..LANES {
                    let (q, p) = (q[lane] - of_q[lane], p[lane] - of_p[lane]);
                    slope[lane] += pairs[lane].of_student * q + pairs[lane].of_teacher * p;
                }
            }
        }
        total / self.samples as f64
    }

    /// One less the mean correlation over samples; adds the slopes times `weight`.
    #[inline(always)]
    fn columns(&mut self, weight: f64) -> f64 {
        let (share, weight) = (1.0 / self.samples as f64, weight / self.classes as f64);
        let (of_q, of_p) = (self.means(&self.student, share), self.means(&self.teacher, share));
        let mut sums = vec![[[0.0; LANES]; 3]; self.classes];
        for (number, (student, teacher)) in self.student.iter().zip(&self.teacher).enumerate() {
            let there = self.there(number);
            let both = student.probability.iter().zip(&teacher.probability);
            for (class, (q, p)) in both.enumerate() {
                let sums = &mut sums[class];
                for lane in 0..LANES {
                    let (q, p) = (q[lane] - of_q[class], p[lane] - of_p[class]);
                    let (q, p) = (there[lane] * q, there[lane] * p);
                    sums[0][lane] += q * p;
                    sums[1][lane] += q * q;
                    sums[2][lane] += p * p;
                }
            }
        }
        let mut total = 0.0;
        let mut pairs = vec![Pair::default(); self.classes];
        for (pair, sums) in pairs.iter_mut().zip(&sums) {
            *pair = Pair::of([fold(&sums[0]), fold(&sums[1]), fold(&sums[2])], weight);
            total += pair.value;
        }
        let sides = self.student.iter().zip(&self.teacher);
        for (slopes, (student, teacher)) in self.slopes.iter_mut().zip(sides) {
            for (class, slope) in slopes.by_log.iter_mut().enumerate() {
                let (q, p, pair) =
                    (&student.probability[class], &teacher.probability[class], pairs[class]);
                for lane in 0..LANES {
                    let (q, p) = (q[lane] - of_q[class], p[lane] - of_p[class]);
                    slope[lane] += pair.of_student * q + pair.of_teacher * p;
                }
            }
        }
        total / self.classes as f64
    }

    /// The mean probability of each class.
    #[inline(always)]
    fn means(&self, side: &[Side], share: f64) -> Vec<f64> {
        let mut sums = vec![[0.0; LANES]; self.classes];
        for (number, side) in side.iter().enumerate() {
            let there = self.there(number);
            for (sum, probability) in sums.iter_mut().zip(&side.probability) {
                for lane in 0..LANES {
                    sum[lane] += there[lane] * probability[lane];
                }
            }
        }
        let mut means = vec![0.0; self.classes];
        for (mean, sum) in means.iter_mut().zip(&sums) {
            *mean = fold(sum) * share;
        }
        means
    }

    /// 1 for each sample of eight, 0 behind the last one.
    #[inline(always)]
    fn there(&self, block: usize) -> Lanes<f64> {
        let mut there = [0.0; LANES];
        for lane in 0..LANES {
            there[lane] = if block * LANES + lane < self.samples { 1.0 } else { 0.0 };
        }
        there
    }

    /// Writes the gradient of the logits, times `factor`.
    #[inline(always)]
    fn pull_back(&mut self, factor: f64, gradient: &mut [f32]) {
        let rows = gradient.chunks_mut(LANES * self.classes);
        let blocks = self.slopes.iter_mut().zip(&self.student);
        for ((slopes, student), gradient) in blocks.zip(rows) {
            for (slope, q) in slopes.by_log.iter_mut().zip(&student.probability) {
                for lane in 0..LANES {
                    slope[lane] *= q[lane];
                }
            }
            slopes.pull_back(student, factor, gradient);
        }
    }
}

/// The sum of the lanes.
#[inline(always)]
fn fold(lanes: &Lanes<f64>) -> f64 {
    let [a, b, c, d, e, f, g, h] = *lanes;
    ((a + b) + (c + d)) + ((e + f) + (g + h))
}
