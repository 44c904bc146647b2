//! Rows of few classes, eight at a time: each is one lane of the vectors that go over the classes, so
//! that sums over a row need no steps across a vector.

#![allow(clippy::needless_range_loop, reason = "lanes of several tables go side by side")]

use super::part::{Factors, Part};
use crate::blocks::{LANES, Lanes, WIDEST, less_most, load, narrow, sum, unload};
use crate::exponential::{exp_up_to_one, ln};

/// Writes the gradients of the rows and gives the sums of their losses.
#[inline(always)]
pub(super) fn rows<const SOFT: bool, const LABEL: bool>(
    part: &mut Part<'_>,
    factors: Factors,
) -> [f64; 2] {
    let classes = factors.classes;
    let block = LANES * classes;
    let mut scratch = [[[0.0; LANES]; WIDEST]; 4];
    let mut sums = [0.0; 2];
    for number in 0..part.student.len().div_ceil(block) {
        let place = number * block..part.student.len().min((number + 1) * block);
        let mut table = Table::new(&mut scratch, classes);
        let rows = place.len() / classes;
        let mut slopes = Slopes::default();
        table.load_student(&part.student[place.clone()]);
        if LABEL {
            let labels = Labels::of(part, number * LANES, rows);
            sums[1] += table.label(labels, factors, &mut slopes);
        }
        if SOFT {
            table.load_teacher(&part.teacher[place.clone()]);
            let mut weights = [0.0; LANES];
            for lane in 0..rows {
                weights[lane] = part.weight(number * LANES + lane);
            }
            let divergences = table.soften(weights, factors, &mut slopes);
            for lane in 0..rows {
                sums[0] += weights[lane] * divergences[lane];
            }
        }
        table.combine::<SOFT, LABEL>(&slopes);
        unload(table.student, &mut part.gradient[place]);
    }
    sums
}

/// The labels of the rows of a block.
#[derive(Clone, Copy)]
struct Labels {
    rows: usize,
    /// The class, 0 without a label.
    class: Lanes<usize>,
    /// How much the row counts, 0 without a label.
    weight: Lanes<f64>,
}

impl Labels {
    #[inline(always)]
    fn of(part: &Part<'_>, first: usize, rows: usize) -> Self {
        let mut labels = Self { rows, class: [0; LANES], weight: [0.0; LANES] };
        for lane in 0..rows {
            if let Some((class, weight)) = part.label(first + lane) {
                (labels.class[lane], labels.weight[lane]) = (class, weight);
            }
        }
        labels
    }
}

/// What turns exponentials into a gradient, row by row.
#[derive(Default)]
struct Slopes {
    student: Lanes<f64>,
    teacher: Lanes<f64>,
    /// Of the exponentials at temperature 1.
    label: Lanes<f64>,
    class: Lanes<usize>,
    /// At the label.
    sure: Lanes<f64>,
    /// At every class.
    every: Lanes<f64>,
}

/// Numbers of a block of rows, `[classes][rows]`.
struct Table<'a> {
    student: &'a mut [Lanes<f32>],
    teacher: &'a mut [Lanes<f32>],
    difference: &'a mut [Lanes<f32>],
    label: &'a mut [Lanes<f32>],
}

impl<'a> Table<'a> {
    #[inline(always)]
    fn new([a, b, c, d]: &'a mut [[Lanes<f32>; WIDEST]; 4], classes: usize) -> Self {
        let [student, teacher] = [&mut a[..classes], &mut b[..classes]];
        let [difference, label] = [&mut c[..classes], &mut d[..classes]];
        Self { student, teacher, difference, label }
    }

    #[inline(always)]
    fn load_student(&mut self, rows: &[f32]) {
        load(rows, self.student);
        less_most(self.student, f32::NEG_INFINITY);
    }

    #[inline(always)]
    fn load_teacher(&mut self, rows: &[f32]) {
        load(rows, self.teacher);
        less_most(self.teacher, f32::NEG_INFINITY);
    }

