//! Losses that take a label apart from the other classes: Zhao et al., "Decoupled Knowledge Distillation" (2022).
//!
//! Two things are compared: how sure both sides are of the label, and what they say about the other classes among
//! themselves. Eight samples are taken at a time, one in each lane of the vectors that go over the classes, whatever
//! the number of classes.

#![allow(clippy::needless_range_loop, reason = "lanes of several tables go side by side")]

use crate::Level;
use crate::blocks::{LANES, Lanes, less_most, load, narrow, sum, unload};
use crate::exponential::{exp_up_to_one, ln};
use crate::loops::Loops;
use crate::threads::each_piece;

/// Numbers of one piece of work, as far as eight rows are not longer.
const PIECE: usize = 1 << 12;

/// Multiplications and additions for one logit, about.
const WORK: usize = 32;

/// Logits of both sides with their labels.
#[derive(Clone, Copy, Debug)]
pub struct Labelled<'a> {
    /// The student's and the teacher's, `[samples, classes]`.
    pub logits: [&'a [f32]; 2],
    /// One for each sample, below the number of classes; samples without one do not count.
    pub labels: &'a [Option<u32>],
    /// Classes.
    pub classes: usize,
    /// `T`, above 0.
    pub temperature: f64,
}

/// `T^2` times the mean, over the samples with a label, of `target` and of the divergence `sum_c p_c (log p_c - log q_c)`
/// of the softmax of all classes but the label; fills the gradient of their sum with these weights.
///
/// `target` is a loss of how sure student and teacher are of the label: it gets the logarithms of the label's
/// probability over that of all others together, at temperature `T`, and gives its value and its slope by the
/// student's. It should be a closure with `#[inline(always)]`. The divergence is exactly 0 with an exact gradient of 0 where
/// both sides are equal.
pub fn losses(
    level: Level,
    labelled: Labelled<'_>,
    weights: [f64; 2],
    target: impl Fn([f64; 2]) -> [f64; 2] + Send + Sync,
    gradient: &mut [f32],
) -> [f64; 2] {
    let count = labelled.labels.iter().flatten().count();
    if labelled.classes < 2 || count == 0 {
        gradient.fill(0.0);
        return [0.0; 2];
    }
    let factor = labelled.temperature / count as f64;
    let weights = weights.map(|weight| weight * factor);
    let length = labelled.piece();
    let run = |(number, gradient): (usize, &mut [f32])| {
        let part = labelled.part(number * length, gradient.len());
        let mut samples = Samples::new(labelled.classes);
        level.run(Loops(
            #[inline(always)]
            || samples.losses(part, weights, &target, gradient),
        ))
    };
    let mut sums = [0.0; 2];
    if gradient.len() <= length {
        sums = run((0, gradient));
    } else {
        let work = gradient.len() * WORK;
        let pieces = gradient.chunks_mut(length).enumerate().collect();
        for [target, other] in each_piece(pieces, work, run) {
            sums = [sums[0] + target, sums[1] + other];
        }
    }
    sums.map(|sum| sum * labelled.temperature * factor)
}

/// What `of_sample` makes of how sure student and teacher are of each label, as in [`losses`]; 0 for samples without one.
pub fn of_odds(
    level: Level,
    labelled: Labelled<'_>,
    of_sample: impl Fn([f64; 2]) -> f64 + Send + Sync,
) -> Vec<f32> {
    let mut numbers = vec![0.0; labelled.labels.len()];
    if labelled.classes < 2 {
        return numbers;
    }
    let rows = labelled.piece() / labelled.classes;
    let run = |(number, numbers): (usize, &mut [f32])| {
        let classes = labelled.classes;
        let part = labelled.part(number * rows * classes, numbers.len() * classes);
        let mut samples = Samples::new(classes);
        level.run(Loops(
            #[inline(always)]
            || samples.of_odds(part, &of_sample, numbers),
        ));
    };
    if numbers.len() <= rows {
        run((0, &mut numbers));
    } else {
        let pieces = numbers.chunks_mut(rows).enumerate().collect();
        each_piece(pieces, labelled.labels.len() * labelled.classes * WORK, run);
    }
    numbers
}

