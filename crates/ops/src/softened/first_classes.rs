//! The divergence of a student from a teacher's first classes.

#![allow(clippy::needless_range_loop, reason = "lanes of several tables go side by side")]

use super::in_pieces;
use super::side::{Side, Slopes, soften};
use crate::Level;
use crate::blocks::{LANES, Lanes, WIDEST};
use crate::exponential::{exp_of_negative, ln};
use crate::loops::Loops;
use crate::softmax::log_sum_exp;

/// What of the teacher counts.
#[derive(Clone, Copy, Debug)]
pub struct FirstClasses {
    /// Its most probable classes by themselves, at least 1; of equals those with the lowest numbers.
    pub count: usize,
    /// Whether the others count as one class together; else the first ones are made to sum to 1.
    pub tail: bool,
}

/// `T^2` times the mean over the samples of `sum p (log p - log q)` over what counts, where `q` is the softmax of the
/// student at temperature `T`; fills the gradient. The slices are `[samples, classes]`.
pub fn divergence_from_first(
    level: Level,
    logits: [&[f32]; 2],
    (classes, temperature): (usize, f64),
    first: FirstClasses,
    gradient: &mut [f32],
) -> f64 {
    let factor = temperature * classes as f64 / gradient.len().max(1) as f64;
    let [sum] = in_pieces(logits, classes, gradient, |_, logits, gradient| {
        let mut samples = Samples::new(classes, first);
        [level.run(Loops(
            #[inline(always)]
            || samples.take(logits, [1.0 / temperature, factor], gradient),
        ))]
    });
    sum * temperature * factor
}

/// Sums of probabilities that are larger have all their digits, whatever of them was too small for a number.
const EXACT: f64 = 1e-280;

/// What is known of eight samples.
struct Samples {
    first: FirstClasses,
    student: Side,
    teacher: Side,
    /// 1 for the first classes, 0 for the others, `[classes][samples]`.
    chosen: Vec<Lanes<f64>>,
    slopes: Slopes,
    /// Classes of one sample.
    order: Vec<usize>,
}

impl Samples {
    fn new(classes: usize, first: FirstClasses) -> Self {
        Self {
            first,
            student: Side::new(classes),
            teacher: Side::new(classes),
            chosen: vec![[1.0; LANES]; classes],
            slopes: Slopes::new(classes),
            order: Vec::new(),
        }
    }

    /// The sum over all rows; writes the gradient of each, times `factor`. `inverse` is `1 / T`.
    #[inline(always)]
    fn take(
        &mut self,
        [student, teacher]: [&[f32]; 2],
        [inverse, factor]: [f64; 2],
        gradient: &mut [f32],
    ) -> f64 {
        let classes = self.chosen.len();
        let block = LANES * classes;
        let logits = student.chunks(block).zip(teacher.chunks(block));
        let mut all = 0.0;
        for ((student, teacher), gradient) in logits.zip(gradient.chunks_mut(block)) {
            soften([&mut self.student, &mut self.teacher], [student, teacher], inverse);
            if self.first.count < classes {
                self.choose();
            }
            let mut values = match (self.first.count < classes, self.first.tail) {
                (true, true) => self.tail(),
                _ => [0.0; LANES],
            };
            self.first_classes(&mut values);
            for value in &values[..gradient.len() / classes] {
                all += value;
            }
            self.slopes.pull_back(&self.student, factor, gradient);
        }
        all
    }

    /// Finds the first classes.
    #[inline(always)]
    fn choose(&mut self) {
        let logs = &self.teacher.log;
        if logs.len() > WIDEST {
            return self.choose_of_many();
        }
        let count = self.first.count as f64;
        for (class, chosen) in self.chosen.iter_mut().enumerate() {
            let own = logs[class];
            let mut before = [0.0; LANES];
            for other in &logs[..class] {
                for lane in 0..LANES {
                    before[lane] += if other[lane] >= own[lane] { 1.0 } else { 0.0 };
                }
            }
            for other in &logs[class..] {
                for lane in 0..LANES {
                    before[lane] += if other[lane] > own[lane] { 1.0 } else { 0.0 };
                }
            }
            for lane in 0..LANES {
                chosen[lane] = if before[lane] < count { 1.0 } else { 0.0 };
            }
        }
    }