    /// The sum of the rows' losses by their labels; leaves the student's logits as they are.
    #[inline(always)]
    fn label(&mut self, labels: Labels, factors: Factors, slopes: &mut Slopes) -> f64 {
        self.label.copy_from_slice(self.student);
        let mut losses = [0.0; LANES];
        if factors.every > 0.0 {
            let sums = sum(self.label);
            for lane in 0..LANES {
                losses[lane] -= factors.every * sums[lane];
            }
        }
        for lane in 0..labels.rows {
            let at_label = self.label[labels.class[lane]][lane];
            losses[lane] -= factors.sure * f64::from(at_label);
        }
        exponentials(self.label);
        let totals = sum(self.label);
        for lane in 0..LANES {
            let scale = labels.weight[lane] * factors.label;
            losses[lane] += ln(totals[lane]);
            slopes.label[lane] = scale / totals[lane];
            slopes.sure[lane] = scale * factors.sure;
            slopes.every[lane] = scale * factors.every;
        }
        slopes.class = labels.class;
        let mut all = 0.0;
        for lane in 0..labels.rows {
            all += labels.weight[lane] * losses[lane];
        }
        all
    }

    /// The divergence of each row; student and teacher become their exponentials.
    #[inline(always)]
    fn soften(&mut self, weights: Lanes<f64>, factors: Factors, slopes: &mut Slopes) -> Lanes<f64> {
        let both = self.student.as_flattened_mut().iter_mut().zip(self.teacher.as_flattened_mut());
        for ((student, teacher), difference) in both.zip(self.difference.as_flattened_mut()) {
            let (x, y) = (*student * factors.inverse, *teacher * factors.inverse);
            (*student, *teacher, *difference) = (x, y, y - x);
        }
        exponentials(self.student);
        exponentials(self.teacher);
        let (of_student, of_teacher) = (sum(self.student), sum(self.teacher));
        let mut shift = [0.0; LANES];
        for lane in 0..LANES {
            shift[lane] = ln(of_teacher[lane] / of_student[lane]);
            slopes.student[lane] = weights[lane] * factors.soft / of_student[lane];
            slopes.teacher[lane] = weights[lane] * factors.soft / of_teacher[lane];
        }
        let mut divergences = [0.0; LANES];
        for (teacher, difference) in self.teacher.iter().zip(&*self.difference) {
            for lane in 0..LANES {
                divergences[lane] +=
                    f64::from(teacher[lane]) * (f64::from(difference[lane]) - shift[lane]);
            }
        }
        for lane in 0..LANES {
            divergences[lane] /= of_teacher[lane];
        }
        divergences
    }

    /// Turns the exponentials into the gradient, in place of the student's.
    #[inline(always)]
    fn combine<const SOFT: bool, const LABEL: bool>(&mut self, slopes: &Slopes) {
        let mut at_label = [0.0; LANES];
        if LABEL {
            for lane in 0..LANES {
                // Where the student is sure, the two sides nearly cancel.
                let class = slopes.class[lane];
                at_label[lane] = f64::from(self.label[class][lane]) * slopes.label[lane]
                    - slopes.every[lane]
                    - slopes.sure[lane];
                if SOFT {
                    at_label[lane] += f64::from(self.student[class][lane]) * slopes.student[lane]
                        - f64::from(self.teacher[class][lane]) * slopes.teacher[lane];
                }
            }
        }
        let [of_student, of_teacher] = [slopes.student, slopes.teacher].map(narrow);
        let [of_label, every] = [slopes.label, slopes.every].map(narrow);
        let others = self.teacher.iter().zip(&*self.label);
        for (student, (teacher, label)) in self.student.iter_mut().zip(others) {
            for lane in 0..LANES {
                let mut slope = 0.0;
                if SOFT {
                    slope = student[lane] * of_student[lane] - teacher[lane] * of_teacher[lane];
                }
                if LABEL {
                    slope += label[lane] * of_label[lane] - every[lane];
                }
                student[lane] = slope;
            }
        }
        if LABEL {
            for lane in 0..LANES {
                self.student[slopes.class[lane]][lane] = at_label[lane] as f32;
            }
        }
    }
}

#[inline(always)]
fn exponentials(table: &mut [Lanes<f32>]) {
    for value in table.as_flattened_mut() {
        *value = exp_up_to_one(*value);
    }
}