impl Labelled<'_> {
    /// Numbers of one piece of work: rows by eight.
    fn piece(&self) -> usize {
        (PIECE / self.classes / LANES).max(1) * LANES * self.classes
    }

    /// The rows of so many numbers from there on.
    #[inline(always)]
    fn part(self, start: usize, length: usize) -> Self {
        let logits = self.logits.map(|side| &side[start..start + length]);
        let rows = start / self.classes..(start + length) / self.classes;
        Self { logits, labels: &self.labels[rows], ..self }
    }

    /// Eight rows, the last of fewer, one after the other.
    #[inline(always)]
    fn blocks(self) -> impl Iterator<Item = Self> {
        let block = LANES * self.classes;
        let count = self.labels.len().div_ceil(LANES);
        (0..count).map(
            #[inline(always)]
            move |number| {
                let start = number * block;
                self.part(start, block.min(self.logits[0].len() - start))
            },
        )
    }
}

/// What is known of eight samples.
struct Samples {
    student: Side,
    teacher: Side,
    /// How much the softened logits differ, `[classes][samples]`.
    differences: Vec<Lanes<f32>>,
    /// The classes of the labels, 0 without one.
    label: Lanes<usize>,
    /// 1, or 0 without a label.
    counts: Lanes<f64>,
}

/// One of the two.
struct Side {
    /// Softened logits less the largest but the label's, and then their exponentials, 0 at the label; `[classes][samples]`.
    table: Vec<Lanes<f32>>,
    /// The sums of the exponentials.
    totals: Lanes<f64>,
    /// Their logarithms.
    logs: Lanes<f64>,
    /// The logarithms of the label's probability over that of the others.
    odds: Lanes<f64>,
}

impl Samples {
    fn new(classes: usize) -> Self {
        Self {
            student: Side::new(classes),
            teacher: Side::new(classes),
            differences: vec![[0.0; LANES]; classes],
            label: [0; LANES],
            counts: [0.0; LANES],
        }
    }

    #[inline(always)]
    fn load(&mut self, block: Labelled<'_>) {
        (self.label, self.counts) = ([0; LANES], [0.0; LANES]);
        for (lane, label) in block.labels.iter().enumerate() {
            if let Some(label) = label {
                (self.label[lane], self.counts[lane]) = (*label as usize, 1.0);
            }
        }
        let inverse = 1.0 / block.temperature;
        let [student, teacher] = block.logits;
        self.student.load(student, &self.label, inverse);
        self.teacher.load(teacher, &self.label, inverse);
    }

    /// The sums of both losses; writes the gradients.
    #[inline(always)]
    fn losses(
        &mut self,
        part: Labelled<'_>,
        weights: [f64; 2],
        target: &impl Fn([f64; 2]) -> [f64; 2],
        gradient: &mut [f32],
    ) -> [f64; 2] {
        let mut sums = [0.0; 2];
        let gradients = gradient.chunks_mut(LANES * part.classes);
        for (block, gradient) in part.blocks().zip(gradients) {
            self.load(block);
            self.compare();
            self.exponentials();
            let (mut targets, mut slopes) = ([0.0; LANES], [0.0; LANES]);
            for lane in 0..LANES {
                let odds = [self.student.odds[lane], self.teacher.odds[lane]];
                [targets[lane], slopes[lane]] = target(odds);
            }
            let others = self.divergences();
            for lane in 0..block.labels.len() {
                sums[0] += self.counts[lane] * targets[lane];
                sums[1] += self.counts[lane] * others[lane];
            }
            self.combine(weights, slopes);
            unload(&self.student.table, gradient);
        }
        sums
    }

    #[inline(always)]
    fn of_odds(
        &mut self,
        part: Labelled<'_>,
        of_sample: &impl Fn([f64; 2]) -> f64,
        numbers: &mut [f32],
    ) {
        for (block, numbers) in part.blocks().zip(numbers.chunks_mut(LANES)) {
            self.load(block);
            self.exponentials();
            let mut found = [0.0; LANES];
            for lane in 0..LANES {
                let odds = [self.student.odds[lane], self.teacher.odds[lane]];
                found[lane] = self.counts[lane] * of_sample(odds);
            }
            for (number, found) in numbers.iter_mut().zip(found) {
                *number = found as f32;
            }
        }
    }

