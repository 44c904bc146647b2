//! The divergence of a student from a teacher that gives every other class than the label the same probability.

#![allow(clippy::needless_range_loop, reason = "lanes of several tables go side by side")]

use super::in_pieces;
use super::side::{Side, Slopes, soften};
use crate::Level;
use crate::blocks::{LANES, Lanes, sum};
use crate::exponential::{exp_of_negative, ln};
use crate::loops::Loops;

/// What such a teacher says, and about which samples.
#[derive(Clone, Copy, Debug)]
pub struct MadeUp<'a> {
    /// How far the label's logit is above the others, 0 or more.
    pub above: f64,
    /// Labels of all samples, and how much each of them counts; samples without one do not count.
    pub shares: &'a [(&'a [Option<u32>], f64)],
}

/// `T^2` times the sum over shares and labels of the divergence `sum_c p_c (log p_c - log q_c)`, where `p` and `q` are
/// the softmax of teacher and student at temperature `T`; fills the gradient.
///
/// The slices are `[samples, classes]`. Of the teacher there are only two numbers, so that it needs no softmax.
pub fn divergence_from_made_up(
    level: Level,
    student: &[f32],
    (classes, temperature): (usize, f64),
    made_up: MadeUp<'_>,
    gradient: &mut [f32],
) -> f64 {
    let two = Two::of(made_up.above / temperature, classes);
    let [sum] = in_pieces([student], classes, gradient, |first, [student], gradient| {
        let mut samples = Samples { side: Side::new(classes), slopes: Slopes::new(classes), two };
        [level.run(Loops(
            #[inline(always)]
            || samples.take(student, temperature, (first, made_up), gradient),
        ))]
    });
    sum * temperature * temperature
}

/// The teacher's probabilities.
#[derive(Clone, Copy)]
struct Two {
    /// Of the label.
    sure: f64,
    /// Of each other class.
    other: f64,
    /// The sum of all times their logarithms.
    negative_entropy: f64,
}

impl Two {
    /// Of logits of which the label's is so much above the others.
    fn of(above: f64, classes: usize) -> Self {
        let others = classes.saturating_sub(1) as f64;
        let each = exp_of_negative(-above);
        let total = 1.0 + others * each;
        let (log_sure, log_other) = (-ln(total), -above - ln(total));
        let (sure, other) = (1.0 / total, each / total);
        Self { sure, other, negative_entropy: sure * log_sure + others * other * log_other }
    }
}

struct Samples {
    side: Side,
    slopes: Slopes,
    two: Two,
}

impl Samples {
    /// The sum of the divergences; writes the gradients.
    #[inline(always)]
    fn take(
        &mut self,
        student: &[f32],
        temperature: f64,
        (first, MadeUp { shares, .. }): (usize, MadeUp<'_>),
        gradient: &mut [f32],
    ) -> f64 {
        let Two { sure, other, negative_entropy } = self.two;
        let classes = self.side.log.len();
        let block = LANES * classes;
        let mut all = 0.0;
        for (number, gradient) in gradient.chunks_mut(block).enumerate() {
            let rows = gradient.len() / classes;
            let logits = &student[number * block..][..gradient.len()];
            soften([&mut self.side], [logits], 1.0 / temperature);
            let logs = sum(&self.side.log);
            let first = first + number * LANES;
            let mut counts = [0.0; LANES];
            for (labels, share) in shares {
                for lane in 0..rows {
                    counts[lane] += if labels[first + lane].is_some() { *share } else { 0.0 };
                }
            }
            let mut every: Lanes<f64> = [0.0; LANES];
            for lane in 0..LANES {
                every[lane] = -other * counts[lane];
            }
            self.slopes.by_log.fill(every);
            for lane in 0..rows {
                let mut value = counts[lane] * (negative_entropy - other * logs[lane]);
                for (labels, share) in shares {
                    if let Some(label) = labels[first + lane] {
                        let more = share * (sure - other);
                        value -= more * self.side.log[label as usize][lane];
                        self.slopes.by_log[label as usize][lane] -= more;
                    }
                }
                all += value;
            }
            self.slopes.pull_back(&self.side, temperature, gradient);
        }
        all
    }
}