    /// The same by a selection in each row.
    fn choose_of_many(&mut self) {
        let logs = &self.teacher.log;
        self.chosen.fill([0.0; LANES]);
        for lane in 0..LANES {
            self.order.clear();
            self.order.extend(0..logs.len());
            let rank =
                |&a: &usize, &b: &usize| logs[b][lane].total_cmp(&logs[a][lane]).then(a.cmp(&b));
            self.order.select_nth_unstable_by(self.first.count, rank);
            for &class in &self.order[..self.first.count] {
                self.chosen[class][lane] = 1.0;
            }
        }
    }

    /// The value of the other classes as one; writes their slopes.
    #[inline(always)]
    fn tail(&mut self) -> Lanes<f64> {
        let of_teacher = Together::of(&self.teacher, &self.chosen);
        let of_student = Together::of(&self.student, &self.chosen);
        let (mut values, mut factors) = ([0.0; LANES], [0.0; LANES]);
        let mut probabilities = [0.0; LANES];
        for lane in 0..LANES {
            let log = of_teacher.log[lane];
            let p = exp_of_negative(if log < 0.0 { log } else { 0.0 });
            probabilities[lane] = p;
            values[lane] = p * (log - of_student.log[lane]);
            factors[lane] = -p / of_student.probability[lane];
        }
        let others = self.student.probability.iter().zip(&self.chosen);
        for (slope, (q, chosen)) in self.slopes.by_log.iter_mut().zip(others) {
            for lane in 0..LANES {
                slope[lane] = (1.0 - chosen[lane]) * q[lane] * factors[lane];
            }
        }
        for lane in 0..LANES {
            if of_student.probability[lane] <= EXACT {
                let log = of_student.log[lane];
                for (class, slope) in self.slopes.by_log.iter_mut().enumerate() {
                    let own = self.student.log[class][lane];
                    let share = exp_of_negative(if own < log { own - log } else { 0.0 });
                    slope[lane] = -(1.0 - self.chosen[class][lane]) * probabilities[lane] * share;
                }
            }
        }
        values
    }

    /// Adds the values of the first classes, and their slopes to those of the tail, if there is one.
    #[inline(always)]
    fn first_classes(&mut self, values: &mut Lanes<f64>) {
        let all = self.first.count >= self.chosen.len();
        let (mut shifts, mut factors) = ([0.0; LANES], [1.0; LANES]);
        let mut before = 1.0;
        if all || !self.first.tail {
            before = 0.0;
        }
        if !all && !self.first.tail {
            let mut kept = [0.0; LANES];
            for (p, chosen) in self.teacher.probability.iter().zip(&self.chosen) {
                for lane in 0..LANES {
                    kept[lane] += chosen[lane] * p[lane];
                }
            }
            for lane in 0..LANES {
                (shifts[lane], factors[lane]) = (ln(kept[lane]), 1.0 / kept[lane]);
            }
        }
        for (class, slope) in self.slopes.by_log.iter_mut().enumerate() {
            let (chosen, p) = (&self.chosen[class], &self.teacher.probability[class]);
            let (log_p, log_q) = (&self.teacher.log[class], &self.student.log[class]);
            for lane in 0..LANES {
                let p = chosen[lane] * p[lane] * factors[lane];
                values[lane] += p * (log_p[lane] - shifts[lane] - log_q[lane]);
                slope[lane] = before * slope[lane] - p;
            }
        }
    }
}

/// What the classes that are not chosen have together.
struct Together {
    /// 0 where it is too small for a number.
    probability: Lanes<f64>,
    /// Exact even there.
    log: Lanes<f64>,
}

impl Together {
    #[inline(always)]
    fn of(side: &Side, chosen: &[Lanes<f64>]) -> Self {
        let (mut probability, mut log) = ([0.0; LANES], [0.0; LANES]);
        for (own, chosen) in side.probability.iter().zip(chosen) {
            for lane in 0..LANES {
                probability[lane] += (1.0 - chosen[lane]) * own[lane];
            }
        }
        for lane in 0..LANES {
            log[lane] = ln(probability[lane]);
        }
        for lane in 0..LANES {
            if probability[lane] <= EXACT {
                let others = side.log.iter().zip(chosen).filter(|(_, chosen)| chosen[lane] == 0.0);
                log[lane] = log_sum_exp(others.map(|(log, _)| log[lane]));
            }
        }
        Self { probability, log }
    }
}
