//! Losses that add up over classes.

#![allow(clippy::needless_range_loop, reason = "lanes of several tables go side by side")]

use super::in_pieces;
use super::side::{Side, Slopes, soften};
use crate::Level;
use crate::blocks::{LANES, Lanes, sum};
use crate::loops::Loops;

/// What both sides say about one class of a sample.
#[derive(Clone, Copy, Debug)]
pub struct Class {
    /// The student's probability.
    pub q: f64,
    /// The teacher's probability.
    pub p: f64,
    /// The logarithm of the student's, exact where the probability is too small for a number.
    pub log_q: f64,
    /// The logarithm of the teacher's, as well.
    pub log_p: f64,
}

/// What one class adds to its sample.
#[derive(Clone, Copy, Debug)]
pub struct Share<const N: usize> {
    /// To each of the sums.
    pub values: [f64; N],
    /// The slope of the loss by the logarithm of the student's probability, as if each were free.
    pub slope: f64,
}

/// `T^2` times the means over the samples of what `of_sample` makes of the sums over classes; fills the gradient, by
/// the slopes that `of_class` gives.
///
/// Both functions should be closures with `#[inline(always)]`: they are part of the loops over lanes.
pub fn mean_over_samples<const N: usize, const M: usize>(
    level: Level,
    logits: [&[f32]; 2],
    (classes, temperature): (usize, f64),
    of_class: impl Fn(Class) -> Share<N> + Sync + Send,
    of_sample: impl Fn([f64; N]) -> [f64; M] + Sync + Send,
    gradient: &mut [f32],
) -> [f64; M] {
    let factor = temperature * classes as f64 / gradient.len().max(1) as f64;
    let sums = in_pieces(logits, classes, gradient, |_, logits, gradient| {
        let mut samples = Samples::new(classes);
        level.run(Loops(
            #[inline(always)]
            || samples.take(logits, [1.0 / temperature, factor], &of_class, &of_sample, gradient),
        ))
    });
    sums.map(|sum| sum * temperature * factor)
}

/// What is known of eight samples.
struct Samples<const N: usize> {
    student: Side,
    teacher: Side,
    slopes: Slopes,
    values: [Vec<Lanes<f64>>; N],
}

impl<const N: usize> Samples<N> {
    fn new(classes: usize) -> Self {
        Self {
            student: Side::new(classes),
            teacher: Side::new(classes),
            slopes: Slopes::new(classes),
            values: std::array::from_fn(|_| vec![[0.0; LANES]; classes]),
        }
    }

    /// The sums over all rows; writes the gradient of each, times `factor`. `inverse` is `1 / T`.
    #[inline(always)]
    fn take<const M: usize>(
        &mut self,
        [student, teacher]: [&[f32]; 2],
        [inverse, factor]: [f64; 2],
        of_class: &impl Fn(Class) -> Share<N>,
        of_sample: &impl Fn([f64; N]) -> [f64; M],
        gradient: &mut [f32],
    ) -> [f64; M] {
        let classes = self.student.log.len();
        let block = LANES * classes;
        let logits = student.chunks(block).zip(teacher.chunks(block));
        let mut sums = [0.0; M];
        for ((student, teacher), gradient) in logits.zip(gradient.chunks_mut(block)) {
            soften([&mut self.student, &mut self.teacher], [student, teacher], inverse);
            self.take_classes(of_class);
            let mut of_rows = [[0.0; LANES]; N];
            for number in 0..N {
                of_rows[number] = sum(&self.values[number]);
            }
            for lane in 0..gradient.len() / classes {
                let mut of_row = [0.0; N];
                for number in 0..N {
                    of_row[number] = of_rows[number][lane];
                }
                let found = of_sample(of_row);
                for number in 0..M {
                    sums[number] += found[number];
                }
            }
            self.slopes.pull_back(&self.student, factor, gradient);
        }
        sums
    }

    /// Writes slopes and values of all classes.
    #[inline(always)]
    fn take_classes(&mut self, of_class: &impl Fn(Class) -> Share<N>) {
        let slopes = self.slopes.by_log.as_flattened_mut();
        let count = slopes.len();
        let log_q = &self.student.log.as_flattened()[..count];
        let log_p = &self.teacher.log.as_flattened()[..count];
        let q = &self.student.probability.as_flattened()[..count];
        let p = &self.teacher.probability.as_flattened()[..count];
        let values = self.values.each_mut();
        let values = values.map(|values| &mut values.as_flattened_mut()[..count]);
        for place in 0..count {
            let (q, p) = (q[place], p[place]);
            let (log_q, log_p) = (log_q[place], log_p[place]);
            let share = of_class(Class { q, p, log_q, log_p });
            slopes[place] = share.slope;
            for number in 0..N {
                values[number][place] = share.values[number];
            }
        }
    }
}