    /// Exponentials and what is summed of them. Both sides take the logarithms together, because one after the other
    /// would wait.
    #[inline(always)]
    fn exponentials(&mut self) {
        let Self { student, teacher, .. } = self;
        student.exponentials();
        teacher.exponentials();
        for lane in 0..LANES {
            student.logs[lane] = ln(student.totals[lane]);
            teacher.logs[lane] = ln(teacher.totals[lane]);
            student.odds[lane] -= student.logs[lane];
            teacher.odds[lane] -= teacher.logs[lane];
        }
    }

    /// Writes the differences, 0 at the labels.
    #[inline(always)]
    fn compare(&mut self) {
        let student = self.student.table.as_flattened().iter();
        let both = student.zip(self.teacher.table.as_flattened());
        for (difference, (x, y)) in self.differences.as_flattened_mut().iter_mut().zip(both) {
            *difference = y - x;
        }
        for lane in 0..LANES {
            self.differences[self.label[lane]][lane] = 0.0;
        }
    }

    /// Of the other classes among themselves.
    #[inline(always)]
    fn divergences(&self) -> Lanes<f64> {
        let (student, teacher) = (&self.student, &self.teacher);
        let mut sums = [0.0; LANES];
        for (p, difference) in teacher.table.iter().zip(&self.differences) {
            for lane in 0..LANES {
                let shift = teacher.logs[lane] - student.logs[lane];
                sums[lane] += f64::from(p[lane]) * (f64::from(difference[lane]) - shift);
            }
        }
        for lane in 0..LANES {
            sums[lane] /= teacher.totals[lane];
        }
        sums
    }

    /// Turns the student's exponentials into the gradient.
    #[inline(always)]
    fn combine(&mut self, [of_target, of_other]: [f64; 2], slopes: Lanes<f64>) {
        let mut at_label = [0.0; LANES];
        let (mut of_student, mut of_teacher) = ([0.0; LANES], [0.0; LANES]);
        let mut less = [0.0; LANES];
        for lane in 0..LANES {
            let target = self.counts[lane] * of_target * slopes[lane];
            let other = self.counts[lane] * of_other;
            at_label[lane] = target;
            of_student[lane] = other / self.student.totals[lane];
            of_teacher[lane] = other / self.teacher.totals[lane];
            less[lane] = target / self.student.totals[lane];
        }
        let (of_student, of_teacher) = (narrow(of_student), narrow(of_teacher));
        let less = narrow(less);
        for (student, teacher) in self.student.table.iter_mut().zip(&self.teacher.table) {
            for lane in 0..LANES {
                let (q, p) = (student[lane], teacher[lane]);
                // What the target says may be small beside what cancels here.
                student[lane] = (q * of_student[lane] - p * of_teacher[lane]) - q * less[lane];
            }
        }
        for lane in 0..LANES {
            self.student.table[self.label[lane]][lane] = at_label[lane] as f32;
        }
    }
}

impl Side {
    fn new(classes: usize) -> Self {
        let table = vec![[0.0; LANES]; classes];
        Self { table, totals: [0.0; LANES], logs: [0.0; LANES], odds: [0.0; LANES] }
    }

    /// Softened logits; the odds become the distance of the label to the most probable other class.
    #[inline(always)]
    fn load(&mut self, logits: &[f32], label: &Lanes<usize>, inverse: f64) {
        load(logits, &mut self.table);
        let mut own = [0.0; LANES];
        for lane in 0..LANES {
            own[lane] = self.table[label[lane]][lane];
            self.table[label[lane]][lane] = f32::NEG_INFINITY;
        }
        let most = less_most(&mut self.table, f32::NEG_INFINITY);
        for lane in 0..LANES {
            self.odds[lane] = (f64::from(own[lane]) - f64::from(most[lane])) * inverse;
        }
        let inverse = inverse as f32;
        for number in self.table.as_flattened_mut() {
            *number *= inverse;
        }
    }

    /// Exponentials in place of softened logits, and their sums.
    #[inline(always)]
    fn exponentials(&mut self) {
        for number in self.table.as_flattened_mut() {
            *number = exp_up_to_one(*number);
        }
        self.totals = sum(&self.table);
    }
}
